#!/usr/bin/env bats
# A server that dies in the middle and comes back, one that takes less than a
# whole change at once, a disk that is full and one that is read-only: what is
# there afterwards is the old or the new, and the next run finishes.
# product build only
# shellcheck disable=SC2034 # COMMAND and others, for whole.bash
load lib
remember_passwords
# In torture at each call.
EVERY_CALL=${ROUNDS:+1}
load whole

setup() {
  needs_root # strace(1) of what is not dumpable, mounts
}
teardown() { end_all; }

# ---- a server of its own ----------------------------------------------------

# serve: with its data in $ONE, always at the same address.
serve() {
  start_server one/server --attempts 0 --secrets-per-request 2 \
    ${SERVER_PORT:+--listen "127.0.0.1:$SERVER_PORT"} 3>&-
}

networked_scene() {
  fresh_home one
  serve
  scene --server "$SERVER_URL" --email alice@example.com --name 'Alice L'
}

end_server() {
  kill "$SERVER_PID" 2>/dev/null || :
  wait "$SERVER_PID" || :
}

# again_served: everything is as it was kept, the server's data, too.
again_served() {
  end_server
  again
  serve
}

# with_server_killed N: the command, and the server is killed before its N-th
# call that changes something or answers.
with_server_killed() {
  local calls=pwrite64,fdatasync,sendmsg ended=0 tracer
  strace -f -p "$SERVER_PID" -o /dev/null -e trace=$calls \
    -e inject=$calls:signal=KILL:when="$1" 2>"$BATS_TEST_TMPDIR/tracer" 3>&- &
  tracer=$!
  wait_for 10 grep -q attached "$BATS_TEST_TMPDIR/tracer"
  "${COMMAND[@]}" || ended=$?
  kill "$tracer" 2>/dev/null || :
  wait "$tracer" || :
  return "$ended"
}

# old_and_new_served: of data at rest.
old_and_new_served() {
  end_server
  keep_scene
  serve
  old_and_new
}

# killed_and_served client|server LEAST
killed_and_served() {
  local n ended first=$((SRANDOM % EVERY_CALL + 1)) rounds=0
  for ((n = first; n < 120; n += EVERY_CALL)); do
    again_served
    ended=0
    if [ "$1" = client ]; then
      run_killed_at client "$n"
    else
      with_server_killed "$n"
    fi >"$BATS_TEST_TMPDIR/killed.log" 2>&1 || ended=$?
    kill -0 "$SERVER_PID" 2>/dev/null || serve
    comes_through "$ended" || fail "the $1, killed at call $n:" \
      "$(cat "$BATS_TEST_TMPDIR/killed.log")" || return
    [ "$ended" != 0 ] || break
    rounds=$((rounds + 1))
  done
  echo "# ${COMMAND[*]}: the $1 killed $rounds times, of $n calls" >&3
  [ "$ended" = 0 ] && [ "$n" -ge "$2" ]
}

# a_long_change: five names, which take three requests.
a_long_change() {
  networked_scene
  printf '%s=new\n' A C D E F >.env.development
  printf 'B=1\nGONE=1\n' >>.env.development
  PART=2
  COMMAND=(agentsecrets push)
  old_and_new_served
}

@test "a push in parts: the client is killed" {
  a_long_change
  killed_and_served client 14
}

@test "a push in parts: the server is killed, and comes back" {
  a_long_change
  killed_and_served server 10
}

@test "copy, clean and restore: the server is killed, and comes back" {
  networked_scene
  ENVIRONMENTS=(development staging)
  for COMMAND in 'environment copy -f development staging A' \
    'environment clean -y staging' 'history A --restore 1'; do
    # shellcheck disable=SC2206 # its words
    COMMAND=(agentsecrets $COMMAND)
    old_and_new_served
    killed_and_served server 4
    again_served
  done
}
