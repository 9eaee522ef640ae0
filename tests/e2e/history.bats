#!/usr/bin/env bats
# What a secret held before: shown without values, and brought back.
# long with sanitizers
load lib
remember_passwords
load team

setup() {
  start_server
  start_liar
  new_team >&2
}
teardown() { end_all; }

# value VALUE: A is that here.
value() {
  run -0 agentsecrets get A
  [ "$output" = "$1" ] || fail "'A' is '$output', not '$1'"
}

# shows LINE...: without the times.
shows() {
  run agentsecrets history A
  assert_status 0
  [ "$(sed 's/  2[0-9T:Z-]*  / /' <<<"$output")" = "$(printf '%s\n' "$@")" ] ||
    fail "$output"
}

@test "versions, newest first, and no value" {
  local canary now
  random_canary "$HOME/canary"
  canary=$(cat "$HOME/canary")
  agentsecrets set A=@"$HOME/canary"
  agentsecrets set A=two A2=x
  agentsecrets set -e staging A=elsewhere
  agentsecrets delete A
  shows '3 deleted' '2 former' '1 former'
  agentsecrets set A=@"$HOME/canary"
  shows '4 current' '3 deleted' '2 former' '1 former'
  now=$(date -u +%Y-%m-%dT%H)
  [[ ${lines[0]} =~ ^4\ \ ${now%?}.:..:..Z\ \ current$ ]] || fail "$output"
  run -0 agentsecrets secrets history a
  [ "${#lines[@]}" = 4 ]
  run -0 agentsecrets history --json A
  [[ $output != *"$canary"* ]]
  [ "$(jq -c '[.project, .environment, .name]' <<<"$output")" = \
    '["web","development","A"]' ]
  [ "$(jq -c '[.versions[] | [.version, .current, .deleted]]' <<<"$output")" = \
    '[[4,true,false],[3,false,true],[2,false,false],[1,false,false]]' ]
  [[ $(jq -r '.versions[3].written_at' <<<"$output") == 20*T*Z ]]
  run -0 agentsecrets history --output table A
  assert_match 'Version.*Written.*State'
  assert_match '│ 3 '
  run -0 agentsecrets history -e staging A
  [ "${#lines[@]}" = 1 ]
  [ ! -e .env.development ]
}

@test "what is there now and ten before" {
  local i
  for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    printf 'A=%s\n' "$i" >.env
    agentsecrets push .env >&2
  done
  run -0 agentsecrets history A
  [ "${#lines[@]}" = 11 ]
  [[ ${lines[10]} == 2\ * ]]
  run -1 agentsecrets history A --restore 1
  assert_one_error "the server has no version 1 of 'A'"
  run -0 agentsecrets history A --restore 2
  value 2
}

@test "a former value comes back as the newest, here, there and in the file" {
  export AGENTSECRETS_STORAGE_MODE=2
  agentsecrets set A=first B=b
  agentsecrets set A=second
  agentsecrets pull
  run -0 agentsecrets history A --restore 1
  [ "$output" = 'stored A in web/development' ]
  value first
  grep -qx 'A=first' .env.development
  grep -qx 'B=b' .env.development
  shows '3 current' '2 former' '1 former'
  next_machine two >&2
  agentsecrets pull
  value first
  # What is there is there: the version itself, or one with its value.
  for version in 3 1; do
    run -0 agentsecrets history A --restore "$version"
    [ "$output" = '1 unchanged' ]
  done
  run -0 agentsecrets history A --restore 2 --json
  [ "$(jq -c '[.stored, .unchanged]' <<<"$output")" = '[["A"],0]' ]
  run -0 agentsecrets history A --restore 1 -q
  [ -z "$output" ]
  shows '5 current' '4 former' '3 former' '2 former' '1 former'
}

@test "an empty value and one of any bytes come back as they were" {
  printf 'a\n\001\377\n' >bytes
  agentsecrets set A=@bytes
  agentsecrets set A=
  agentsecrets set A=3
  run -0 agentsecrets history A --restore 1
  agentsecrets get A | cmp - bytes
  run -0 agentsecrets history A --restore 2
  value ''
}

@test "a deleted secret comes back, a deletion does not" {
  agentsecrets set A=1
  agentsecrets delete A
  run -1 agentsecrets history A --restore 2
  assert_one_error "version 2 of 'A' is its deletion"
  assert_line "hint: run 'agentsecrets delete A' to delete it"
  run -0 agentsecrets history A --restore 1
  value 1
  shows '3 current' '2 deleted' '1 former'
}

@test "what there is not" {
  agentsecrets set AVAIL=1
  run -1 agentsecrets history AVAIK
  assert_one_error "no secret 'AVAIK' in web/development"
  assert_line "hint: did you mean 'AVAIL'?"
  run -1 agentsecrets history AVAIL --restore 2
  assert_one_error "the server has no version 2 of 'AVAIL'"
  for version in 0 -1 x 1.0 '' 4294967296 99999999999999999999; do
    run -2 agentsecrets history AVAIL --restore="$version"
    assert_one_error '--restore takes the number of a version'
  done
  run -2 agentsecrets history
  run -2 agentsecrets history A B
  run -2 agentsecrets history --restore
  run -2 agentsecrets history 'A B'
  stop_server || :
  run -4 agentsecrets history AVAIL
}

@test "what somebody else wrote since the last pull is not written over" {
  agentsecrets set A=1
  agentsecrets set A=2
  next_machine two >&2
  agentsecrets pull
  agentsecrets set A=theirs
  use_home one
  run -5 agentsecrets history A --restore 1
  assert_one_error '^agentsecrets: .*changed.*: A$'
  value 2
  agentsecrets pull
  value theirs
  run -0 agentsecrets history A --restore 1
  value 1
}

@test "a server that keeps no former values" {
  agentsecrets set A=1
  lie plain A
  run -1 agentsecrets history A
  assert_one_error 'the server keeps no former values'
}

@test "a history that is held back, of another name or in another order" {
  agentsecrets set A=1 B=2
  agentsecrets set A=2
  agentsecrets set A=3
  agentsecrets pull
  cp -a "$AGENTSECRETS_HOME" kept
  while read -r lie why; do
    lie "$lie" A
    for command in A 'A --restore 1'; do
      # shellcheck disable=SC2086
      run agentsecrets history $command
      assert_status 6
      assert_one_error "$why"
    done
  done <<END
drop holds back .*: A$
foreign history of another name than 'A'
exchange shows version 2 of 'A' among older ones
double shows version 3 of 'A' twice
older value of 'A' is older than one that was seen before
rollback value of 'A' is older than one that was seen before
relabel value of 'A' was not made for this name
add value of 'A' was not made for this name
forge value of 'A' does not open
END
  # One that the list shows all the same.
  lie hide A
  run -6 agentsecrets history A
  assert_one_error "holds back the history of 'A'"
  diff -r "$AGENTSECRETS_HOME" kept
}

@test "compat: what is bound to no name has no number" {
  local project
  project=$(sed -nE 's/^project ([^ ]*) .*/\1/p' "$AGENTSECRETS_HOME/trust")
  agentsecrets set A=1
  /usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/vault.py" \
    "$AGENTSECRETS_HOME/trust" replace ' strict ' ' compat '
  export SERVER_URL
  printf theirs | "$TOOLS/tests/lib/forge" "$project" development unbound A |
    /usr/bin/python3 "$BATS_TEST_DIRNAME/other_client.py" put "$project" \
      development
  shows '- current' '1 former'
  run -5 agentsecrets history A --restore 1
  agentsecrets pull
  run -0 agentsecrets history A --restore 1
  value 1
  shows '2 current' '- former' '1 former'
  /usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/vault.py" \
    "$AGENTSECRETS_HOME/trust" replace ' compat ' ' strict '
  run -6 agentsecrets history A
  assert_one_error "'A' was not made for this name"
}
