#!/usr/bin/env bats
# The audit log: a line for each command that was started with secrets, with
# names and the command's base name; never a value, never an argument.
# shellcheck disable=SC2016,SC2154
load lib
remember_passwords

setup_file() {
  fresh_home
  random_canary "$HOME/value"
  new_account >&2
  agentsecrets set KEY=@"$HOME/value" OTHER=thing >&2
}

setup() {
  use_home one "$BATS_FILE_TMPDIR"
  own_copy
  LOG=$AGENTSECRETS_HOME/audit.log
  rm -f "$LOG"
}

refused() { assert_nothing_started 125 "$@"; }

# last FIELD: of the log's last line, as JSON.
last() {
  tail -n 1 "$LOG" | /usr/bin/python3 -c '
import json, sys
print(json.dumps(json.loads(sys.stdin.read())[sys.argv[1]]))' "$1"
}

@test "what a line says" {
  local pid before after
  before=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  pid=$(agentsecrets env -e development -- /bin/sh -c 'echo $$' \
    'an argument')
  after=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  [ "$(wc -l <"$LOG")" = 1 ]
  [ "$(stat -c %a "$LOG")" = 600 ]
  [ "$(last event)" = '"env"' ]
  [ "$(last project)" = '"web"' ]
  [ "$(last project_id)" = "\"$(sed -nE 's/^project ([^ ]*) .*/\1/p' \
    "$AGENTSECRETS_HOME/trust")\"" ]
  [ "$(last environment)" = '"development"' ]
  [ "$(last command)" = '"sh"' ]
  [ "$(last pid)" = "$pid" ]
  [ "$(last secret_keys)" = '["KEY", "OTHER"]' ]
  [[ ! "$(last timestamp)" < "\"$before\"" ]]
  [[ ! "$(last timestamp)" > "\"$after\"" ]]
  ! grep -E 'argument|echo' "$LOG" || fail 'it has an argument'
  assert_no_leak "$HOME/value" "$LOG"
}

@test "final names, those that were selected; a line for each launch" {
  agentsecrets env --only KEY --map renamed=KEY -- true
  [ "$(last secret_keys)" = '["renamed"]' ]
  agentsecrets env --prefix P_ -- true
  [ "$(last secret_keys)" = '["P_KEY", "P_OTHER"]' ]
  [ "$(wc -l <"$LOG")" = 2 ]
}

@test "a name that stood back for an inherited variable was not given out" {
  KEY=inherited agentsecrets env --preserve-env -- true
  [ "$(last secret_keys)" = '["OTHER"]' ]
  KEY=inherited run -0 agentsecrets env --preserve-env --dry-run -- true
  [ "$output" = OTHER ]
}

@test "no secrets, no line; nothing started, no line" {
  agentsecrets env --except '*' -- true
  agentsecrets env --dry-run -- true
  run -125 agentsecrets env --only NOPE -- true
  run -127 agentsecrets env -- no-such-command
  [ ! -e "$LOG" ]
}

@test "a command's strange name is one line of JSON still" {
  local name=$'new\nline "quoted" \e[31m \\ \xff'
  cp "$(type -P true)" "$BATS_TEST_TMPDIR/$name"
  agentsecrets env -- "$BATS_TEST_TMPDIR/$name"
  [ "$(wc -l <"$LOG")" = 1 ]
  [[ "$(last command)" == '"new\nline \"quoted\" '* ]]
  ! grep -q $'\e' "$LOG" || fail 'an escape is in the log'
}

@test "off: no line" {
  set_settings '{"session_cache": 0, "audit": "off"}'
  agentsecrets env -- true
  [ ! -e "$LOG" ]
}

# unwritable: nobody can append to the log.
unwritable() { mkdir "$LOG"; }

@test "on, and the log cannot be written: a warning, -q is silent, it starts" {
  unwritable
  run -0 --separate-stderr agentsecrets env -- echo started
  [ "$output" = started ]
  [ "${#stderr_lines[@]}" = 1 ]
  [[ $stderr == 'agentsecrets: warning: not audited: '*audit.log* ]]
  run -0 agentsecrets env -q -- echo started
  [ "$output" = started ]
}

@test "required, and the log cannot be written: nothing is started" {
  set_settings '{"session_cache": 0, "audit": "required"}'
  agentsecrets env -- true
  [ "$(wc -l <"$LOG")" = 1 ]
  rm "$LOG"
  unwritable
  refused 'audit is required.*audit.log' env --
  refused 'audit is required' env -q --
  run -0 agentsecrets env --dry-run -- true
}

@test "a log that somebody else could have put there" {
  set_settings '{"session_cache": 0, "audit": "required"}'
  : >"$LOG"
  chmod 0666 "$LOG"
  refused 'audit' env --
  rm "$LOG"
  ln -s "$BATS_TEST_TMPDIR/elsewhere" "$LOG"
  refused 'audit' env --
  [ ! -e "$BATS_TEST_TMPDIR/elsewhere" ]
  rm "$LOG"
  mkfifo -m 0600 "$LOG"
  refused 'audit' env --
}

@test "no room for the line: required starts nothing" {
  set_settings '{"session_cache": 0, "audit": "required"}'
  agentsecrets env -- true
  (
    # No file may grow, and we are told instead of killed.
    ulimit -f 0
    trap '' XFSZ
    refused 'audit is required' env --
  )
  [ "$(wc -l <"$LOG")" = 1 ]
}

@test "lines of launches at the same time do not mix" {
  for _ in 1 2 3 4 5 6; do
    agentsecrets env -- true &
  done
  wait
  [ "$(wc -l <"$LOG")" = 6 ]
  /usr/bin/python3 -c '
import json, sys
for line in open(sys.argv[1]):
    json.loads(line)' "$LOG"
}

@test "a setting that is none is said" {
  set_settings '{"session_cache": 0, "audit": "maybe"}'
  refused "settings.json.*audit" env --
}
