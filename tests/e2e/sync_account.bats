#!/usr/bin/env bats
# Sessions, servers, projects and directories of an account at a server.
# long with sanitizers
load lib
load team

setup() {
  start_server
  start_recording
}
teardown() { end_all; }

token() {
  sed -nE "s/.*\"$1_token\": *\"([^\"]*)\".*/\1/p" \
    "$AGENTSECRETS_HOME/token.json"
}

# ask TOKEN: the status of a request with that access token.
ask() {
  curl -s -o /dev/null -w '%{http_code}\n' -H "Authorization: Bearer $1" \
    "$SERVER_URL/api/workspaces/"
}

database() { sqlite3 -cmd '.timeout 5000' "$SERVER_DATA/data.sqlite" "$1"; }

# json KEY: a member of the output, which must be one JSON object.
json() {
  python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' \
    "$1" <<<"$output"
}

@test "logout ends the session at the server; login begins another" {
  local old
  new_team
  agentsecrets set KEY=value
  old=$(token access)
  [ "$(ask "$old")" = 200 ]
  agentsecrets logout
  [ ! -e "$AGENTSECRETS_HOME/token.json" ]
  [ "$(ask "$old")" = 401 ]
  run agentsecrets pull
  assert_status 3
  assert_one_error 'not logged in'
  assert_line "hint: run 'agentsecrets login'"
  # What is here stays here.
  run agentsecrets get KEY
  assert_line value
  # Server and e-mail are known.
  run agentsecrets login
  assert_status 0
  agentsecrets pull
  [ "$(ask "$(token access)")" = 200 ]
  [ "$(token access)" != "$old" ]
}

@test "a login while logged in is a second session" {
  local old
  new_team
  old=$(token access)
  agentsecrets login
  [ "$(token access)" != "$old" ]
  agentsecrets pull
}

@test "logout without a server to tell says so and forgets the session" {
  new_team
  kill "$SERVER_PID"
  wait "$SERVER_PID" || :
  run agentsecrets logout
  assert_status 0
  assert_match 'warning: the server could not be told'
  [ ! -e "$AGENTSECRETS_HOME/token.json" ]
}

@test "logout --forget leaves nothing of the account" {
  new_team
  agentsecrets set KEY=value
  run agentsecrets logout --forget
  assert_status 2
  assert_one_error 'give --yes'
  agentsecrets logout --forget --yes
  run find "$AGENTSECRETS_HOME" -type f ! -name '*lock' ! -name settings.json \
    ! -name config.json ! -name audit.log
  [ -z "$output" ]
  run ! grep -q alice "$AGENTSECRETS_HOME/config.json"
  run agentsecrets status
  assert_status 0
  assert_match 'none'
}

@test "two machines of an account show the same numbers" {
  start_server
  new_team
  agentsecrets whoami >"$BATS_TEST_TMPDIR/one.whoami"
  agentsecrets whoami --json >"$BATS_TEST_TMPDIR/one.json"
  next_machine two >"$BATS_TEST_TMPDIR/import"
  agentsecrets whoami | diff "$BATS_TEST_TMPDIR/one.whoami" -
  agentsecrets whoami --json | diff "$BATS_TEST_TMPDIR/one.json" -
  # What the import printed can be compared with it.
  grep -qE "^workspace +Alice's workspace: key of 20[^ ]*, number [0-9 ]{35}$" \
    "$BATS_TEST_TMPDIR/one.whoami"
  grep -qxF "$(grep '^workspace' "$BATS_TEST_TMPDIR/one.whoami")" \
    "$BATS_TEST_TMPDIR/import"
}

@test "whoami and status, for people and programs" {
  new_team
  agentsecrets set A=1 B=2
  run agentsecrets whoami
  assert_status 0
  assert_line 'account     alice@example.com'
  assert_line 'name        Alice Liddell'
  assert_line "server      $TEAM_URL"
  assert_match 'identity +asu1_'
  run agentsecrets whoami --json
  [ "$(json email)" = alice@example.com ]
  [ "$(json has_key)" = True ]
  run agentsecrets status --json
  assert_status 0
  [ "$(json has_account)" = True ]
  [ "$(json project)" = web ]
  [ "$(json environment)" = development ]
  [ "$(json secrets)" = 2 ]
  [ "$(json has_session)" = True ]
  [ "$(json unlocked)" = False ]
  run agentsecrets status -e production --json
  [ "$(json environment)" = production ]
  # No server is asked.
  requests >/dev/null
  kill "$SERVER_PID"
  run agentsecrets status
  assert_status 0
  assert_match 'vault +2 secrets, '
  [ -z "$(requests)" ]
}

@test "unlock keeps the key, lock drops it" {
  local uid
  needs_root
  command -v keyctl >/dev/null
  new_team
  agentsecrets set KEY=value
  set_settings '{"session_cache": 3600}'
  uid=$(other_uid)
  give_to "$uid"
  unset AGENTSECRETS_PASSWORD_FILE
  run as_user "$uid" agentsecrets get KEY
  assert_status 3
  assert_one_error 'locked'
  run as_user "$uid" agentsecrets unlock --password-file "$PASSWORD_FILE"
  assert_status 0
  assert_line 'unlocked for 60 minutes'
  run as_user "$uid" agentsecrets status --json
  [ "$(json unlocked)" = True ]
  run as_user "$uid" agentsecrets get KEY
  assert_status 0
  assert_line value
  as_user "$uid" agentsecrets lock
  run as_user "$uid" agentsecrets get KEY
  assert_status 3
  # logout drops it as well.
  as_user "$uid" agentsecrets unlock --password-file "$PASSWORD_FILE"
  as_user "$uid" agentsecrets logout
  run as_user "$uid" agentsecrets get KEY
  assert_status 3
}

@test "server get, set and status" {
  fresh_home
  run agentsecrets server get
  assert_line embedded
  agentsecrets server set "$TEAM_URL/"
  run agentsecrets server get
  assert_line "$TEAM_URL"
  run agentsecrets server status --json
  assert_status 0
  [ "$(json server)" = "$TEAM_URL" ]
  [[ $(json extensions) == *versions* ]]
  # init and login take it from there.
  random_canary password 24
  agentsecrets init --email alice@example.com --name 'A L' \
    --password-file password
  run agentsecrets whoami
  assert_line "server      $TEAM_URL"
  run agentsecrets server set embedded
  assert_status 3
  assert_one_error 'stays with its server'
  run env AGENTSECRETS_SERVER_URL=https://other.example.com agentsecrets login
  assert_status 3
  assert_one_error "'https://other.example.com' is asked for.*'$TEAM_URL'"
  run agentsecrets server set http://far.example.com
  assert_status 2
}

@test "project create, list and use" {
  new_team one
  mkdir two
  cd two
  run agentsecrets project create two
  assert_status 0
  run agentsecrets project list
  [ "$output" = $'one\ntwo' ]
  run agentsecrets project list --json
  assert_match '"name": *"two"'
  run agentsecrets project create one
  assert_status 5
  assert_one_error "^agentsecrets: workspace .* has a project 'one' already$"
  assert_match "hint: .*'agentsecrets project use one'"
  run agentsecrets project use nope
  assert_status 1
  assert_one_error "no project 'nope'"
  run agentsecrets project create 'No Such!'
  assert_status 2
  # Binding a bound directory says what it was.
  run agentsecrets project use one
  assert_status 0
  assert_line "before it was 'two'"
  cd "$HOME"
  run agentsecrets project create home
  assert_status 1
  assert_one_error 'the home directory itself'
}

@test "trust and trust --remove" {
  new_team
  agentsecrets set KEY=value
  run agentsecrets trust --remove
  assert_status 0
  run agentsecrets get KEY
  assert_status 3
  assert_one_error 'is not trusted yet'
  run agentsecrets env -- true
  assert_status 125
  requests >/dev/null
  run agentsecrets push .env
  assert_status 3
  [ -z "$(requests)" ]
  run agentsecrets trust
  assert_status 0
  assert_match "means project 'web'"
  run agentsecrets get KEY
  assert_line value
  # Another project in the file is another question.
  sed -i 's/"project_id": *"........-/"project_id": "00000000-/' \
    .agentsecrets/project.json
  run agentsecrets get KEY
  assert_status 3
  assert_one_error 'now names another project'
}

@test "an access token that has expired is renewed once, unseen" {
  local old
  new_team
  old=$(token refresh)
  database "UPDATE token SET expires_at = 1 WHERE kind = 'access'"
  requests >/dev/null
  run agentsecrets set KEY=value
  assert_status 0
  [ "$output" = 'stored KEY in web/development' ]
  run requests
  [ "$(grep -c 'POST /api/auth/refresh/' <<<"$output")" = 1 ]
  [ "$(grep -c 'POST /api/secrets/' <<<"$output")" = 2 ]
  [ "$(token refresh)" != "$old" ]
  [ "$(stat -c %a "$AGENTSECRETS_HOME/token.json")" = 600 ]
  agentsecrets pull
  run requests
  [[ $output != *refresh* ]]
}

@test "commands at once with an expired token renew it once" {
  local n pids=()
  new_team
  database "UPDATE token SET expires_at = 1 WHERE kind = 'access'"
  requests >/dev/null
  for n in 1 2 3 4; do
    agentsecrets set "KEY_$n=value" &
    pids+=($!)
  done
  for n in "${pids[@]}"; do
    wait "$n"
  done
  run requests
  [ "$(grep -c 'POST /api/auth/refresh/' <<<"$output")" = 1 ]
  run agentsecrets list
  [ "${#lines[@]}" = 4 ]
}

@test "a session that is over says so" {
  new_team
  database 'DELETE FROM token'
  run agentsecrets pull
  assert_status 3
  assert_one_error 'session'
  assert_line "hint: run 'agentsecrets login'"
  agentsecrets login
  agentsecrets pull
}
