#!/usr/bin/env bats
# What takes more than half a second says so on the terminal, in one line that
# goes away again.
load lib
load team
load middle

setup() {
  start_server server --secrets-per-request 100
  start_middle
  new_team
  agentsecrets set -q A=1
  rm "$AGENTSECRETS_HOME/vault"/*
}
teardown() { end_all; }

# at_terminal COMMAND...: what the terminal was sent, in `output`.
at_terminal() {
  run python3 "$BATS_TEST_DIRNAME/terminal.py" progress -- "$@"
}

# screen: what is left of that for the eye, in `output`.
screen() {
  output=$(python3 -c '
import sys
for text in sys.stdin.read().rstrip("\n").split("\n"):
    line = []
    for part in text.split("\r"):
        line[:len(part)] = part
    print("".join(line).rstrip())
' <<<"$output")
}

# slow: every request takes a second.
slow() { rules 'delay 1'; }

@test "an answer that is waited for" {
  slow
  at_terminal agentsecrets pull
  assert_status 0
  assert_match 'waiting for the server \.\.\.'
  screen
  [ "$output" = $'added A\n1 secret in web/development' ] || fail "$output"
}

@test "nothing below half a second, with -q, elsewhere or in the background" {
  at_terminal agentsecrets server status
  assert_status 0
  [[ $output != *$'\r'* ]]
  slow
  at_terminal agentsecrets pull -q
  assert_status 0
  [ -z "$output" ]
  at_terminal sh -c 'agentsecrets pull 2>errors'
  assert_status 0
  [[ $output != *waiting* ]]
  [ ! -s errors ]
  at_terminal bash -c 'set -m; agentsecrets pull & wait'
  assert_status 0
  [[ $output != *waiting* ]]
}

@test "an error has the line to itself" {
  rules 'delay 1' 'fail 1 503'
  at_terminal agentsecrets set B=2
  assert_status 1
  assert_match 'waiting for the server'
  screen
  assert_match $'(^|\n)agentsecrets: .*try later$'
  [[ $output != *waiting* ]]
}

@test "the parts of a large change are counted" {
  local i
  rules 'delay 0.3'
  for ((i = 0; i < 500; i++)); do echo "NAME_$i=$i"; done >many.env
  at_terminal agentsecrets push many.env
  assert_status 0
  assert_match 'sent: [1-4]00 of 500'
  screen
  [[ $output != *'sent:'* ]] || fail "$output"
  [[ $output != *waiting* ]] || fail "$output"
}

@test "a part that takes its time shows how far it is" {
  local i
  rules 'delay 1'
  for ((i = 0; i < 101; i++)); do echo "NAME_$i=$i"; done >many.env
  at_terminal agentsecrets push many.env
  assert_status 0
  assert_match 'sent: 0 of 101'
  assert_match 'sent: 100 of 101'
  [[ ${output#*of 101} != *waiting* ]]
}

@test "env starts its command on a clean line" {
  slow
  at_terminal cat /proc/self/timers /proc/self/status
  grep -E '^Sig(Blk|Ign|Cgt)|^ID' <<<"$output" >plain
  [ "$(wc -l <plain)" = 3 ]
  at_terminal agentsecrets env --fresh -- \
    cat /proc/self/timers /proc/self/status
  assert_status 0
  assert_match 'waiting for the server'
  screen
  [[ $output == Name:* ]]
  # Nothing of the line's making is left either.
  grep -E '^Sig(Blk|Ign|Cgt)|^ID' <<<"$output" | diff -u plain -
}

@test "a password that is long to stretch" {
  ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 at_terminal \
    strace -f -o trace -e trace=sched_getaffinity \
    -e inject=sched_getaffinity:delay_enter=700000 agentsecrets get A
  assert_status 0
  assert_match 'stretching the password \.\.\.'
  screen
  [[ $output != *stretching* ]]
}

@test "a question comes on a clean line, and its time does not count" {
  slow
  unset AGENTSECRETS_PASSWORD_FILE
  run python3 "$BATS_TEST_DIRNAME/terminal.py" progress expect:Password sh:'sleep 1' \
    file:"$HOME/password" send:'\n' -- agentsecrets pull
  assert_status 0
  screen
  assert_match $'(^|\n)Password[^\n]*:\n'
  assert_match $'\nadded A\n1 secret'
}
