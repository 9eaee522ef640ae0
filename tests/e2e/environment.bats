#!/usr/bin/env bats
# environment switch and list, and list --all-envs: which environments there
# are, what they have, and which one is meant.
load lib
remember_passwords
load team

setup() { fresh_home; }
teardown() { end_all; }

# member KEY: of project.json.
member() {
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' \
    .agentsecrets/project.json "$1"
}

# three: A everywhere, B in two, C in production only; D is deleted.
three() {
  new_account web
  agentsecrets set -q A=1 B=2 D=3
  agentsecrets delete -q D
  agentsecrets set -q -e staging A=1
  agentsecrets set -q -e production A=1 B=2 C=3
}

home_sum() {
  find "$AGENTSECRETS_HOME" -type f ! -path '*/server/*' -exec sha256sum {} + | sort
}

@test "switch writes project.json, and every command follows" {
  three
  run -0 agentsecrets environment switch staging
  assert_line "staging is the environment of project 'web' here"
  [ "$(member environment)" = staging ]
  run -0 agentsecrets list
  [ "$output" = A ]
  run -0 agentsecrets env -- sh -c 'echo $AGENTSECRETS_ACTIVE'
  [ "$output" = web/staging ]
  run -0 agentsecrets environment switch staging
  assert_line 'nothing changed'
  # From below it, and with nothing to say.
  mkdir below
  cd below
  run -0 agentsecrets environment switch -q production
  [ -z "$output" ]
  cd ..
  [ "$(member environment)" = production ]
  [ ! -e below/.agentsecrets ]
}

@test "switch keeps everything else in project.json" {
  new_account web
  python3 - <<'PYTHON'
import json
path = ".agentsecrets/project.json"
project = json.load(open(path))
project["theirs"] = {"kept": [1, "two"]}
json.dump(project, open(path, "w"))
PYTHON
  cp .agentsecrets/project.json before
  agentsecrets environment switch -q production
  python3 - <<'PYTHON'
import json
before = json.load(open("before"))
now = json.load(open(".agentsecrets/project.json"))
assert now.pop("environment") == "production"
before.pop("environment", None)
before.pop("updated_at", None), now.pop("updated_at", None)
assert before == now, (before, now)
PYTHON
  # It is trusted as before.
  run -0 agentsecrets list
}

@test "where no project is, config.json has it for all that name none" {
  new_account ''
  mkdir plain
  cd plain
  run -0 agentsecrets environment switch staging
  assert_line 'staging is the environment wherever no project.json names one'
  [ ! -e .agentsecrets ]
  grep -q '"selected_environment": *"staging"' "$AGENTSECRETS_HOME/config.json"
  agentsecrets project create -q web
  run -0 agentsecrets status --json
  assert_match '"environment":"staging"'
}

@test "AGENTSECRETS_ENV goes before it, and switch says so" {
  three
  export AGENTSECRETS_ENV=production
  run --separate-stderr -0 agentsecrets environment switch staging
  [ "$stderr" = "agentsecrets: warning: AGENTSECRETS_ENV says 'production', and goes before it" ]
  run --separate-stderr -0 agentsecrets environment switch production
  [ -z "$stderr" ]
  AGENTSECRETS_ENV=nonsense run --separate-stderr -0 agentsecrets environment \
    switch -q staging
  [ -z "$stderr" ]
  [ "$(member environment)" = staging ]
  # Another project of the variable is not what this directory means.
  AGENTSECRETS_PROJECT=other run -0 agentsecrets environment switch development
  [ "$(member environment)" = development ]
}

@test "in storage mode 2 switch says which file is meant" {
  new_account web --storage-mode 2
  agentsecrets set -q -e staging A=1
  run -0 agentsecrets environment switch staging
  assert_line "its values are in '$PWD/.env.staging'"
  run -0 agentsecrets environment switch production
  assert_line "its values are in '$PWD/.env.production', once 'agentsecrets pull' has written it"
}

@test "switch --json" {
  new_account web --storage-mode 2
  AGENTSECRETS_ENV=production run --separate-stderr -0 \
    agentsecrets environment switch --json staging
  [ "$output" = '{"project":"web","environment":"staging","before":"development","changed":true,"overridden":"production","file":"'"$PWD"'/.env.staging"}' ]
}

@test "switch to what is none, without a home, in a place that is not trusted" {
  AGENTSECRETS_HOME=$HOME/none run -3 agentsecrets environment switch staging
  assert_one_error 'not set up yet'
  new_account web
  cp .agentsecrets/project.json before
  for word in prod Staging '' ../x; do
    run -2 agentsecrets environment switch "$word"
    assert_one_error "unknown environment '$word'"
    assert_match 'hint: it is one of development, staging, production'
  done
  run -2 agentsecrets environment switch staging=hunter2
  assert_one_error "unknown environment 'staging'"
  run -2 agentsecrets environment switch
  cmp before .agentsecrets/project.json
  agentsecrets trust --remove
  run -3 agentsecrets environment switch staging
  assert_one_error 'is not trusted yet'
  cmp before .agentsecrets/project.json
}

@test "switch that cannot write changes nothing" {
  needs_root
  new_account web
  uid=$(other_uid)
  give_to "$uid"
  chmod 555 .agentsecrets
  run -1 as_user "$uid" agentsecrets environment switch staging
  assert_one_error 'project.json'
  chmod 755 .agentsecrets
  run -0 as_user "$uid" agentsecrets environment list
  assert_match 'development +0 secrets  active'
}

@test "list counts what is live, and says which is in force" {
  three
  run -0 agentsecrets environment list
  [ "${#lines[@]}" = 3 ]
  [ "${lines[0]}" = 'development     2 secrets  active' ]
  [ "${lines[1]}" = 'staging         1 secret' ]
  [ "${lines[2]}" = 'production      3 secrets' ]
  AGENTSECRETS_ENV=production run -0 agentsecrets environment list
  [ "${lines[2]}" = 'production      3 secrets  active' ]
  run -0 agentsecrets environment list --json
  [ "$output" = '{"project":"web","active":"development","environments":[{"environment":"development","secrets":2,"active":true},{"environment":"staging","secrets":1,"active":false},{"environment":"production","secrets":3,"active":false}]}' ]
  run -0 agentsecrets environment list --output table
  assert_line '│ Environment │ Secrets │ Active │'
  assert_line '│ development │ 2       │ *      │'
  assert_line '│ production  │ 3       │ -      │'
  cd /
  run -0 agentsecrets environment list -p web
  [ "${lines[2]}" = 'production      3 secrets' ]
}

@test "list --all-envs: lines, a table, JSON" {
  three
  run -0 agentsecrets list --all-envs
  [ "$output" = $'A\tdevelopment,staging,production\nB\tdevelopment,production\nC\tproduction' ]
  run -0 agentsecrets list --all-envs --output table
  [ "$output" = "╭─────┬─────┬─────────┬──────╮
│ Key │ DEV │ STAGING │ PROD │
├─────┼─────┼─────────┼──────┤
│ A   │ *   │ *       │ *    │
│ B   │ *   │ -       │ *    │
│ C   │ -   │ -       │ *    │
╰─────┴─────┴─────────┴──────╯" ]
  run -0 agentsecrets list --all-envs --json
  [ "$output" = '{"project":"web","names":[{"name":"A","environments":["development","staging","production"]},{"name":"B","environments":["development","production"]},{"name":"C","environments":["production"]}]}' ]
  agentsecrets delete -q -e production B
  run -0 agentsecrets list --all-envs
  assert_line $'B\tdevelopment'
  run -2 agentsecrets list --all-envs -e staging
  assert_one_error '--all-envs and --environment exclude each other'
  # No environment is meant, so none can be wrong but by a mistake.
  AGENTSECRETS_ENV=prod run -2 agentsecrets list --all-envs
  assert_one_error "unknown environment 'prod'"
}

@test "lists are made from the vaults; only what is missing is asked for" {
  start_server
  start_recording
  new_team
  agentsecrets set -q A=1
  agentsecrets set -q -e production P=1
  next_machine two
  requests >/dev/null
  run -0 agentsecrets environment list
  [ "${lines[0]}" = 'development     1 secret  active' ]
  [ "$(requests | grep -c 'GET .*secrets/')" = 3 ]
  run -0 agentsecrets environment list
  run -0 agentsecrets list --all-envs
  [ "$output" = $'A\tdevelopment\nP\tproduction' ]
  [ -z "$(requests)" ]
  on one agentsecrets set -q -e staging A=1
  run -0 agentsecrets list --all-envs
  [ "$output" = $'A\tdevelopment\nP\tproduction' ]
  run -0 agentsecrets list --all-envs --remote
  [ "$output" = $'A\tdevelopment,staging\nP\tproduction' ]
  on one agentsecrets set -q B=1
  run -0 agentsecrets list
  [ "$output" = A ]
  run -0 agentsecrets list --remote
  [ "$output" = $'A\nB' ]
  stop_server
  run -4 agentsecrets list --remote
  assert_one_error
  run -4 agentsecrets list --remote --all-envs
  assert_one_error
  run -0 agentsecrets list --all-envs
}

@test "a vault that is damaged is refused, whichever it is" {
  three
  vault=$(ls "$AGENTSECRETS_HOME"/vault/*.production)
  printf x >>"$vault"
  before=$(home_sum)
  run -6 agentsecrets environment list
  assert_one_error 'damaged'
  run -6 agentsecrets list --all-envs
  assert_one_error 'damaged'
  [ "$before" = "$(home_sum)" ]
}
