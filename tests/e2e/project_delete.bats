#!/usr/bin/env bats
# project delete: everything of it goes, at the server and on this machine, and
# nothing of any other.
load lib
remember_passwords
load team
load keychain

setup() { fresh_home; }
teardown() { end_all; }

at_terminal() { run python3 "$BATS_TEST_DIRNAME/terminal.py" "$@"; }

# two_projects: "keep", and "web" with three secrets, in this directory.
two_projects() {
  new_account keep
  agentsecrets set -q KEEP=1
  mkdir ../web
  cd ../web
  agentsecrets project create -q web
  agentsecrets set -q A=1 B=2
  agentsecrets set -q -e production C=3
  agentsecrets set -q -e staging GONE=3
  agentsecrets delete -q -e staging GONE
  WEB=$(id_of web)
}

id_of() { sed -nE "s/^project ([^ ]*) [^ ]* $1\$/\1/p" "$AGENTSECRETS_HOME/trust"; }

assert_kept() {
  run -0 agentsecrets project list
  assert_line web
  run -0 agentsecrets env --fresh -- sh -c 'echo $A'
  [ "$output" = 1 ]
}

@test "with --yes everything of it goes" {
  two_projects
  touch "$AGENTSECRETS_HOME/vault/$WEB.development.local"
  run -0 agentsecrets project delete --yes
  assert_line "deleted project 'web' of workspace 'Personal' with 3 secrets"
  assert_line "'$PWD' means no project any more"
  [ -z "$(find "$AGENTSECRETS_HOME/vault" -name "$WEB*")" ]
  run ! grep -r "$WEB" "$AGENTSECRETS_HOME/trust" .agentsecrets
  run -1 agentsecrets list
  assert_one_error 'no project here'
  run -0 agentsecrets project list
  [ "$output" = keep ]
  cd ../work
  run -0 agentsecrets env --fresh -- sh -c 'echo $KEEP'
  [ "$output" = 1 ]
}

@test "without a terminal it wants --yes" {
  two_projects
  run -2 agentsecrets project delete
  assert_one_error 'there is no terminal to ask on: give --yes'
  assert_kept
}

@test "a terminal is told what dies, and the name has to be typed" {
  two_projects
  at_terminal "expect:This deletes project 'web' of workspace 'Personal' for everybody, with" \
    'expect:3 secrets: 2 in development, 1 in production.' \
    "expect:Type the project's name to go on: " 'send:y\n' \
    -- agentsecrets project delete
  assert_status 1
  assert_match 'agentsecrets: not deleted: the name is another'
  assert_kept
  at_terminal "expect:Type the project's name to go on: " 'send:web\n' \
    -- agentsecrets project delete
  assert_status 0
  assert_match "deleted project 'web'"
  cd ../work
  agentsecrets project create -q empty
  at_terminal 'expect:no secrets.' 'send:empty\n' -- agentsecrets project delete
  assert_status 0
}

@test "by name and by identifier, from elsewhere: no directory is touched" {
  two_projects
  cp .agentsecrets/project.json ../before
  cd ../work
  run -0 agentsecrets project delete web -y
  run ! grep -q 'means no project' <<<"$output"
  cmp ../before ../web/.agentsecrets/project.json
  cd ../web
  run -3 agentsecrets list
  assert_one_error 'is not trusted yet'
  cd ../work
  run -0 agentsecrets project delete -qy "$(id_of keep)"
  [ -z "$output" ]
  [ "$(agentsecrets project list)" = '' ]
}

@test "what others keep in project.json stays, what is about its secrets goes" {
  two_projects
  agentsecrets set -q lower=1
  agentsecrets project pin -q --versions
  python3 - <<'PYTHON'
import json
with open(".agentsecrets/project.json") as file:
    it = json.load(file)
it["theirs"] = {"a": [1]}
it["storage_mode"] = 1
with open(".agentsecrets/project.json", "w") as file:
    json.dump(it, file)
PYTHON
  agentsecrets project delete -qy
  python3 - <<'PYTHON'
import json
with open(".agentsecrets/project.json") as file:
    it = json.load(file)
assert it == {
    "project_id": "", "project_name": "", "description": "",
    "environment": "development", "workspace_id": "", "workspace_name": "",
    "last_pull": "", "last_push": "", "theirs": {"a": [1]},
    "storage_mode": 1}, it
PYTHON
  # And the directory can mean another one.
  agentsecrets project create -q web
  agentsecrets set -q NEW=1
  run -0 agentsecrets env --dry-run -- true
  [ "$output" = NEW ]
}

@test "a deletion that ended early is completed by the next" {
  two_projects
  # The server took it, this machine was ended before it did anything.
  cp -a "$AGENTSECRETS_HOME" ../kept
  cp -a .agentsecrets ../kept-project
  agentsecrets project delete -qy
  cp -a ../kept/trust ../kept/vault "$AGENTSECRETS_HOME"
  cp -a ../kept-project/. .agentsecrets
  run -2 agentsecrets project delete
  at_terminal "expect:The server has no project 'web' any more." \
    "expect:(workspace 'Personal', 3 secrets: " 'send:web\n' \
    -- agentsecrets project delete
  assert_status 0
  assert_match "removed what this machine kept of project 'web'"
  [ -z "$(find "$AGENTSECRETS_HOME/vault" -name "$WEB*")" ]
  run ! grep -r "$WEB" "$AGENTSECRETS_HOME/trust" .agentsecrets
  run -1 agentsecrets project delete -y web
  assert_one_error "no project 'web'"
}

@test "kill -9 at every replaced file: the same words complete it" {
  local n
  two_projects
  cp -a "$AGENTSECRETS_HOME" ../kept
  cp -a .agentsecrets ../kept-project
  for n in 1 2 3 4 5; do
    rm -rf "$AGENTSECRETS_HOME" .agentsecrets
    cp -a ../kept "$AGENTSECRETS_HOME"
    cp -a ../kept-project .agentsecrets
    run strace -o /dev/null -e trace=unlinkat,renameat,fsync \
      -e inject="fsync:signal=KILL:when=$n" agentsecrets project delete -qy web
    [ "$status" = 0 ] || [ "$status" = 137 ] || fail "$output"
    run agentsecrets project delete -qy web
    [ "$status" = 0 ] || assert_one_error "no project 'web'"
    [ -z "$(find "$AGENTSECRETS_HOME/vault" -name "$WEB*")" ]
    run ! grep -r "$WEB" "$AGENTSECRETS_HOME/trust" .agentsecrets
  done
}

@test "no such project, too long a name, no account" {
  run -3 agentsecrets project delete -y web
  assert_one_error 'there is no account'
  new_account web
  run -1 agentsecrets project delete -y other
  assert_one_error "no project 'other'"
  assert_match "hint: 'agentsecrets project list'"
  run -2 agentsecrets project delete -y "$(printf 'a%.0s' {1..300})"
  assert_one_error 'so long a name'
  run -2 agentsecrets project delete -y a b
  assert_one_error 'one too many'
}

@test "the server cannot be reached, and somebody who may not" {
  start_server
  new_team web
  agentsecrets set -q KEY=value
  sqlite3 "$SERVER_DATA/data.sqlite" "UPDATE membership SET role = 'member'"
  run -1 agentsecrets project delete -y
  assert_one_error 'the server says: Only workspace owners and admins'
  run -0 agentsecrets get KEY
  stop_server || :
  run -4 agentsecrets project delete -y
  assert_one_error 'cannot reach'
  run -0 agentsecrets get KEY
}

@test "the values in the keychain go with it, and those of others stay" {
  local other
  start_keyring
  two_projects
  other=$(id_of keep)
  run secret_service get "$WEB:production:C"
  [ "$output" = 3 ]
  # As the first clients called it, and by another program.
  printf x | secret_service store "Secret_${WEB}_OLD"
  printf x | secret_service store "$WEB:staging:THEIRS"
  run -0 agentsecrets project delete --yes
  for entry in "$WEB:development:A" "$WEB:development:B" "$WEB:production:C" \
    "$WEB:staging:THEIRS" "Secret_${WEB}_OLD"; do
    run ! secret_service get "$entry"
  done
  run -0 secret_service get "$other:development:KEEP"
  [ "$output" = 1 ]
}

@test "a keychain that is away: the rest waits for it" {
  start_keyring
  two_projects
  lock_keyring
  run agentsecrets project delete --yes
  [ "$status" != 0 ]
  assert_one_error 'deleted on the server, but not all of it is removed here: '
  assert_match "hint: run 'agentsecrets project delete $WEB' again"
  unlock_keyring
  run -0 agentsecrets project delete --yes "$WEB"
  assert_match "removed what this machine kept of project 'web'"
  run ! secret_service get "$WEB:development:A"
  run ! grep -r "$WEB" "$AGENTSECRETS_HOME/trust" .agentsecrets
}
