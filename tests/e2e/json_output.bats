#!/usr/bin/env bats
# With --json a command prints one object and nothing else, -q or not, and the
# object says what the text would have said.
load lib
remember_passwords

setup() {
  fresh_home
  by=()
}
teardown() { end_all; }

# prints JSON COMMAND...: exactly that object comes of it, on standard output.
# Where the object has "*", anything but nothing is right.
prints() {
  local wanted=$1
  shift
  run -0 --separate-stderr "${by[@]}" agentsecrets "$@" --json
  # shellcheck disable=SC2154 # run sets them
  python3 - "$wanted" "$output" <<'PYTHON' || fail "$output" "$stderr"
import json, sys

def same(wanted, got):
    if wanted == "*":
        return got not in ("", None, [])
    if isinstance(wanted, dict) and isinstance(got, dict):
        return (list(wanted) == list(got) and
                all(same(wanted[key], got[key]) for key in wanted))
    if isinstance(wanted, list) and isinstance(got, list):
        return len(wanted) == len(got) and all(map(same, wanted, got))
    return wanted == got and type(wanted) is type(got)

wanted, got = map(json.loads, sys.argv[1:])
sys.exit(0 if same(wanted, got) else "not " + sys.argv[1])
PYTHON
}

# made_password: as new_account makes one.
made_password() {
  random_canary "$HOME/password" 24
  export AGENTSECRETS_PASSWORD_FILE=$HOME/password
}

@test "init, with and without a project" {
  made_password
  prints '{"email": "*", "server": "embedded", "workspace": "Personal",
    "key_number": "*", "key_store": "sealed", "project": "web",
    "adopted": false}' \
    init -q --password-file "$HOME/password" --project web
  fresh_home two
  made_password
  prints '{"email": "*", "server": "embedded", "workspace": "Personal",
    "key_number": "*", "key_store": "sealed", "project": "",
    "adopted": false}' init --password-file "$HOME/password"
}

@test "the account at a server, on a second machine" {
  local kit=$BATS_TEST_TMPDIR/kit phrase=$BATS_TEST_TMPDIR/phrase
  start_server
  prints '{"server": "embedded"}' server get
  prints "{\"server\": \"$SERVER_URL\"}" server set "$SERVER_URL/"
  prints "{\"server\": \"$SERVER_URL\"}" server get
  new_account web --email ann@example.com --name 'Ann Other'
  random_canary "$phrase" 24
  agentsecrets key export --out "$kit" --passphrase-file "$phrase"
  cp "$HOME/password" "$BATS_TEST_TMPDIR/password"

  fresh_home two
  export AGENTSECRETS_PASSWORD_FILE=$BATS_TEST_TMPDIR/password
  prints "{\"email\": \"ann@example.com\", \"server\": \"$SERVER_URL\",
    \"has_key\": false, \"pending\": []}" \
    login --server "$SERVER_URL" --email Ann@example.com
  prints '{"key_number": "*", "key_store": "sealed", "workspaces": [{"name": "*", "made_at": "*",
    "key_number": "*"}], "pending": []}' \
    key import "$kit" --passphrase-file "$phrase"
  prints '{"forgotten": false, "server_told": true,
    "keychain_cleared": true}' logout
  prints "{\"email\": \"ann@example.com\", \"server\": \"$SERVER_URL\",
    \"has_key\": true, \"pending\": []}" login -q
  stop_server || :
  prints '{"forgotten": true, "server_told": false,
    "keychain_cleared": true}' logout --forget --yes
}

@test "where the keys are" {
  new_account ''
  prints '{"key_store": "sealed", "also_in": ""}' key-store
  prints '{"key_store": "config", "also_in": ""}' key-store config -q
}

@test "directories and projects" {
  local root
  new_account ''
  root=$(pwd -P)
  prints '{"project": "web", "workspace": "Personal", "before": ""}' \
    project create web -q
  prints '{"project": "app", "workspace": "Personal", "before": "web"}' \
    project create app
  prints '{"project": "web", "workspace": "Personal", "before": "app"}' \
    project use web
  prints '{"projects": [{"id": "*", "name": "app", "workspace": "Personal",
    "description": ""}, {"id": "*", "name": "web", "workspace": "Personal",
    "description": ""}]}' project list
  prints "{\"directory\": \"$root\", \"trusted\": false, \"changed\": true}" \
    trust --remove
  prints "{\"directory\": \"$root\", \"trusted\": true, \"changed\": true,
    \"project\": \"web\", \"workspace\": \"Personal\"}" trust -q
}

@test "changing, pinning and deleting a project" {
  new_account web
  agentsecrets set -q KEY=value
  prints '{"project": "shop", "before": "web", "description": "x",
    "changed": true}' project update --name shop --description x -q
  prints '{"project": "shop", "before": "shop", "description": "x",
    "changed": false}' project update --name shop
  prints '{"project": "shop", "environment": "development", "pinned": true,
    "names": 1, "versions": true, "changed": true}' project pin --versions -q
  prints '{"project": "shop", "environment": "staging", "pinned": false,
    "names": 0, "versions": false, "changed": false}' \
    project pin --remove -e staging
  prints "{\"project\": \"shop\", \"workspace\": \"Personal\",
    \"was_gone\": false, \"secrets\": 1, \"development\": 1, \"staging\": 0,
    \"production\": 0, \"unbound\": \"$(pwd -P)\"}" project delete --yes -q
}

@test "unlock and lock" {
  local uid
  needs_root
  new_account
  set_settings '{"session_cache": 90}'
  uid=$(other_uid)
  give_to "$uid"
  by=(as_user "$uid")
  prints '{"unlocked": true, "seconds": 90}' \
    unlock --password-file "$PASSWORD_FILE"
  prints '{"unlocked": false}' lock -q
}
