# agentsecrets doctor: the key stores, and the values that follow the vault.
# long with sanitizers
load lib
remember_passwords
load keychain
load key_store
load doctor

setup() { doctor_setup; }

teardown() { end_all; }

# in_store STORE: an account with a secret; sets PROJECT, its project's id.
in_store() {
  new_account web --key-store "$1"
  PROJECT=$(jq_text .project_id <.agentsecrets/project.json)
  agentsecrets set -q A=1 2>/dev/null
}

entry() { printf '%s:development:%s' "$PROJECT" "$1"; }
item() { secret_service get "$(entry "$1")"; }
clear_item() { secret_service delete "$(entry "$1")"; }
# set_old_item NAME VALUE: as the first clients, without an environment.
set_old_item() { printf %s "$2" | secret_service store "Secret_${PROJECT}_$1"; }
old_item() { secret_service get "Secret_${PROJECT}_$1"; }

healthy() {
  look "$@"
  [ "$STATUS" = 0 ]
  ! grep -qE '"level":"(warning|problem)"' "$BATS_TEST_TMPDIR/report" ||
    fail "$(cat "$BATS_TEST_TMPDIR/report")"
  ! grep -qE '"repaired":true|"repairable":true' "$BATS_TEST_TMPDIR/report" ||
    fail "$(cat "$BATS_TEST_TMPDIR/report")"
}

@test 'a healthy home with its keys in a keychain' {
  start_keyring
  in_store keychain
  healthy
  finding keys keychain 'answers and is unlocked'
  finding keys copies
  [ "$LEVEL" = ok ]
  finding values behind 'keychain has the values of web/development'
  healthy --repair
}

@test 'a keychain that cannot be used: each reason, and nobody is asked' {
  start_keyring
  in_store keychain
  DBUS_SESSION_BUS_ADDRESS='' found warning keys keychain 'no session bus'
  lock_keyring
  SECONDS=0
  # A display would mean that a window comes up.
  DISPLAY=:9 found warning keys keychain 'locked'
  [ "$SECONDS" -lt 5 ]
  unlock_keyring
  stop_keyring
  found warning keys keychain
  # One whose window nobody would answer.
  start_fake_keyring locked
  DISPLAY=:9 run timeout 10 agentsecrets doctor
  assert_status 0
  assert_match 'keychain cannot be used, .* locked'
  run ! grep -q Prompt "$FAKE_CALLS"
  stop_keyring
  start_fake_keyring silent
  found problem keys keychain
  no_finding keys copies
}

@test 'a silent keychain and a silent server take less than ten seconds' {
  start_keyring
  start_server
  new_account web --key-store keychain --server "$SERVER_URL" \
    --email a@example.com --name 'A B'
  look
  finding server session 'takes the session'
  kill -STOP "$PROVIDER_PID" "$SERVER_PID"
  SECONDS=0
  agentsecrets doctor --json >"$BATS_TEST_TMPDIR/report" || STATUS=$?
  [ "$SECONDS" -lt 10 ]
  [ "$STATUS" = 1 ]
  finding keys keychain 'does not answer'
  finding server reachable 'timed out'
  kill -CONT "$PROVIDER_PID" "$SERVER_PID"
}

@test 'items that are missing or of another key are written anew' {
  start_keyring
  in_store keychain
  secret_service delete "workspace_key_$(workspace)"
  found warning keys copies "the key of workspace 'Personal'"
  # Nothing was changed, not even what could be.
  [ "$(secret_service count "workspace_key_$(workspace)")" = 0 ]
  mends keys copies
  in_keychain
  head -c 32 /dev/urandom | base64 | tr -d '\n' |
    secret_service store "workspace_key_$(workspace)"
  found warning keys copies "the key of workspace 'Personal'"
  mends keys copies
  in_keychain
  forget_items
  found warning keys copies 'the private key, the public key, the key of'
  mv "$PASSWORD_FILE" "$PASSWORD_FILE.away"
  AGENTSECRETS_PASSWORD_FILE='' look --repair
  finding keys copies
  [[ $HINT == *--password-file* ]] || fail "$HINT"
  mv "$PASSWORD_FILE.away" "$PASSWORD_FILE"
  found warning keys copies 'the private key'
  mends keys copies
  in_keychain
}

@test 'a private key of somebody else stays in the keychain' {
  start_keyring
  in_store keychain
  head -c 32 /dev/urandom | base64 | tr -d '\n' >"$BATS_TEST_TMPDIR/other"
  secret_service store "$(email)_private_key" <"$BATS_TEST_TMPDIR/other"
  found warning keys another_key
  look --repair
  [ "$(secret_service get "$(email)_private_key")" = \
    "$(cat "$BATS_TEST_TMPDIR/other")" ]
}

@test 'of several items with one name the newest is left' {
  start_keyring
  in_store keychain
  secret_service get "$(entry A)" >"$BATS_TEST_TMPDIR/value"
  secret_service add "$(entry A)" '{"other": "client"}' \
    <"$BATS_TEST_TMPDIR/value"
  [ "$(secret_service count "$(entry A)")" = 2 ]
  found warning keys doubled ":A'"
  mends keys doubled
  [ "$(secret_service count "$(entry A)")" = 1 ]
  [ "$(item A)" = 1 ]
}

@test 'a change of the key store that was killed is ended' {
  start_keyring
  in_store sealed
  python3 - "$AGENTSECRETS_HOME/account.json" <<'PY'
import json, sys
account = json.load(open(sys.argv[1]))
account["moving"] = "keychain"
json.dump(account, open(sys.argv[1], "w"))
PY
  found warning keys move "'sealed' and 'keychain'"
  [[ $HINT == *'key-store sealed'* ]]
  mends keys move
  sealed_only
}

@test 'config.json that lost its keys gets them again' {
  in_store config
  healthy
  python3 - "$AGENTSECRETS_HOME/config.json" <<'PY'
import json, sys
config = json.load(open(sys.argv[1]))
for workspace in config["workspaces"].values():
    workspace["key"] = ""
json.dump(config, open(sys.argv[1], "w"))
PY
  found warning keys copies "the store 'config' lacks"
  mends keys copies
  in_config
}

@test 'values that the keychain does not have yet are brought there' {
  start_keyring
  in_store keychain
  agentsecrets set -q B=2 2>/dev/null
  clear_item A
  found warning values behind 'web/development .* yet: A$'
  mends values behind
  [ "$(item A)" = 1 ]
  # A set that was stopped between vault and items.
  stop_keyring
  run agentsecrets set B=3
  assert_status 1
  start_keyring
  found warning values behind 'yet: B$'
  mends values behind
  [ "$(item B)" = 3 ]
}

@test 'items of the first clients get the names of today' {
  start_keyring
  in_store keychain
  clear_item A
  set_old_item A 1
  found note values old_names ': A$'
  mends values old_names
  [ "$(item A)" = 1 ]
  run old_item A
  [ "$status" != 0 ]
  # Another value under the old name is nobody's to remove.
  set_old_item A other
  found note values old_values ': A$'
  look --repair
  [ "$(old_item A)" = other ]
  [ "$(item A)" = 1 ]
}

@test 'the file of storage mode 2 that is behind the vault is renewed' {
  new_account web --storage-mode 2
  agentsecrets set -q A=1 2>/dev/null
  chmod 0500 "$WORK"
  if touch "$WORK/x" 2>/dev/null; then
    chmod 0700 "$WORK"
    rm -f "$WORK/x" .env.development
    mkdir .env.development
    run agentsecrets set A=2
    assert_status 1
    rmdir .env.development
  else
    run agentsecrets set A=2
    chmod 0700 "$WORK"
  fi
  found warning values behind 'in the file yet: A'
  mends values behind
  grep -q '^A=.*2' .env.development
}

@test 'a name that was noted and never came is no change of this machine' {
  local file
  start_keyring
  in_store keychain
  file=$(find "$AGENTSECRETS_HOME/vault" -name '*.development')
  # A set that was killed when it had written this and not yet the vault.
  {
    printf 'agentsecrets-vault 1\n'
    sed -n 2p "$file"
    printf 'pulled 0 0\ndeleted NEW 1 1 0 %s\n' \
      "$(head -c 28 /dev/zero | base64)"
  } >"$file.local"
  printf 'end %s\n' "$(sha256sum "$file.local" | cut -d' ' -f1)" \
    >>"$file.local"
  chmod 0600 "$file.local"
  found warning values behind 'web/development .* yet: NEW$'
  mends values behind
  ! grep NEW "$file.local"
}

@test 'killed in the middle of mending the keychain, the next completes it' {
  start_keyring
  in_store keychain
  local i
  for i in 1 2 3 4 5 6; do
    forget_items
    clear_item A
    agentsecrets doctor --repair -y >/dev/null 2>&1 &
    sleep "0.$((i * 9 / 10))$((i * 9 % 10))"
    kill -9 $! 2>/dev/null || :
    wait $! 2>/dev/null || :
    agentsecrets doctor --repair -y >/dev/null
    in_keychain
    [ "$(item A)" = 1 ]
  done
  healthy
}
