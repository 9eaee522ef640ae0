#!/usr/bin/env bats
# --max-age asks the server where the vault is older; hardening "require"
# starts nothing out of ordinary memory.
# shellcheck disable=SC2016
load lib
remember_passwords

setup() {
  fresh_home one
  start_server
  new_account web --server "$SERVER_URL" --email ann@example.com \
    --name 'Ann Other' >&2
  agentsecrets set KEY=old >&2
  agentsecrets pull >&2
  VAULT=$(echo "$AGENTSECRETS_HOME"/vault/*.development)
}

teardown() { end_all; }

# age_of SECONDS: make the vault that old; negative: fetched in the future.
age_of() {
  local pulled
  pulled=$(sed -n 's/^\(pulled [0-9]*\).*/\1/p' "$VAULT")
  /usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/vault.py" "$VAULT" replace \
    "$pulled" "pulled $(($(date +%s) - $1))"
}

# asks COMMAND...: it starts when the server answers, and not when there is
# none.
asks() {
  run -0 "$@"
  stop_server
  run -125 "$@"
  assert_match 'cannot reach'
}

# asks_nobody COMMAND...
asks_nobody() {
  stop_server
  run -0 "$@"
}

@test "younger: nobody is asked" {
  age_of 3500
  asks_nobody agentsecrets env --max-age 1h -- true
  run -0 agentsecrets env --max-age 3600 -- true
  run -0 agentsecrets env --max-age 59m -- true
}

@test "older: the server is asked, and then it is young" {
  age_of 3700
  run -0 agentsecrets env --max-age 1h -- sh -c 'echo $KEY'
  [ "$output" = old ]
  asks_nobody agentsecrets env --max-age 1h -- true
  age_of 3700
  run -125 agentsecrets env --max-age 1h -- true
  run -0 agentsecrets env --max-age 2h -- true
  run -0 agentsecrets env -- true
}

@test "0 asks in any case" {
  asks agentsecrets env --max-age 0 -- true
}

@test "a vault from the future is of no known age" {
  age_of -9999
  stop_server
  run -125 agentsecrets env --max-age 12h -- true
  run -0 agentsecrets env -- true
}

@test "--fresh is --max-age 0, whatever else is said" {
  asks agentsecrets env --fresh --max-age 12h -- true
}

@test "the setting is the default, and the option wins" {
  set_settings '{"session_cache": 0, "max_age": "1h"}'
  age_of 3700
  stop_server
  run -125 agentsecrets env -- true
  run -0 agentsecrets env --max-age 2h -- true
  set_settings '{"session_cache": 0, "max_age": 7200}'
  run -0 agentsecrets env -- true
  run -125 agentsecrets env --max-age 1h -- true
  # It is about launching; reading the vault needs no server.
  set_settings '{"session_cache": 0, "max_age": 0}'
  run -125 agentsecrets env -- true
  run -0 agentsecrets get KEY
}

@test "what is no length of time" {
  local given
  for given in 1.5h h '' -1 soon 12H; do
    assert_nothing_started 125 "--max-age is '$given'" env --max-age "$given" --
    assert_match 'hint: .*12h'
  done
  set_settings '{"max_age": "soon"}'
  assert_nothing_started 125 "'max_age' is not a number of seconds" env --
  set_settings '{"hardening": "on"}'
  assert_nothing_started 125 "'hardening' is not auto or require" env --
}

@test "hardening: ordinary memory is refused where it is required" {
  local all=memfd_secret,mlock2
  run -0 "$TOOLS/tests/lib/without" $all agentsecrets env -- true
  set_settings '{"session_cache": 0, "hardening": "require"}'
  run -0 agentsecrets env -- true
  run -0 "$TOOLS/tests/lib/without" memfd_secret agentsecrets env -- true
  run -125 "$TOOLS/tests/lib/without" $all agentsecrets env -- \
    touch "$BATS_TEST_TMPDIR/started"
  assert_one_error 'requires protected memory'
  assert_match 'hint: .*ulimit -l'
  run -125 "$TOOLS/tests/lib/without" $all agentsecrets env --fresh -- \
    touch "$BATS_TEST_TMPDIR/started"
  assert_one_error 'requires protected memory'
  [ ! -e "$BATS_TEST_TMPDIR/started" ]
  # Other commands need no such memory.
  run -0 "$TOOLS/tests/lib/without" $all agentsecrets get KEY
}
