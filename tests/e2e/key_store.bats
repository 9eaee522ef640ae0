#!/usr/bin/env bats
# Where copies of the keys, and the session, lie: the three stores with a real
# keychain, what reading does when a copy is missing or wrong, and what
# logging in, logging out and forgetting leave.
# long with sanitizers
load lib
remember_passwords
load keychain
load team
load key_store

setup() { fresh_home; }
teardown() { end_all; }

@test "init takes the keychain where there is one, and nothing needs a password" {
  start_keyring
  run --separate-stderr new_account web --json
  assert_status 0
  [ -z "$stderr" ]
  [ "$(jq_text .key_store <<<"$output")" = keychain ]
  in_keychain
  # As other clients write and find them.
  run secret_service show "workspace_key_$(workspace)"
  assert_line "label Password for 'workspace_key_$(workspace)' on 'AgentSecrets'"
  assert_line "attributes {\"service\": \"AgentSecrets\", \"username\": \"workspace_key_$(workspace)\"}"
  [ "$(secret_service get "$(email)_public_key")" = "$(account_text .public_key)" ]
  unset AGENTSECRETS_PASSWORD_FILE
  agentsecrets set KEY=value
  run --separate-stderr agentsecrets env -- sh -c 'echo "$KEY"'
  assert_status 0
  [ "$output" = value ] && [ -z "$stderr" ]
  agentsecrets pull
  run agentsecrets status
  assert_match 'key +on this machine, in the keychain and under the password'
  [ "$(agentsecrets whoami --json | jq_text .key_store)" = keychain ]
  [ "$(agentsecrets key-store)" = keychain ]
  [ "$(agentsecrets key-store --json | jq_text .key_store)" = keychain ]
}

@test "without a bus or a provider init is silent and sealed" {
  run --separate-stderr new_account ''
  assert_status 0
  [ -z "$stderr" ]
  sealed_only
  agentsecrets logout --forget --yes
  start_bus
  run --separate-stderr new_account ''
  assert_status 0
  [ -z "$stderr" ]
  sealed_only
}

@test "a keychain that is asked for and is not there is an error" {
  run new_account '' --key-store keychain
  assert_status 1
  assert_one_error
  [ ! -e "$AGENTSECRETS_HOME/account.json" ]
  [ ! -e "$AGENTSECRETS_HOME/account.pending" ]
  new_account ''
  run agentsecrets key-store keychain
  assert_status 1
  assert_one_error
  sealed_only
  run agentsecrets key-store vault
  assert_status 2
  assert_one_error "unknown key store 'vault'"
  run agentsecrets init --key-store=vault
  assert_status 2
}

@test "a keychain that is locked is told, unless it is asked for" {
  start_keyring
  lock_keyring
  run --separate-stderr new_account ''
  assert_status 0
  [[ $stderr == *locked*"'agentsecrets key-store keychain'"* ]]
  [ "$(wc -l <<<"$stderr")" = 1 ]
  sealed_only
  agentsecrets logout --forget --yes
  run new_account '' --key-store keychain
  assert_status 3
  assert_one_error locked
  [ ! -e "$AGENTSECRETS_HOME/account.json" ]
}

@test "a keychain that is silent or breaks is told, and leaves no account" {
  start_fake_keyring silent
  run --separate-stderr new_account ''
  assert_status 0
  [[ $stderr == *"'agentsecrets key-store keychain'"* ]]
  [ "$(wc -l <<<"$stderr")" = 1 ]
  agentsecrets logout --forget --yes
  stop_bus
  start_fake_keyring die=CreateItem
  run new_account ''
  assert_status 1
  assert_one_error
  [ ! -e "$AGENTSECRETS_HOME/account.json" ]
  # And it is not for ever: what was begun goes on in another store.
  agentsecrets init --key-store sealed --password-file "$HOME/password"
  sealed_only
}

@test "sealed and config are what one asks for, keychain or not" {
  start_keyring
  new_account '' --key-store sealed
  sealed_only
  [ "$(secret_service count "workspace_key_$(workspace)")" = 0 ]
  agentsecrets logout --forget --yes
  new_account web --key-store config
  in_config
  [ "$(secret_service count "workspace_key_$(workspace)")" = 0 ]
  [ "$(config_text ".workspaces[\"$(workspace)\"].role")" = owner ]
  [ "$(config_text ".workspaces[\"$(workspace)\"].type")" = personal ]
  agentsecrets environment switch staging 2>/dev/null || :
  unset AGENTSECRETS_PASSWORD_FILE
  agentsecrets set KEY=value
  [ "$(agentsecrets env -- sh -c 'echo "$KEY"')" = value ]
  in_config
}

@test "lock says that a copy still opens the keys" {
  start_keyring
  new_account web
  run --separate-stderr agentsecrets lock
  assert_status 0
  [[ $stderr == *'the keychain still opens the keys'* ]]
  agentsecrets key-store config
  run --separate-stderr agentsecrets lock
  [[ $stderr == *'config.json still has the workspace keys'* ]]
  agentsecrets key-store sealed
  run --separate-stderr agentsecrets lock
  [ -z "$stderr" ]
}

@test "a lost keychain costs a password and a line; with no password it is told" {
  start_keyring
  new_account web
  agentsecrets set KEY=value
  stop_bus
  run --separate-stderr agentsecrets env -- sh -c 'echo "$KEY"'
  assert_status 0
  [ "$output" = value ]
  [[ $stderr == 'agentsecrets: warning: the keychain is not used: '* ]]
  [ "$(wc -l <<<"$stderr")" = 1 ]
  run --separate-stderr agentsecrets env -q -- sh -c 'echo "$KEY"'
  [ "$output" = value ] && [ -z "$stderr" ]
  unset AGENTSECRETS_PASSWORD_FILE
  run agentsecrets env -- true
  assert_status 125
  assert_one_error
  assert_line 'hint: the account password opens the keys without it: give --password-file FILE'
  run agentsecrets get KEY
  assert_status 3
  # It needs nothing but account.json and the password.
  set_settings '{"session_cache": 60}'
  agentsecrets unlock --password-file "$PASSWORD_FILE"
  [ "$(agentsecrets env -- sh -c 'echo "$KEY"')" = value ]
  agentsecrets lock
}

@test "a locked keychain likewise" {
  start_keyring
  new_account web
  agentsecrets set KEY=value
  lock_keyring
  run --separate-stderr agentsecrets get KEY
  assert_status 0
  [[ $stderr == 'agentsecrets: warning: the keychain is not used: '*locked* ]]
  unset AGENTSECRETS_PASSWORD_FILE
  run agentsecrets get KEY
  assert_status 3
  assert_one_error locked
  unlock_keyring
  [ "$(agentsecrets get KEY)" = value ]
}

@test "an emptied keychain costs the password; key-store fills it again" {
  start_keyring
  new_account web
  agentsecrets set KEY=value
  forget_items
  run --separate-stderr agentsecrets get KEY
  assert_status 0
  [ "$output" = value ] && [ -z "$stderr" ]
  # Reading does not bring back what was taken away on purpose.
  facts_are keychain sealed
  unset AGENTSECRETS_PASSWORD_FILE
  run agentsecrets get KEY
  assert_status 3
  assert_one_error 'the account password is needed'
  agentsecrets key-store keychain --password-file "$PASSWORD_FILE"
  in_keychain
  [ "$(agentsecrets get KEY)" = value ]
}

@test "a workspace key that is another's is not used, and is renewed" {
  start_keyring
  new_account web
  agentsecrets set KEY=value
  before=$(secret_service get "workspace_key_$(workspace)")
  unset AGENTSECRETS_PASSWORD_FILE
  for wrong in "$(head -c 32 /dev/urandom | base64 -w0)" nonsense ''; do
    printf %s "$wrong" | secret_service store "workspace_key_$(workspace)"
    [ "$(agentsecrets get KEY)" = value ]
    [ "$(secret_service get "workspace_key_$(workspace)")" = "$before" ]
  done
  # What other clients take from a server they keep as its text.
  printf %s "$before" | base64 -w0 |
    secret_service store "workspace_key_$(workspace)"
  [ "$(agentsecrets get KEY)" = value ]
  [ "$(secret_service get "workspace_key_$(workspace)" | base64 -d)" = "$before" ]
}

@test "a private key that is another's opens nothing" {
  start_keyring
  new_account web
  agentsecrets set KEY=value
  secret_service delete "workspace_key_$(workspace)"
  head -c 32 /dev/urandom | base64 -w0 |
    secret_service store "$(email)_private_key"
  unset AGENTSECRETS_PASSWORD_FILE
  run agentsecrets get KEY
  assert_status 3
  assert_one_error 'the account password is needed'
  [ "$(agentsecrets get KEY --password-file "$PASSWORD_FILE")" = value ]
  run agentsecrets key export --out kit --passphrase-file "$PASSWORD_FILE"
  assert_status 3
  # Nor is it written over: there it may be the only one.
  other=$(secret_service get "$(email)_private_key")
  run --separate-stderr agentsecrets key-store keychain \
    --password-file "$PASSWORD_FILE"
  assert_status 0
  [[ $stderr == *'another private key'* ]]
  [ "$(agentsecrets get KEY)" = value ]
  agentsecrets logout
  [ "$(secret_service get "$(email)_private_key")" = "$other" ]
}

@test "config.json: another's key is not used, and other clients may empty it" {
  new_account web --key-store config
  agentsecrets set KEY=value
  python3 - "$AGENTSECRETS_HOME/config.json" <<'PY'
import json, sys
config = json.load(open(sys.argv[1]))
for workspace in config["workspaces"].values():
    workspace["key"] = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
config["theirs"] = {"a": [1]}
json.dump(config, open(sys.argv[1], "w"))
PY
  unset AGENTSECRETS_PASSWORD_FILE
  run agentsecrets get KEY
  assert_status 3
  agentsecrets key-store config --password-file "$PASSWORD_FILE"
  [ "$(agentsecrets get KEY)" = value ]
  [ "$(config_text .theirs.a[0])" = 1 ]
  agentsecrets key-store sealed
  [ "$(config_text ".workspaces[\"$(workspace)\"].key")" = '' ]
  [ "$(config_text .theirs.a[0])" = 1 ]
}

@test "the keychain opens a kit without the password" {
  start_keyring
  new_account ''
  unset AGENTSECRETS_PASSWORD_FILE
  random_canary passphrase 24
  agentsecrets key export --out kit.txt --passphrase-file passphrase
  grep -qE '^[0-9A-Z-]{20}' kit.txt
}

@test "networked: the session is an item; logout takes everything, login brings it" {
  start_keyring
  start_server
  new_account web --server "$SERVER_URL" --email ada@example.com \
    --name 'Ada Byron'
  arrived keychain
  unset AGENTSECRETS_PASSWORD_FILE
  agentsecrets set KEY=value
  agentsecrets project list
  [ "$(agentsecrets status --json | jq_text .has_session)" = true ]
  agentsecrets logout
  [ "$(agentsecrets status --json | jq_text .has_session)" = false ]
  facts_are keychain sealed
  run agentsecrets pull
  assert_status 3
  assert_one_error 'not logged in'
  run agentsecrets env -- true
  assert_status 125
  [ "$(agentsecrets env --password-file "$PASSWORD_FILE" -- \
    sh -c 'echo "$KEY"')" = value ]
  facts_are keychain sealed
  agentsecrets login --password-file "$PASSWORD_FILE"
  arrived keychain
  [ "$(agentsecrets env -- sh -c 'echo "$KEY"')" = value ]
}

@test "a session that is renewed is renewed in the keychain" {
  start_keyring
  start_server
  new_account web --server "$SERVER_URL" --email ada@example.com \
    --name 'Ada Byron'
  secret_service get user_tokens |
    sed 's/"access_token": *"[^"]*"/"access_token":"stale"/' >session
  secret_service store user_tokens <session
  agentsecrets project list
  secret_service get user_tokens >renewed
  run ! cmp -s session renewed
  run ! grep -q '"stale"' renewed
  arrived keychain
  agentsecrets pull
}

@test "login says first that the keychain cannot take the session" {
  start_keyring
  start_server
  new_account '' --server "$SERVER_URL" --email ada@example.com \
    --name 'Ada Byron'
  agentsecrets logout
  stop_bus
  run agentsecrets login
  assert_status 1
  assert_one_error
  assert_match "agentsecrets key-store sealed"
  run agentsecrets key-store sealed
  assert_status 1
  assert_one_error "the store is 'sealed' now"
  agentsecrets login
  [ "$(agentsecrets key-store 2>/dev/null)" = sealed ]
  agentsecrets project list
}

@test "two homes of one user do not exchange sessions" {
  start_keyring
  start_server
  new_account '' --server "$SERVER_URL" --email ada@example.com \
    --name 'Ada Byron'
  arrived keychain
  usual=$AGENTSECRETS_HOME
  export AGENTSECRETS_HOME=$HOME/elsewhere
  set_settings '{"session_cache": 0}'
  new_account '' --server "$SERVER_URL" --email bob@example.com \
    --name 'Bob Byron'
  digits=$(printf %s "$(realpath "$AGENTSECRETS_HOME")" | sha256sum | head -c 16)
  arrived keychain
  [ "$(secret_service count "user_tokens_$digits")" = 1 ]
  agentsecrets project create bobs
  AGENTSECRETS_HOME=$usual agentsecrets project list >list
  [ ! -s list ]
  [ "$(agentsecrets project list | wc -l)" = 1 ]
  # Logging out of one leaves the other.
  agentsecrets logout
  [ "$(secret_service count user_tokens)" = 1 ]
  AGENTSECRETS_HOME=$usual agentsecrets project list
}

@test "the session of another server is none" {
  start_keyring
  start_server one
  new_account '' --server "$SERVER_URL" --email ada@example.com \
    --name 'Ada Byron'
  secret_service get user_tokens >first
  agentsecrets logout --forget --yes
  start_server two
  start_recording
  new_account '' --server "$TEAM_URL" --email ada@example.com \
    --name 'Ada Byron'
  agentsecrets project list
  [ "$(requests | wc -l)" -gt 0 ]
  secret_service store user_tokens <first
  run agentsecrets project list
  assert_status 3
  assert_one_error
  assert_line "hint: run 'agentsecrets login'"
  # The server was not even shown it.
  sleep 0.1
  run ! grep -aqi '^authorization:' "$RECORD/up"
  run ! grep -aqF "$(jq_text .refresh_token <first)" "$RECORD/up"
}

@test "a machine that has no key is sealed until the import, which may choose" {
  start_server
  start_keyring
  new_team
  agentsecrets set KEY=value
  agentsecrets key export --out "$KIT" --passphrase-file "$KIT_PASSPHRASE"
  for store in '' sealed config keychain; do
    another_machine "m$store"
    [ "$(agentsecrets key-store)" = sealed ]
    run agentsecrets key-store keychain
    assert_status 3
    assert_one_error "does not have the key"
    agentsecrets key import "$KIT" --passphrase-file "$KIT_PASSPHRASE" \
      ${store:+--key-store "$store"}
    arrived "${store:-keychain}"
    agentsecrets project use web
    agentsecrets pull
    [ "$(agentsecrets get KEY)" = value ]
  done
}

@test "forgetting takes every item of the account along" {
  start_keyring
  new_account web
  agentsecrets set KEY=value OTHER=value
  project=$(python3 -c 'import json; print(json.load(open(".agentsecrets/project.json"))["project_id"])')
  for name in "$project:development:KEY" "Secret_${project}_KEY" \
    "$project:development:UNKNOWN" "$project:development:KEY:policy"; do
    printf value | secret_service store "$name"
  done
  id=$(workspace) mail=$(email)
  agentsecrets logout --forget --yes
  for name in "workspace_key_$id" "${mail}_private_key" "${mail}_public_key" \
    "$project:development:KEY" "Secret_${project}_KEY"; do
    [ "$(secret_service count "$name")" = 0 ] || fail "$name is left"
  done
  # What this home does not know is not its to take.
  [ "$(secret_service count "$project:development:UNKNOWN")" = 1 ]
  [ "$(secret_service count "$project:development:KEY:policy")" = 1 ]
  [ ! -e "$AGENTSECRETS_HOME/account.json" ]
}

@test "forgetting does not need the keychain, but says what stays there" {
  start_keyring
  new_account web
  stop_bus
  run agentsecrets logout --forget --yes
  assert_status 1
  assert_match 'what the keychain holds stays there'
  [ ! -e "$AGENTSECRETS_HOME/account.json" ]
  [ ! -e "$AGENTSECRETS_HOME/trust" ]
}

@test "an ordinary user with a session of his own" {
  needs_root
  uid=$(id -u nobody) # dbus-daemon wants one that has an entry
  random_canary "$HOME/password" 24
  give_to "$uid"
  run as_user "$uid" env -i PATH="$PATH" LANG=C.UTF-8 HOME="$HOME" \
    TMPDIR="$TMPDIR" XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" \
    dbus-run-session -- bash -euc '
      printf %s word | gnome-keyring-daemon --unlock --components=secrets \
        --control-directory="$XDG_RUNTIME_DIR/keyring" >/dev/null 2>&1
      gdbus wait --session --timeout 10 org.freedesktop.secrets
      cd "$1"
      agentsecrets init --project web --password-file "$HOME/password" >/dev/null
      agentsecrets key-store
      agentsecrets set KEY=value >/dev/null
      agentsecrets env -- sh -c "echo \$KEY"
      agentsecrets key-store sealed
      agentsecrets env --password-file "$HOME/password" -- sh -c "echo \$KEY"
    ' - "$WORK"
  assert_status 0
  [ "$output" = "$(printf 'keychain\nvalue\nsealed\nvalue')" ]
}

@test "no lock is held while a person is asked" {
  fresh_home
  start_fake_keyring works
  new_account web --key-store keychain
  stop_keyring
  start_fake_keyring locked
  for command in 'key-store sealed' logout; do
    # shellcheck disable=SC2086 # words
    start_background asking env DISPLAY=:77 agentsecrets $command
    wait_for 10 grep -q 'waiting for an answer' "$BATS_TEST_TMPDIR/asking.log"
    for lock in lock token.lock items.lock; do
      flock -n "$AGENTSECRETS_HOME/$lock" true || fail "$command holds $lock"
    done
    kill "$BACKGROUND_PID"
    wait "$BACKGROUND_PID" || :
  done
}
