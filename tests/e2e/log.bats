#!/usr/bin/env bats
# log list, show, export: what was started with which names.
load lib
remember_passwords

setup() { fresh_home; }
teardown() { end_all; }

# entry TIME PROJECT ENVIRONMENT COMMAND NAMES: a line as `env` writes it.
entry() {
  printf '{"timestamp":"%s","event":"env","project":"%s","project_id":"%s","environment":"%s","command":"%s","pid":7,"secret_keys":[%s]}\n' \
    "$1" "$2" 3fa85f64-5717-4562-b3fc-2c963f66afa6 "$3" "$4" "$5"
}

# some_log: five entries and two damaged lines.
some_log() {
  {
    entry 2026-11-20T10:00:00Z web development npm '"A","B"'
    entry 2026-11-21T10:00:00Z web production node '"A"'
    echo damaged
    entry 2026-11-22T10:00:00Z shop production 'my tool' '"C"'
    echo '{"timestamp":"2026"}'
    entry 2026-11-23T10:00:00Z web production node '"A"'
    entry 2026-11-24T10:00:00Z web staging sh '"A","B","C"'
  } >"$AGENTSECRETS_HOME/audit.log"
  chmod 0600 "$AGENTSECRETS_HOME/audit.log"
}

# lists NUMBER...: `log list` with the words before -- gives these lines.
lists() {
  local words=()
  while [ "$1" != -- ]; do
    words+=("$1")
    shift
  done
  shift
  run -0 --separate-stderr agentsecrets log list "${words[@]}"
  [ "$(cut -d' ' -f1 <<<"$output" | tr '\n' ' ')" = "$* " ] ||
    fail "not $*:" "$output"
}

@test "what env starts is listed and shown" {
  new_account web
  agentsecrets set -q KEY=value OTHER=x
  agentsecrets env -- true
  agentsecrets env --only KEY -- sh -c :
  run -0 agentsecrets log list
  [ "${#lines[@]}" = 2 ]
  [[ ${lines[0]} =~ ^1\ \ 20[0-9-]+T[0-9:]+Z\ \ web/development\ \ 2\ secrets\ \ true$ ]]
  [[ ${lines[1]} =~ ^2\ .*\ 1\ secret\ \ sh$ ]]
  run -0 agentsecrets log show 1
  assert_line 'command      true'
  assert_line 'environment  development'
  assert_line 'secret       KEY'
  assert_line 'secret       OTHER'
  assert_match 'project +web \([0-9a-f-]{36}\)'
  run -0 agentsecrets log show
  assert_line 'number       2'
  [[ $output != *value* ]]
}

@test "filters" {
  some_log
  lists -- 1 2 4 6 7
  lists -p web -- 1 2 6 7
  lists -p 3fa85f64-5717-4562-b3fc-2c963f66afa6 -e staging -- 7
  lists -e production -- 2 4 6
  lists -n 2 -- 6 7
  lists -n 1 -e production -p web -- 6
  lists -n 99 -- 1 2 4 6 7
  lists --since 2026-11-22 -- 4 6 7
  lists --since 2026-11-22T10:00:00Z -- 4 6 7
  lists --since 2026-11-22T10:00:01Z -- 6 7
  entry "$(date -u -d '2 hours ago' +%Y-%m-%dT%H:%M:%SZ)" web staging sh '"A"' \
    >>"$AGENTSECRETS_HOME/audit.log"
  # Of whatever clock: the last one is two hours old.
  lists --since 3h -n 1 -- 8
  run -0 --separate-stderr agentsecrets log list --since 1h -p web -e staging
  [[ $output != *"8  "* ]]
  # Where commands work is no filter.
  AGENTSECRETS_PROJECT=shop AGENTSECRETS_ENV=staging lists -n 3 -- 6 7 8
}

@test "filters that mean nothing" {
  local time
  some_log
  for time in '' yesterday 2026-11 2026-13-01 2026-11-24T10:00 7x -1d; do
    run -2 agentsecrets log list --since "$time"
    assert_one_error 'is no time'
    assert_match 'hint: give how long ago'
  done
  for n in 0 -1 x '' 1.5; do
    run -2 agentsecrets log list "--last=$n"
    assert_one_error 'is no number of entries'
  done
  run -2 agentsecrets log list -e nowhere
  assert_one_error "unknown environment 'nowhere'"
  for n in 0 x 1x; do
    run -2 agentsecrets log show "$n"
    assert_one_error 'is no number of an entry'
  done
}

@test "damaged lines are left out, and that is said once" {
  some_log
  run -0 --separate-stderr agentsecrets log list
  # shellcheck disable=SC2154 # run sets it
  [ "$stderr" = 'agentsecrets: warning: 2 damaged lines of audit.log are left out' ]
  run -1 agentsecrets log show 3
  assert_one_error 'audit.log has no entry 3'
  run -1 agentsecrets log show 99
  assert_one_error 'audit.log has no entry 99'
  # One that was cut, and what was appended to it.
  { printf '{"timestamp":"2026-11-2' && entry 2026-11-25T10:00:00Z web staging late '"A"'; } \
    >>"$AGENTSECRETS_HOME/audit.log"
  run -0 agentsecrets log show
  assert_line 'command      late'
  assert_line 'number       8'
}

@test "no log yet, and a log that is off" {
  run -0 agentsecrets log list
  [ -z "$output" ]
  run -1 agentsecrets log show
  assert_one_error 'nothing was started with secrets yet'
  run -0 agentsecrets log export -
  [ -z "$output" ]
  set_settings '{"audit": "off"}'
  run -0 agentsecrets log list
  assert_match '"audit" is off in settings.json'
  rm -r "$AGENTSECRETS_HOME"
  run -0 agentsecrets log list
  [ -z "$output" ]
}

@test "--json, one entry and all" {
  some_log
  run -0 --separate-stderr agentsecrets log list --json -n 1
  [ "$output" = '{"entries":[{"number":7,"timestamp":"2026-11-24T10:00:00Z","event":"env","project":"web","project_id":"3fa85f64-5717-4562-b3fc-2c963f66afa6","environment":"staging","command":"sh","pid":7,"secret_keys":["A","B","C"]}],"damaged":2}' ]
  run -0 agentsecrets log show 4 --json
  [ "$output" = '{"number":4,"timestamp":"2026-11-22T10:00:00Z","event":"env","project":"shop","project_id":"3fa85f64-5717-4562-b3fc-2c963f66afa6","environment":"production","command":"my tool","pid":7,"secret_keys":["C"]}' ]
}

@test "export: sound lines as they are, to a file of mode 0600 or to -" {
  local out=$BATS_TEST_TMPDIR/out
  some_log
  grep -v -e damaged -e '"2026"' "$AGENTSECRETS_HOME/audit.log" >"$out.want"
  run -0 --separate-stderr agentsecrets log export "$out"
  [ "$output" = "wrote 5 entries to '$out'" ]
  [[ $stderr == *'2 damaged lines'* ]]
  cmp "$out" "$out.want"
  [ "$(stat -c %a "$out")" = 600 ]
  agentsecrets log export - 2>/dev/null | cmp - "$out.want"
  run -1 agentsecrets log export "$out"
  assert_match "it exists already"
  assert_match 'hint: --force replaces it'
  run -1 agentsecrets log export .
  [ "$output" = "agentsecrets: cannot write '.': it is not a regular file" ]
  run -0 --separate-stderr agentsecrets log export --force -n 2 -p web --json "$out"
  [ "$output" = "{\"file\":\"$out\",\"entries\":2,\"damaged\":2}" ]
  tail -n 2 "$out.want" | cmp - "$out"
  run -2 agentsecrets log export - --json
  assert_one_error 'with .-. the entries are printed'
  run -1 agentsecrets log export /nonexistent/x
  assert_match 'cannot write'
  run -2 agentsecrets log export
  assert_one_error 'FILE.- is missing'
}

@test "what a terminal would obey is shown, not sent" {
  printf '{"timestamp":"2026-11-24T10:00:00Z","event":"env","project":"a\\u001b[2J","environment":"x\\u202e","command":"\xc2\x9b\xe2\x80\xae","secret_keys":["\\u001b]0;x\\u0007"]}\n' \
    >"$AGENTSECRETS_HOME/audit.log"
  chmod 0600 "$AGENTSECRETS_HOME/audit.log"
  for words in 'list' 'show' 'list --json' 'show --json' 'export -'; do
    # shellcheck disable=SC2086
    agentsecrets log $words >"$BATS_TEST_TMPDIR/out"
    run ! LC_ALL=C grep -aP '\x1b|\x07|\xc2[\x80-\x9f]|\xe2\x80\xae' "$BATS_TEST_TMPDIR/out"
  done
  grep -qF '"command":"\u009b\u202e"' "$BATS_TEST_TMPDIR/out"
}

@test "a log that is no file of ours" {
  ln -s /etc/passwd "$AGENTSECRETS_HOME/audit.log"
  run -1 agentsecrets log list
  assert_one_error 'symbolic link'
  rm "$AGENTSECRETS_HOME/audit.log"
  mkfifo "$AGENTSECRETS_HOME/audit.log"
  run -1 agentsecrets log show
  assert_one_error 'not a regular file'
}

@test "a long log" {
  entry 2026-11-20T10:00:00Z web development npm '"A","B"' >line
  yes "$(<line)" | head -n 1000 >"$AGENTSECRETS_HOME/audit.log"
  chmod 0600 "$AGENTSECRETS_HOME/audit.log"
  lists -n 3 -- 998 999 1000
  run -0 agentsecrets log show 500
  assert_line 'number       500'
  [ "$(agentsecrets log export - | wc -l)" = 1000 ]
}
