#!/usr/bin/env bats
# A person takes time to answer: what happens meanwhile is not lost.
load lib
load team
remember_passwords

setup() { start_server; }
teardown() { end_all; }

file() { printf '%s\n' "$@" | diff -u - .env.development; }
there() { on one "$@"; }
value_there() { there agentsecrets env --fresh -- printenv "$1"; }
at_terminal() { run python3 "$BATS_TEST_DIRNAME/terminal.py" "$@"; }

# two_machines NAME=VALUE...: both have these; the second keeps a file.
two_machines() {
  new_team
  agentsecrets set "$@"
  next_machine two
  mode_two
  agentsecrets pull
}

@test "a copy that is brought up to date while push asks for the password" {
  two_machines A=1
  there agentsecrets set A=2
  agentsecrets env --fresh -- true
  file A=1
  at_terminal expect:Password echo:off 'sh:agentsecrets pull -q' \
    "file:$AGENTSECRETS_PASSWORD_FILE" 'send:\n' -- \
    env -u AGENTSECRETS_PASSWORD_FILE agentsecrets push
  assert_status 0
  file A=2
  [ "$(value_there A)" = 2 ]
}

@test "what somebody changes again while push asks is a conflict later" {
  two_machines A=1 C=1
  there agentsecrets set A=theirs C=both
  printf 'A=mine\nC=both\n' >.env.development
  local home=$BATS_TEST_TMPDIR/one/home
  at_terminal 'expect:A: [m]ine' \
    "sh:cd $BATS_TEST_TMPDIR/one/work && HOME=$home AGENTSECRETS_HOME=$home/.agentsecrets AGENTSECRETS_PASSWORD_FILE=$home/password agentsecrets set C=newer" \
    'sh:agentsecrets env --fresh -- true' 'send:t\n' -- agentsecrets push
  assert_status 0
  run agentsecrets push
  [ "$(value_there C)" = newer ]
}

@test "an edit during the question is not overwritten by the answer" {
  two_machines A=1
  there agentsecrets set A=theirs
  for command in push pull; do
    printf 'A=mine\n' >.env.development
    at_terminal 'expect:A: [m]ine' \
      'sh:echo A=edited >.env.development' 'send:t\n' -- agentsecrets $command
    file A=edited
    run agentsecrets diff
    [ -n "$output" ]
    agentsecrets pull --force
    agentsecrets set A=1
    there agentsecrets set --force A=theirs
  done
}
