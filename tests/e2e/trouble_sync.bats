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
  local n ended first=$(((FIRST_CALL - 1) % EVERY_CALL + 1)) rounds=0
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

# ---- a disk that takes nothing more -----------------------------------------

# mounted OPTION KIB COMMAND...: with $ONE on a file system of its own, which
# has so much room and is remounted with the option; then as it is left.
mounted() {
  ONE=$ONE KEPT=$KEPT LEFT=$BATS_TEST_TMPDIR/left WORK=$WORK \
    unshare -m bash -c 'cd /
      { mount -t tmpfs -o size=4m,mode=0755 tmpfs "$ONE" &&
        cp -a "$KEPT/." "$ONE" && cd "$WORK" || exit 99
        head -c 8m /dev/zero >"$ONE/filler"
        truncate -s "-$2K" "$ONE/filler"
        mount -o "remount,$1" "$ONE" || exit 99
      } 2>/dev/null
      "${@:3}"
      status=$?
      mount -o remount,rw "$ONE"
      rm -rf "$LEFT" "$ONE/filler"
      cp -a "$ONE" "$LEFT"
      exit "$status"' - "$@"
}

# take_over: go on with what was left there; a server has gone on meanwhile.
take_over() {
  cd /
  rm -rf "${ONE:?}"/{home,work}
  mv "$BATS_TEST_TMPDIR/left"/{home,work} "$ONE"
  cd "$WORK" || return
}

# on_each_disk: with no room, one page, two, ... until it gets through.
on_each_disk() {
  local n ended said=$BATS_TEST_TMPDIR/killed.log
  old_and_new
  again
  for ((n = 4 * ((FIRST_CALL - 1) % EVERY_CALL); n < 1024; n += 4 * EVERY_CALL)); do
    ended=0
    mounted rw "$n" "${COMMAND[@]}" >"$said" 2>&1 || ended=$?
    take_over
    [ "$ended" = 0 ] || grep -q '^agentsecrets: ' "$said" ||
      fail "no error of ours with $n KiB" "$(cat "$said")" || return
    comes_through "$ended" || fail "with $n KiB:" "$(cat "$said")" || return
    [ "$ended" != 0 ] || break
    again
  done
  echo "# ${COMMAND[*]}: gets through with $n KiB" >&3
  [ "$n" -gt 0 ] && [ "$ended" = 0 ]
}

# the_commands [INIT-OPTION...]: what is tried, each from the same beginning.
the_commands() {
  scene "$@"
  elsewhere() {
    agentsecrets set -q A=there B=there
    agentsecrets delete -q GONE
  }
  moved_there elsewhere
  printf 'A=here\nB=1\nC=here\nGONE=1\n' >.env.development
  ENVIRONMENTS=(development staging production)
  ALL=('push --ours' 'pull --theirs' 'pull --ours'
    'environment copy -f staging development' 'environment clean -y development'
    'set --all-envs N=1' 'history S --restore 1 -e staging')
}

@test "a disk that is full" {
  local command
  the_commands
  agentsecrets set -q -e staging S=2
  keep_scene
  for command in "${ALL[@]}"; do
    # shellcheck disable=SC2206 # its words
    COMMAND=(agentsecrets $command)
    on_each_disk
    again
  done
}

# read_only STATUS: nothing is different here, nor at the server, unless it is
# said.
read_only() {
  local said=$BATS_TEST_TMPDIR/killed.log ended=0 now=$BATS_TEST_TMPDIR/now
  mounted ro 512 "${COMMAND[@]}" >"$said" 2>&1 || ended=$?
  [ "$ended" = "$1" ] && grep -q '^agentsecrets: ' "$said" ||
    fail "${COMMAND[*]}: status $ended" "$(cat "$said")" || return
  take_over
  rm -rf "$now"
  snapshot "$now"
  ! grep -q 'stored on the server, but not recorded here' "$said" ||
    rm -f "$now"/server.*
  diff -r "$OLD" "$now" | grep -v '^Only in .*/old: server\.' &&
    fail "${COMMAND[*]} changed that:" "$(cat "$said")" || comes_through "$ended"
}

@test "a home that is read-only, with the embedded server in it" {
  local command
  the_commands
  agentsecrets set -q -e staging S=2
  keep_scene
  for command in "${ALL[@]}"; do
    # shellcheck disable=SC2206
    COMMAND=(agentsecrets $command)
    old_and_new
    again
    read_only 4
    again
  done
}

@test "a home that is read-only, and a server elsewhere" {
  local command
  fresh_home one
  serve
  the_commands --server "$SERVER_URL" --email alice@example.com --name 'Alice L'
  agentsecrets set -q -e staging S=2
  for command in "${ALL[@]}"; do
    # shellcheck disable=SC2206
    COMMAND=(agentsecrets $command)
    old_and_new_served
    again_served
    read_only 1
    again_served
  done
}
