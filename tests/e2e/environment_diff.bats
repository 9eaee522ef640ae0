#!/usr/bin/env bats
# diff --from --to: two environments as the server has them, without values
# and without a trace.
load lib
remember_passwords
load team

setup() { fresh_home; }
teardown() { end_all; }

# two: SAME in both, OTHER with different values, one name in each alone.
two() {
  new_account "$@"
  agentsecrets set -q SAME=1 OTHER=hidden-dev EMPTY= MINE=1 GONE=1
  agentsecrets delete -q GONE
  agentsecrets set -q -e production SAME=1 OTHER=hidden-prod EMPTY= THEIRS=1 MINE=1
  agentsecrets delete -q -e production MINE
}

@test "lines, a table, JSON" {
  two web
  run -0 agentsecrets diff --from development --to production
  [ "$output" = $'only development MINE\nonly production  THEIRS\ndiffers          OTHER' ]
  run -0 agentsecrets diff --from production --to development --json
  [ "$output" = '{"project":"web","from":"production","to":"development","only_from":["THEIRS"],"only_to":["MINE"],"differing":["OTHER"]}' ]
  run -0 agentsecrets diff --from development --to production --output table
  assert_line '│ Key    │ State            │'
  assert_line '│ OTHER  │ differs          │'
  assert_line '│ THEIRS │ only production  │'
  run -0 agentsecrets diff --from development --to production --output json
  [ "$output" = "$(agentsecrets diff --from development --to production --json)" ]
}

@test "--exit-code" {
  two web
  run -1 agentsecrets diff --exit-code --from development --to production
  assert_match 'differs +OTHER'
  agentsecrets environment copy -q -f development production
  run -1 agentsecrets diff --exit-code --from development --to production
  [ "$output" = 'only production  THEIRS' ]
  agentsecrets delete -q -e production THEIRS
  run -0 agentsecrets diff --exit-code --from development --to production
  [ -z "$output" ]
  run -0 agentsecrets diff --exit-code --from production --to development --json
  assert_match '"differing":\[\]'
}

@test "both ends are wanted, and two environments" {
  two web
  run -2 agentsecrets diff --from staging
  assert_one_error '--from and --to go together: give --to as well'
  run -2 agentsecrets diff --to staging
  assert_one_error '--from and --to go together: give --from as well'
  run -2 agentsecrets diff --from staging --to staging
  assert_one_error "both are 'staging'"
  run -2 agentsecrets diff --from prod --to staging
  assert_one_error "unknown environment 'prod'"
  run -2 agentsecrets diff --from staging --to Staging
  assert_one_error "unknown environment 'Staging'"
  run -2 agentsecrets diff --from staging --to production -e development
  assert_one_error '--from and --environment exclude each other'
  AGENTSECRETS_ENV=nonsense run -0 agentsecrets diff --from staging --to production
}

@test "the server is asked, and nothing is recorded" {
  start_server
  two web --server "$SERVER_URL" --email alice@example.com --name 'Alice Liddell'
  # shellcheck disable=SC2034 # for team.bash
  KIT=$BATS_TEST_TMPDIR/kit.txt KIT_PASSPHRASE=$BATS_TEST_TMPDIR/passphrase
  random_canary "$KIT_PASSPHRASE" 24
  WORK=$PWD next_machine other
  run -0 agentsecrets diff --from development --to production
  assert_line 'only development MINE'
  [ -z "$(ls "$AGENTSECRETS_HOME/vault" 2>/dev/null)" ]
  use_home one
  before=$(cat "$AGENTSECRETS_HOME"/vault/* | sha256sum)
  on other agentsecrets set -q NEWER=1
  run -0 agentsecrets diff --from development --to production
  assert_line 'only development NEWER'
  [ "$before" = "$(cat "$AGENTSECRETS_HOME"/vault/* | sha256sum)" ]
  stop_server
  run -4 agentsecrets diff --from development --to production
  assert_one_error
}
