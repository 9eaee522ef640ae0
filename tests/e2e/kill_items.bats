#!/usr/bin/env bats
# kill -9 between server, vault, .local and keychain: what another program sees
# in the keychain is completed by the next command, no value is lost, and no
# old one goes back to the server.
# product build only
load lib
remember_passwords
load team
load keychain
load items
load kill

setup() {
  start_server server --attempts 0
  start_keyring
  keychain_account --server "$SERVER_URL" --email alice@example.com \
    --name 'Alice Liddell'
  agentsecrets set A=0 B=0 GONE=0
  other_machine
  # Its key is not stretched out of the password each time.
  there agentsecrets key-store config
  there agentsecrets pull
}
teardown() { end_all; }

# stored_there: what the server has, a line each.
stored_there() {
  there agentsecrets env --fresh --clean=PATH -- env |
    grep -E '^(A|B|C|GONE)=' | sort
}

# items_agree LINES: the keychain has exactly these.
items_agree() {
  local name line
  for name in A B C GONE; do
    line=
    ! has_item "$name" || line=$name=$(item "$name")
    [ "$line" = "$(grep "^$name=" <<<"$1" || :)" ] ||
      fail "the item of $name is '$line'; the server has:" "$1" || return
  done
}

# whole_after BEFORE AFTER: the server has one or the other, a push without
# FILE sends nothing back, and everything is brought to what the server has.
whole_after() {
  local now
  python3 "$BATS_TEST_DIRNAME/home_check.py" "$AGENTSECRETS_HOME" || return
  now=$(stored_there)
  [ "$now" = "$1" ] || [ "$now" = "$2" ] ||
    fail 'neither the old nor the new, but:' "$now" || return
  # Half of the time the vault moves on by itself first.
  [ $((SRANDOM % 2)) = 0 ] || agentsecrets env --fresh -- true || return
  run agentsecrets push
  assert_status 0 || return
  [ "$(stored_there)" = "$now" ] ||
    fail 'an old value was pushed back:' "$(stored_there)" 'for:' "$now" ||
    return
  agentsecrets pull && items_agree "$now" || return
  [ "$(behind)" = 0 ] || fail 'something is behind still'
}

without() { grep -vE "^$1=" <<<"$BEFORE" || :; }

# begin N COMMAND: what is there before, in BEFORE, and what the command
# brings about, in AFTER; sets COMMAND.
begin() {
  local n=$1
  there agentsecrets pull -q
  case $2 in
  set)
    COMMAND=(agentsecrets set "A=$n" "C=$n")
    BEFORE=$(stored_there)
    AFTER=$(without '[AC]' && printf '%s\n' "A=$n" "C=$n")
    ;;
  delete)
    agentsecrets set "GONE=$n" C=0
    COMMAND=(agentsecrets delete GONE C)
    BEFORE=$(stored_there)
    AFTER=$(without '(GONE|C)')
    ;;
  push)
    printf 'A=%s\nB=%s\nC=%s\n' "$n" "$n" "$n" >"$WORK/push.env"
    COMMAND=(agentsecrets push push.env)
    BEFORE=$(stored_there)
    AFTER=$(without '[ABC]' && cat push.env)
    ;;
  send)
    # What another program wrote into the keychain.
    set_item A "$n"
    set_item C "$n"
    COMMAND=(agentsecrets push)
    BEFORE=$(stored_there)
    AFTER=$(without '[AC]' && printf '%s\n' "A=$n" "C=$n")
    ;;
  pull)
    there agentsecrets set -q "A=$n" "B=$n" "GONE=$n"
    [ -z "$(there agentsecrets list | grep -x C)" ] ||
      there agentsecrets delete -q C
    COMMAND=(agentsecrets pull)
    BEFORE=$(stored_there)
    AFTER=$BEFORE
    ;;
  esac
  AFTER=$(sort <<<"$AFTER")
  if [ "$2" = send ]; then
    # These must not be lost either way.
    BEFORE=$AFTER
  fi
}

# at_each_call COMMAND: killed before the first, second, ... call that others
# could see, until it gets through.
at_each_call() {
  local n=0 ended
  for ((; n < 120; n++)); do
    begin "$1-$n" "$1" || return
    ended=0
    strace -qq -o "$BATS_TEST_TMPDIR/trace" \
      -e trace=sendto,renameat,unlinkat,fsync \
      -e inject=sendto,renameat,unlinkat,fsync:signal=KILL:when=$((n + 1)) \
      "${COMMAND[@]}" >"$BATS_TEST_TMPDIR/killed.log" 2>&1 || ended=$?
    after_kill "$1" || fail "$1, killed at call $((n + 1)):" \
      "$(tail -n 3 "$BATS_TEST_TMPDIR/trace")"
    [ "$ended" != 0 ] || break
    [ "$ended" = 137 ] || fail "$(cat "$BATS_TEST_TMPDIR/killed.log")"
  done
  echo "# $1: killed at each of $n calls" >&3
  [ "$n" -ge 8 ]
}

after_kill() {
  if [ "$1" = send ] && [ "$(stored_there)" != "$AFTER" ]; then
    # Not sent yet: it is a change still, and the next push sends it.
    agentsecrets push || return
  fi
  whole_after "$BEFORE" "$AFTER"
}

# kill_one PID: it, or one of its helpers.
kill_one() {
  local victims=("$1")
  read -r -a victims < <(echo "$1" "$(cat "/proc/$1/task/$1/children" \
    2>/dev/null)")
  kill -9 "${victims[SRANDOM % ${#victims[@]}]}" 2>/dev/null || :
}

# at_random COMMAND ROUNDS: the client or a helper, at any moment.
at_random() {
  local n ms began
  begin first "$1" || return
  began=$(date +%s%N)
  "${COMMAND[@]}" || return
  ms=$((($(date +%s%N) - began) / 1000000 + 1))
  for n in $(seq "$2"); do
    begin "$1-$n" "$1" || return
    "${COMMAND[@]}" >"$BATS_TEST_TMPDIR/killed.log" 2>&1 </dev/null 3>&- &
    VICTIM_PID=$!
    nap "$ms"
    kill_one "$VICTIM_PID"
    end_victim
    after_kill "$1" || fail "$1, round $n:" \
      "$(cat "$BATS_TEST_TMPDIR/killed.log")"
  done
}

@test "set is killed at each call" { at_each_call set; }
@test "delete is killed at each call" { at_each_call delete; }
@test "push of a file is killed at each call" { at_each_call push; }
@test "push of what another program wrote is killed at each call" {
  at_each_call send
}
@test "pull is killed at each call" { at_each_call pull; }

@test "client and helpers are killed at random" {
  local command
  for command in set delete push send pull; do
    at_random "$command" "$((ROUNDS / 10))"
  done
}
