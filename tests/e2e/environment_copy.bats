#!/usr/bin/env bats
# environment copy, merge and clean: what arrives, what stays, who is asked,
# and that nothing is written when it does not come about.
# long with sanitizers
load lib
remember_passwords
load team

setup() { fresh_home; }
teardown() { end_all; }

at_terminal() { run python3 "$BATS_TEST_DIRNAME/terminal.py" "$@"; }

# values ENVIRONMENT: NAME=VALUE of what the server has, in one line.
values() {
  agentsecrets env --fresh -e "$1" --clean=NOTHING -- /usr/bin/env |
    grep -v -e ^AGENTSECRETS_ACTIVE -e ^PWD= -e ^SHLVL= -e ^_= -e '^[A-Z]*_OPTIONS=' |
    sort | paste -sd ' '
}

assert_values() {
  local have
  have=$(values "$1") || return
  [ "$have" = "$2" ] || fail "$1 has '$have', not '$2'"
}

# state: everything of this home, and what the server has.
state() {
  find "$AGENTSECRETS_HOME" -type f ! -path '*/server/*' ! -name audit.log \
    -exec sha256sum {} + | sort
  find . -type f -exec sha256sum {} + | sort
  [ ! -f "$AGENTSECRETS_HOME/server/data.sqlite" ] ||
    sqlite3 "$AGENTSECRETS_HOME/server/data.sqlite" \
      'SELECT environment, name, version, hex(value), deleted FROM secret
       ORDER BY 1, 2'
}

# assert_unchanged COMMAND...: it fails as STATUS says, and changed nothing.
assert_unchanged() {
  local wanted=$1 before
  shift
  before=$(state)
  run "$@"
  assert_status "$wanted"
  [ "$before" = "$(state)" ] || fail "'$*' changed something"
}

# two: SAME in both, OTHER with different values, NEW in development, and KEPT
# in staging alone.
two() {
  new_account web
  agentsecrets set -q SAME=1 OTHER=dev NEW=new
  agentsecrets set -q -e staging SAME=1 OTHER=staging KEPT=kept
}

@test "copy into an empty environment: every byte, sealed for its new place" {
  new_account web
  head -c 60000 /dev/urandom | tr -d '\0' >long
  printf 'a\nb\xff"$\\' >bytes
  agentsecrets set -q LONG=@long BYTES=@bytes EMPTY=- </dev/null
  run -0 agentsecrets environment copy development staging
  [ "$output" = 'added BYTES, EMPTY, LONG in web/staging' ]
  cmp long <(agentsecrets env --fresh -e staging -- sh -c 'printf %s "$LONG"')
  cmp bytes <(agentsecrets get -e staging BYTES)
  [ -z "$(agentsecrets get -e staging EMPTY)" ]
  # Not the blob that development has: that would not open here.
  run sqlite3 "$AGENTSECRETS_HOME/server/data.sqlite" \
    'SELECT count(DISTINCT value), count(*) FROM secret'
  [ "$output" = '6|6' ]
  run -0 agentsecrets environment copy development staging
  [ "$output" = '3 unchanged' ]
  run -0 agentsecrets environment copy production staging
  [ "$output" = 'web/production has no secrets' ]
}

@test "copy: other values need --force; what only TO has stays" {
  two
  assert_unchanged 5 agentsecrets environment copy development staging
  assert_one_error 'staging has other values than development: OTHER$'
  assert_match "hint: write over them with --force, or choose with 'agentsecrets environment merge development staging'"
  run -0 agentsecrets environment copy -f development staging
  assert_line 'added NEW in web/staging'
  assert_line 'changed OTHER in web/staging'
  assert_line '1 unchanged'
  assert_values staging 'KEPT=kept NEW=new OTHER=dev SAME=1'
  assert_values development 'NEW=new OTHER=dev SAME=1'
  run -0 agentsecrets environment copy staging development --json
  [ "$output" = '{"project":"web","from":"staging","to":"development","added":["KEPT"],"changed":[],"kept":[],"unchanged":3}' ]
  run -0 agentsecrets environment copy -q staging production
  [ -z "$output" ]
}

@test "copy: only the names that are given, in any case" {
  two
  run -0 agentsecrets environment copy development staging new SAME new
  assert_line 'added NEW in web/staging'
  assert_line '1 unchanged'
  assert_values staging 'KEPT=kept NEW=new OTHER=staging SAME=1'
  assert_unchanged 1 agentsecrets environment copy development production SAME KEPT
  assert_one_error "no secret 'KEPT' in web/development"
  assert_unchanged 1 agentsecrets environment copy development production SAMO
  assert_match "hint: did you mean 'SAME'"
  assert_unchanged 2 agentsecrets environment copy development production 1X
  assert_one_error
}

@test "copy: what was deleted in FROM is not there, in TO it comes back" {
  two
  agentsecrets delete -q NEW
  agentsecrets delete -q -e staging SAME
  run -1 agentsecrets environment copy development staging NEW
  assert_one_error "no secret 'NEW' in web/development"
  run -0 agentsecrets environment copy development staging SAME
  assert_line 'added SAME in web/staging'
  assert_values staging 'KEPT=kept OTHER=staging SAME=1'
}

@test "copy on a terminal: one question, with the names" {
  two
  agentsecrets set -q MORE=dev
  agentsecrets set -q -e staging MORE=staging
  before=$(state)
  at_terminal \
    'expect:staging has other values than development: MORE, OTHER. Write over them? [y/N] ' \
    'send:\n' -- agentsecrets environment copy development staging
  assert_status 5
  assert_match 'agentsecrets: staging has other values than development: MORE, OTHER'
  [ "$before" = "$(state)" ]
  at_terminal 'expect:[y/N] ' 'send:\x04' -- \
    agentsecrets environment copy development staging
  [ "$status" != 0 ]
  [ "$before" = "$(state)" ]
  at_terminal 'expect:[y/N] ' 'send:y\n' -- \
    agentsecrets environment copy development staging
  assert_status 0
  assert_match 'changed MORE, OTHER in web/staging'
  assert_values staging 'KEPT=kept MORE=dev NEW=new OTHER=dev SAME=1'
}

@test "merge: a choice for each name" {
  new_account web
  agentsecrets set -q A=v-dev B=v-dev C=v-dev D=same NEW=v-dev
  agentsecrets set -q -e staging A=v-st B=v-st C=v-st D=same OLD=v-st
  assert_unchanged 5 agentsecrets environment merge development staging
  assert_one_error 'staging has other values than development: A, B, C$'
  assert_match 'hint: --ours keeps what staging has, --theirs takes what development has'
  before=$(state)
  at_terminal 'expect:A: [m]ine (what staging has), [t]heirs (what development has)' \
    'send:t\n' 'expect:B: ' 'send:q\n' -- \
    agentsecrets environment merge development staging
  assert_status 5
  [ "$before" = "$(state)" ]
  [[ $output != *v-dev* ]] || fail 'a value is shown' "$output"
  at_terminal 'expect:A: ' 'send:x\n' 'expect:A: ' 'send:t\n' 'expect:B: ' \
    'send:m\n' 'expect:C: ' 'send:T\n' -- \
    agentsecrets environment merge development staging
  assert_status 0
  assert_match 'added NEW in web/staging'
  assert_match 'changed A, C in web/staging'
  assert_match 'kept B in web/staging'
  assert_values staging 'A=v-dev B=v-st C=v-dev D=same NEW=v-dev OLD=v-st'
  assert_values development 'A=v-dev B=v-dev C=v-dev D=same NEW=v-dev'
}

@test "merge --ours and --theirs" {
  two
  run -2 agentsecrets environment merge --ours --theirs development staging
  assert_one_error '--ours and --theirs exclude each other'
  run -0 agentsecrets environment merge --ours development staging
  assert_line 'added NEW in web/staging'
  assert_line 'kept OTHER in web/staging'
  assert_values staging 'KEPT=kept NEW=new OTHER=staging SAME=1'
  run -0 agentsecrets environment merge --theirs development staging --json
  [ "$output" = '{"project":"web","from":"development","to":"staging","added":[],"changed":["OTHER"],"kept":[],"unchanged":2}' ]
  assert_values staging 'KEPT=kept NEW=new OTHER=dev SAME=1'
}

@test "words that are no environments, one twice, too few" {
  two
  for command in copy merge; do
    assert_unchanged 2 agentsecrets environment "$command" development prod
    assert_one_error "unknown environment 'prod'"
    assert_unchanged 2 agentsecrets environment "$command" dev staging
    assert_one_error "unknown environment 'dev'"
    assert_unchanged 2 agentsecrets environment "$command" staging staging
    assert_one_error "both are 'staging': give two environments"
    run -2 agentsecrets environment "$command" staging
  done
  assert_unchanged 2 agentsecrets environment clean prod=x
  assert_one_error "unknown environment 'prod'"
  # What is in force does not matter.
  AGENTSECRETS_ENV=nonsense run -0 agentsecrets environment merge --ours \
    development staging
  AGENTSECRETS_ENV=nonsense run -0 agentsecrets environment clean -y production
  cd /
  run -0 agentsecrets environment copy -p web staging production
}

@test "the server's answer counts, not the vault" {
  start_server
  start_recording
  new_team
  agentsecrets set -q A=old
  agentsecrets set -q -e staging B=old
  next_machine two
  agentsecrets set -q -f A=new
  agentsecrets set -q -f -e staging B=new
  use_home one
  requests >/dev/null
  run -0 agentsecrets environment copy development staging
  assert_line 'added A in web/staging'
  [ "$(agentsecrets get -e staging A)" = new ]
  # Staging was renewed on the way, development was only looked at.
  [ "$(agentsecrets get -e staging B)" = new ]
  [ "$(agentsecrets get A)" = old ]
  [ "$(requests | grep -c '^POST .*secrets')" = 1 ]
  on two agentsecrets pull -q -e staging
  [ "$(on two agentsecrets get -e staging A)" = new ]
  stop_server
  assert_unchanged 4 agentsecrets environment copy development staging
  assert_unchanged 4 agentsecrets environment merge development staging
  assert_unchanged 4 agentsecrets environment clean -y staging
}

@test "what the server does not take in one request goes in parts" {
  start_server server --secrets-per-request 120
  start_recording
  new_team
  for i in {100..249}; do echo "NAME_$i=value-$i"; done >many.env
  agentsecrets push -q many.env
  requests >/dev/null
  run -0 agentsecrets environment copy development staging --json
  assert_match '"changed":\[\],"kept":\[\],"unchanged":0'
  [ "$(requests | grep -c '^POST .*secrets')" = 2 ]
  assert_values staging "$(paste -sd ' ' many.env)"
  run -0 agentsecrets environment clean -y staging
  assert_line '150 secrets deleted from web/staging'
  [ "$(requests | grep -c '^POST .*secrets')" = 2 ]
  assert_values staging ''
}

@test "clean deletes all of one environment, in one write" {
  start_server
  start_recording
  new_team
  agentsecrets set -q -e staging A=1 B=2 C=3
  agentsecrets set -q A=dev
  next_machine two
  agentsecrets pull -q -e staging
  requests >/dev/null
  run -0 agentsecrets environment clean --yes staging
  [ "$output" = $'deleted A\ndeleted B\ndeleted C\n3 secrets deleted from web/staging' ]
  [ "$(requests | grep -c '^POST .*secrets')" = 1 ]
  [ "$(agentsecrets list --all-envs --remote)" = $'A\tdevelopment' ]
  # For everybody, and no alarm anywhere.
  run -0 on one agentsecrets pull -e staging
  assert_line 'deleted B'
  assert_line '0 secrets in web/staging'
  run -0 agentsecrets environment clean --yes staging
  [ "$output" = '0 secrets deleted from web/staging' ]
  run -0 agentsecrets environment clean --yes --json development
  [ "$output" = '{"project":"web","environment":"development","deleted":["A"]}' ]
  run -0 agentsecrets set -q -e staging A=again
  assert_values staging 'A=again'
}

@test "clean asks for the environment's name" {
  two
  assert_unchanged 2 agentsecrets environment clean staging
  assert_one_error 'there is no terminal to ask on: give --yes'
  before=$(state)
  at_terminal \
    "expect:This deletes all 3 secrets of staging in project 'web', for everybody." \
    "expect:Type the environment's name to go on: " 'send:yes\n' -- \
    agentsecrets environment clean staging
  assert_status 1
  assert_match 'not deleted: the name is another'
  [ "$before" = "$(state)" ]
  at_terminal 'expect:to go on: ' 'send:staging\n' -- \
    agentsecrets environment clean staging
  assert_status 0
  assert_values staging ''
  assert_values development 'NEW=new OTHER=dev SAME=1'
  # Nobody is asked about nothing.
  at_terminal -- agentsecrets environment clean staging
  assert_status 0
}

@test "what another command of this home wrote during the question stays" {
  two
  at_terminal 'expect:Write over them? [y/N] ' \
    'sh:agentsecrets set -q -e staging NEW=meanwhile' 'send:y\n' -- \
    agentsecrets environment copy development staging
  assert_status 5
  assert_match 'changed on the server.*: NEW'
  assert_match 'hint: somebody wrote at the same time: give the same command again'
  assert_values staging 'KEPT=kept NEW=meanwhile OTHER=staging SAME=1'
  at_terminal 'expect:to go on: ' \
    'sh:agentsecrets set -q -e staging SAME=meanwhile' 'send:staging\n' -- \
    agentsecrets environment clean staging
  assert_status 5
  assert_values staging 'KEPT=kept NEW=meanwhile OTHER=staging SAME=meanwhile'
}

@test "set --all-envs" {
  new_account web
  run -0 agentsecrets set --all-envs A=1 b=2
  assert_line 'stored A, B in development, staging, production of web'
  for environment in development staging production; do
    assert_values "$environment" 'A=1 b=2'
  done
  run -0 agentsecrets set --all-envs --json A=2
  [ "$output" = '{"project":"web","environments":["development","staging","production"],"stored":["A"],"deleted":[],"taken":[],"mapped":[],"unchanged":0}' ]
  assert_values production 'A=2 b=2'
  assert_unchanged 2 agentsecrets set --all-envs -e staging A=3
  assert_one_error '--all-envs and --environment exclude each other'
  at_terminal 'expect:Value of C: ' 'send:3\n' -- \
    agentsecrets set -q --all-envs C
  assert_values staging 'A=2 C=3 b=2'
}

@test "set --all-envs that fails says where it is stored and where not" {
  start_server
  new_team
  agentsecrets set -q --all-envs A=1
  next_machine two
  agentsecrets set -q -f -e staging A=2
  use_home one
  run -5 agentsecrets set --all-envs A=3
  assert_one_error 'stored in development, not stored in production; staging: .*: A'
  assert_match "hint: .*'agentsecrets pull -e staging'"
  [ "$(agentsecrets get A)" = 3 ]
  [ "$(agentsecrets get -e staging A)" = 1 ]
  run -0 agentsecrets set --all-envs --force A=3
  assert_values staging A=3
  on two agentsecrets set -q -f A=4
  run -5 agentsecrets set --all-envs A=5
  assert_one_error 'not stored in staging, production; development: .*: A'
  assert_values production A=3
  # The file of one environment cannot be renewed.
  export AGENTSECRETS_STORAGE_MODE=2
  mkdir .env.staging
  run -1 agentsecrets set --all-envs --force A=6
  assert_one_error 'stored in development, not stored in production; staging: stored, but'
  rmdir .env.staging
  assert_values staging A=6
  assert_values production A=3
  run -0 agentsecrets set --all-envs --force A=6
  grep -x A=6 .env.staging
}
