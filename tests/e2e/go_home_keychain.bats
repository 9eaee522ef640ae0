#!/usr/bin/env bats
# Homes of the Go clients whose keys lie in a keychain: those of version 1 have
# the session and workspace keys in files, those of version 3 nothing.
# long with sanitizers
# shellcheck disable=SC2016
load lib
remember_passwords
load keychain

setup() {
  fresh_home
  start_server
  start_keyring
  export SERVER_URL SYSTEM_PYTHON
  PASSWORD_FILE=$HOME/password
  random_canary "$PASSWORD_FILE" 24
}

teardown() { end_all; }

go() { "$SYSTEM_PYTHON" "$BATS_TEST_DIRNAME/go_client.py" "$@"; }

adopt() {
  agentsecrets init --adopt --server "$SERVER_URL" \
    --password-file "$PASSWORD_FILE" "$@"
}

theirs() { sha256sum "$AGENTSECRETS_HOME"/{config,token}.json; }

# their_items: the items of that client with their values.
their_items() {
  local workspace
  for workspace in $(grep -oE '"[0-9a-f-]{36}": \{' \
    "$AGENTSECRETS_HOME/config.json" | tr -d '": {'); do
    echo "$workspace $(secret_service get "workspace_key_$workspace")"
  done
  secret_service get Alice@Example.com_private_key
  secret_service get user_tokens
}

@test "version 3: everything is in the keychain, and stays there" {
  local files items
  go register go3 "$PASSWORD_FILE" Personal Team
  go project web Team
  printf value | go set KEY
  run -0 agentsecrets status
  assert_line 'workspaces   2, the keys of 0 in config.json'
  assert_line 'session      in the keychain, if anywhere'
  assert_line 'key          in the keychain, if anywhere'
  files=$(theirs)
  items=$(their_items)
  run -0 adopt
  assert_line 'workspaces  Personal, Team'
  assert_line 'key store   keychain'
  [ "$(theirs)" = "$files" ]
  [ "$(their_items | cut -d' ' -f1)" = "$(cut -d' ' -f1 <<<"$items")" ]
  # Nothing asks for the password.
  agentsecrets trust >&2
  run -0 agentsecrets env -q -- sh -c 'echo "$KEY"'
  [ "$output" = value ]
  agentsecrets set KEY=ours >&2
  [ "$(go get KEY)" = ours ]
  printf theirs | go set KEY
  agentsecrets pull -q
  [ "$(agentsecrets get KEY)" = theirs ]
}

@test "version 1: keys in keychain and config.json, session in token.json" {
  local files
  go register go1 "$PASSWORD_FILE" Personal Team
  go project web Personal
  printf value | go set KEY
  files=$(theirs)
  run -0 adopt
  assert_line 'workspaces  Personal, Team'
  assert_line 'key store   keychain'
  [ "$(theirs)" = "$files" ]
  agentsecrets trust >&2
  run -0 agentsecrets env -q -- sh -c 'echo "$KEY"'
  [ "$output" = value ]
  # The session is used where that client keeps it.
  [ "$(theirs)" = "$files" ]
  [ "$(go get KEY)" = value ]
}

@test "--key-store sealed: the session is shared all the same" {
  go register go3 "$PASSWORD_FILE"
  go project web "Alice's Workspace"
  printf value | go set KEY
  run -0 adopt --key-store sealed
  assert_line 'key store   sealed'
  export AGENTSECRETS_PASSWORD_FILE=$PASSWORD_FILE
  agentsecrets trust >&2
  run -0 agentsecrets env -q -- sh -c 'echo "$KEY"'
  [ "$output" = value ]
  [ "$(go get KEY)" = value ]
}

# expire FILE: the access token of a session is over; its refresh is not.
expired() {
  "$SYSTEM_PYTHON" -c 'import json, sys
it = json.load(sys.stdin)
it["access_token"] = "over"
print(json.dumps(it), end="")'
}

@test "a refresh reaches the other client, whose session it is" {
  go register go3 "$PASSWORD_FILE"
  go project web "Alice's Workspace"
  printf value | go set KEY
  adopt -q
  agentsecrets trust >&2
  secret_service get user_tokens | expired >session
  secret_service store user_tokens <session
  agentsecrets pull -q
  [ "$(go get KEY)" = value ]
  run -0 secret_service count user_tokens
  [ "$output" = 1 ]
  [ "$(cat "$AGENTSECRETS_HOME/token.json")" = '{}' ]
}

@test "a refresh of version 1's session goes to token.json" {
  go register go1 "$PASSWORD_FILE"
  go project web "Alice's Workspace"
  printf value | go set KEY
  adopt -q
  agentsecrets trust >&2
  expired <"$AGENTSECRETS_HOME/token.json" >session
  cp session "$AGENTSECRETS_HOME/token.json"
  agentsecrets pull -q
  run ! grep -q over "$AGENTSECRETS_HOME/token.json"
  [ "$(go get KEY)" = value ]
  run -0 secret_service count user_tokens
  [ "$output" = 0 ]
}

@test "the other client is updated between our commands" {
  local store
  for store in sealed config keychain; do
    rm -rf "$AGENTSECRETS_HOME" .agentsecrets "$HOME/go.json"
    stop_server
    start_server "server-$store"
    export SERVER_URL
    set_settings '{"session_cache": 0}'
    unset AGENTSECRETS_PASSWORD_FILE
    secret_service delete user_tokens || :
    go register go1-file "$PASSWORD_FILE" Personal Team
    go project web Team
    printf value | go set KEY
    adopt -q --key-store "$store"
    export AGENTSECRETS_PASSWORD_FILE=$PASSWORD_FILE
    agentsecrets trust >&2
    agentsecrets pull -q
    agentsecrets set MINE=1 >&2
    # Keys and session go to the keychain, files are shredded.
    go rewrite go3
    [ ! -e "$AGENTSECRETS_HOME/keyring.json" ]
    run -0 agentsecrets env -q -- sh -c 'echo "$KEY $MINE"'
    [ "$output" = 'value 1' ] || fail "$store" "$output"
    agentsecrets set MINE="$store" >&2 || fail "$store"
    [ "$(go get MINE)" = "$store" ]
    run -0 agentsecrets whoami
    run -0 agentsecrets pull -q
  done
}

@test "a locked keychain: the reason, and nothing is written" {
  go register go3 "$PASSWORD_FILE"
  lock_keyring
  run -3 adopt
  assert_one_error "the private key of 'Alice@Example.com' is not in keyring.json, and the keychain cannot be used: .*locked"
  [ ! -e "$AGENTSECRETS_HOME/account.json" ]
  [ ! -e "$AGENTSECRETS_HOME/trust" ]
  unlock_keyring
  run -0 adopt
}

@test "damaged items: each its own sentence" {
  go register go3 "$PASSWORD_FILE"
  secret_service get Alice@Example.com_public_key >public
  printf AAAA | secret_service store Alice@Example.com_public_key
  run -1 adopt
  assert_one_error "item 'Alice@Example.com_public_key' is damaged"
  head -c 31 /dev/zero | cat - <(printf x) | base64 -w0 |
    secret_service store Alice@Example.com_public_key
  run -6 adopt
  assert_one_error 'does not belong to the public key'
  secret_service store Alice@Example.com_public_key <public
  printf xyz | secret_service store Alice@Example.com_private_key
  run -1 adopt
  assert_one_error "item 'Alice@Example.com_private_key' is damaged"
  secret_service delete Alice@Example.com_private_key
  run -3 adopt
  assert_one_error 'not in keyring.json, and not in the keychain'
  [ ! -e "$AGENTSECRETS_HOME/trust" ]
}

@test "a workspace key that is no key is one that is not there" {
  local workspace
  go register go3 "$PASSWORD_FILE" Personal Team
  workspace=$(agentsecrets status >/dev/null; "$SYSTEM_PYTHON" -c 'import json, sys
it = json.load(open(sys.argv[1]))["workspaces"]
print(next(k for k in it if it[k]["name"] == "Team"))' \
    "$AGENTSECRETS_HOME/config.json")
  printf nothing | secret_service store "workspace_key_$workspace"
  run -0 --separate-stderr adopt
  assert_line 'workspaces  Personal'
  # shellcheck disable=SC2154
  [[ $stderr == *"the key of workspace 'Team' is not in this home"* ]] ||
    fail "$stderr"
}

@test "killed at every step, with the keychain" {
  local n=0
  go register go1 "$PASSWORD_FILE" Personal Team
  go project web Team
  printf value | go set KEY
  cp -a "$AGENTSECRETS_HOME" "$BATS_TEST_TMPDIR/before"
  before=$(theirs)
  while n=$((n + 1)); do
    rm -r "$AGENTSECRETS_HOME"
    cp -a "$BATS_TEST_TMPDIR/before" "$AGENTSECRETS_HOME"
    strace -o "$BATS_TEST_TMPDIR/trace" \
      -e trace=rename,renameat,renameat2,sendto \
      -e "inject=rename,renameat,renameat2,sendto:signal=KILL:when=$n" \
      agentsecrets init --adopt --server "$SERVER_URL" \
      --password-file "$PASSWORD_FILE" >"$BATS_TEST_TMPDIR/log" 2>&1 && break
    [ ! -e "$AGENTSECRETS_HOME/account.json" ] || continue
    [ "$(theirs)" = "$before" ]
    adopt -q
    [ "$(theirs)" = "$before" ]
    run -0 secret_service count Alice@Example.com_private_key
    [ "$output" = 1 ]
  done
  [ "$n" -gt 5 ] || fail "only $n steps"
  agentsecrets trust >&2
  [ "$(agentsecrets get KEY)" = value ]
}
