#!/usr/bin/env bats
# Homes that the Go clients of the AgentSecrets system set up: recognised,
# taken over, and still theirs afterwards. Without a keychain; go_home_keychain
# is the same with one.
# long with sanitizers
# shellcheck disable=SC2016
load lib
remember_passwords

setup() {
  fresh_home
  start_server
  export SERVER_URL
  PASSWORD_FILE=$HOME/password
  random_canary "$PASSWORD_FILE" 24
}

teardown() { end_all; }

go() { /usr/bin/python3 "$BATS_TEST_DIRNAME/go_client.py" "$@"; }

# go_home [WORKSPACE...]: keys, session and values in files.
go_home() {
  go register go1-file "$PASSWORD_FILE" "$@"
}

adopt() {
  agentsecrets init --adopt --server "$SERVER_URL" \
    --password-file "$PASSWORD_FILE" "$@"
}

# use_password: later commands need not name it.
use_password() { export AGENTSECRETS_PASSWORD_FILE=$PASSWORD_FILE; }

# theirs: what that client has, in one line.
theirs() {
  sha256sum "$AGENTSECRETS_HOME"/{config,token,keyring}.json
}

@test "status says whose home it is, and commands what to do" {
  go_home Personal Team
  go project web Team
  printf value | go set KEY
  run -0 agentsecrets status
  assert_line 'account      Alice@Example.com, of another AgentSecrets client'
  assert_line 'server       not known'
  assert_line 'workspaces   2, the keys of 2 in config.json'
  assert_line 'session      in token.json'
  assert_line 'key          in keyring.json'
  assert_match "init --adopt"
  run -0 agentsecrets status --json
  [[ $output == *'"has_account":false,"other_client":true'* ]] || fail "$output"
  local command
  for command in whoami 'set KEY=x' list 'get KEY' push pull diff unlock \
    'project list' 'project create xy' trust 'key export' logout \
    'login --email a@b.c' "server set $SERVER_URL"; do
    # shellcheck disable=SC2086
    run agentsecrets $command
    [ "$status" = 3 ] || fail "$command: $status" "$output"
    assert_one_error "home of another AgentSecrets client, whose account 'Alice@Example.com'"
    [ "${lines[1]}" = "hint: run 'agentsecrets init --adopt'" ]
  done
  assert_nothing_started 125 'home of another AgentSecrets client' env --
}

@test "plain init does not write over it" {
  local before
  go_home
  before=$(theirs)
  run -2 agentsecrets init --password-file "$PASSWORD_FILE"
  assert_one_error 'is the home of another AgentSecrets client'
  assert_match 'hint: give --adopt'
  [ "$(theirs)" = "$before" ]
  [ ! -e "$AGENTSECRETS_HOME/account.json" ]
  # Where there is nothing to take over.
  fresh_home two
  run -1 agentsecrets init --adopt
  assert_one_error 'there is no account of another AgentSecrets client'
}

@test "on a terminal init asks, and no is no" {
  go_home
  run /usr/bin/python3 "$BATS_TEST_DIRNAME/terminal.py" \
    'expect:Take over the account Alice@Example.com' 'send:n\n' \
    -- agentsecrets init --server "$SERVER_URL"
  assert_status 1
  assert_match 'not set up'
  run /usr/bin/python3 "$BATS_TEST_DIRNAME/terminal.py" \
    'expect:Take over the account Alice@Example.com' 'expect:[Y/n]' \
    'send:\n' 'expect:Password of Alice@Example.com: ' echo:off \
    "file:$PASSWORD_FILE" 'send:\n' \
    -- agentsecrets init --server "$SERVER_URL"
  assert_status 0
  assert_match 'taken over: alice@example.com'
}

@test "taken over: everything is there, and the Go client works on" {
  local before
  go_home Personal Team
  go project web Personal
  printf 'first value' | go set KEY
  before=$(theirs)
  run -0 --separate-stderr adopt
  [ "${lines[0]}" = "taken over: alice@example.com at $SERVER_URL" ]
  assert_line 'workspaces  Personal, Team'
  assert_line 'key store   sealed'
  assert_match '1 values of 1 project wait in keyring.json'
  # shellcheck disable=SC2154
  [[ $stderr == *'can know this account'* ]] || fail "$stderr"
  [ "$(theirs)" = "$before" ]
  use_password
  run -0 agentsecrets status
  assert_line 'account      alice@example.com'
  assert_match 'warning .*key is known to the server'
  grep -q '^me .* exposed$' "$AGENTSECRETS_HOME/trust"
  [ "$(grep -c '^workspace .* 1 .* compat ' "$AGENTSECRETS_HOME/trust")" = 2 ]
  # Their project.json is trusted as any other.
  assert_nothing_started 125 'is not trusted yet' env --
  agentsecrets trust >&2
  run -0 --separate-stderr agentsecrets env -- sh -c 'echo "$KEY"'
  [ "$output" = 'first value' ]
  [[ $stderr == *'written by another client'* ]] || fail "$stderr"
  # Each reads what the other wrote.
  agentsecrets set KEY='second value' MORE=more >&2
  [ "$(go get KEY)" = 'second value' ]
  printf 'third value' | go set KEY
  agentsecrets pull -q
  [ "$(agentsecrets get KEY)" = 'third value' ]
  go delete MORE
  run -0 --separate-stderr agentsecrets pull
  [[ $stderr == *'deleted without a proof'*MORE* ]] || fail "$stderr"
  # And it is no second time.
  run -1 adopt
  assert_one_error 'already set up'
}

@test "the key pair and each workspace key are the ones of the Go client" {
  local public
  go_home Personal Team
  adopt -q
  public=$(/usr/bin/python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))["Alice@Example.com"]["public"])' \
    "$AGENTSECRETS_HOME/keyring.json")
  grep -q "\"public_key\": \"$public\"" "$AGENTSECRETS_HOME/account.json"
  use_password
  agentsecrets key export --passphrase-file "$PASSWORD_FILE" --out kit >&2
  # A second workspace's key opens what the Go client sealed with it.
  go project api Team
  printf other | go set KEY
  agentsecrets trust >&2
  [ "$(agentsecrets get KEY)" = other ]
}

@test "no value, key or password leaks into what is written" {
  mkdir "$BATS_TEST_TMPDIR/secret"
  go_home
  go project web "Alice's Workspace"
  random_canary "$BATS_TEST_TMPDIR/secret/value"
  cp "$PASSWORD_FILE" "$BATS_TEST_TMPDIR/secret/password"
  go set KEY <"$BATS_TEST_TMPDIR/secret/value"
  # That client keeps values itself.
  assert_leak "$BATS_TEST_TMPDIR/secret" "$AGENTSECRETS_HOME/keyring.json"
  adopt -q
  use_password
  agentsecrets trust >&2
  agentsecrets pull -q
  assert_no_leak "$BATS_TEST_TMPDIR/secret" \
    "$AGENTSECRETS_HOME"/{account.json,trust,config.json,vault}
}

@test "the password is checked; without a hash it is taken" {
  go_home
  random_canary wrong 24
  run -3 agentsecrets init --adopt --server "$SERVER_URL" \
    --password-file wrong
  assert_one_error "wrong password: it is not that of 'Alice@Example.com'"
  [ ! -e "$AGENTSECRETS_HOME/account.json" ]
  [ ! -e "$AGENTSECRETS_HOME/trust" ]
  run -3 agentsecrets init --adopt --server "$SERVER_URL"
  assert_one_error 'the account password is needed'
  sed -i '/password_hash/d' "$AGENTSECRETS_HOME/config.json"
  run -0 agentsecrets init --adopt --server "$SERVER_URL" \
    --password-file wrong
  run -3 agentsecrets key export --out kit --passphrase-file wrong \
    --password-file "$PASSWORD_FILE"
  run -0 agentsecrets key export --out kit --passphrase-file wrong \
    --password-file wrong
}

@test "the server is named or in config.json, and never guessed" {
  go_home
  run -2 agentsecrets init --adopt --password-file "$PASSWORD_FILE"
  assert_one_error "which server has the account"
  sed -i "s|^{|{\"server_url\": \"$SERVER_URL\",|" \
    "$AGENTSECRETS_HOME/config.json"
  run -3 agentsecrets init --adopt --server http://127.0.0.1:1 \
    --password-file "$PASSWORD_FILE"
  assert_one_error "server 'http://127.0.0.1:1' is asked for, but config.json"
  run -0 agentsecrets init --adopt --password-file "$PASSWORD_FILE" --json
  [[ $output == *"\"server\":\"$SERVER_URL\""*'"adopted":true'* ]] || fail "$output"
}

@test "what belongs to a new account is refused" {
  local flags
  go_home
  for flags in '--email a@b.c' '--name A' '--storage-mode 2'; do
    # shellcheck disable=SC2086
    run -2 adopt $flags
    assert_one_error "${flags%% *} is for a new account"
  done
  run -0 adopt --project fresh
  assert_line 'project     fresh'
}

@test "--key-store config keeps the keys where the Go client has them" {
  go_home Personal Team
  go project web Team
  printf value | go set KEY
  run -0 adopt --key-store config
  assert_line 'key store   config'
  agentsecrets trust >&2
  # No password is asked for.
  run -0 agentsecrets env -q -- sh -c 'echo "$KEY"'
  [ "$output" = value ]
  [ "$(go get KEY)" = value ]
}

@test "--key-store keychain without one is an error, and nothing is there" {
  go_home
  run -1 adopt --key-store keychain
  assert_one_error 'keychain|bus'
  [ ! -e "$AGENTSECRETS_HOME/account.json" ]
  run -0 adopt
}

@test "a workspace whose key is gone is named, and the rest is taken" {
  go_home Personal Team
  /usr/bin/python3 - "$AGENTSECRETS_HOME/config.json" <<'PYTHON'
import json, sys
path = sys.argv[1]
config = json.load(open(path))
for entry in config["workspaces"].values():
    if entry["name"] == "Team":
        entry["key"] = ""
json.dump(config, open(path, "w"))
PYTHON
  run -0 --separate-stderr adopt
  assert_line 'workspaces  Personal'
  [[ $stderr == *"the key of workspace 'Team' is not in this home"* ]] ||
    fail "$stderr"
}

@test "the key pair is nowhere" {
  go_home
  rm "$AGENTSECRETS_HOME/keyring.json"
  run -3 adopt
  assert_one_error "the private key of 'Alice@Example.com' is not in keyring.json, and the keychain cannot be used"
  assert_match 'hint: .*desktop session'
}

# damage FILE PYTHON: change `it`, the parsed file.
damage() {
  /usr/bin/python3 - "$AGENTSECRETS_HOME/$1" "$2" <<'PYTHON'
import json, sys
path, change = sys.argv[1:]
it = json.load(open(path))
exec(change)
json.dump(it, open(path, "w"))
PYTHON
}

@test "damaged files: each its own sentence, and nothing is written" {
  local file change why
  go_home
  cp -r "$AGENTSECRETS_HOME" "$BATS_TEST_TMPDIR/good"
  while IFS='|' read -r file change why; do
    damage "$file" "$change"
    run -1 adopt
    assert_one_error "$why"
    [ ! -e "$AGENTSECRETS_HOME/account.json" ]
    [ ! -e "$AGENTSECRETS_HOME/trust" ]
    cp "$BATS_TEST_TMPDIR/good"/*.json "$AGENTSECRETS_HOME/"
  done <<'TABLE'
config.json|it["workspaces"] = []|'workspaces' is wrong
config.json|it["workspaces"]["x"] = {}|workspace 'x' is wrong
config.json|next(iter(it["workspaces"].values()))["key"] = "AAAA"|workspace '[0-9a-f-]*' is wrong
config.json|it["password_hash"] = "00"|'password_hash' is wrong
config.json|it["email"] = "x" * 300|'email' is
keyring.json|it["Alice@Example.com"]["private"] = "AAAA"|private key of 'Alice@Example.com' is not 32 bytes
keyring.json|it["Alice@Example.com"]["public"] = "AAAA"|public key of 'Alice@Example.com' is not 32 bytes
keyring.json|it["x"] = 1|has no 'private' text
TABLE
  printf '{"access_token": ' >"$AGENTSECRETS_HOME/token.json"
  run -1 adopt
  assert_one_error 'token.json'
  cp "$BATS_TEST_TMPDIR/good"/*.json "$AGENTSECRETS_HOME/"
  damage keyring.json 'it["Alice@Example.com"]["public"] = ""'
  run -0 adopt
}

@test "keys that do not belong together" {
  go_home
  damage keyring.json 'it["Alice@Example.com"]["public"] = "B" * 42 + "A="'
  run -6 adopt
  assert_one_error 'does not belong to the public key beside it'
  [ ! -e "$AGENTSECRETS_HOME/trust" ]
}

@test "a trust file of another account is not written over" {
  new_account >&2
  cp "$AGENTSECRETS_HOME/trust" "$BATS_TEST_TMPDIR/trust"
  rm -r "$AGENTSECRETS_HOME"
  unset AGENTSECRETS_PASSWORD_FILE
  go_home
  cp "$BATS_TEST_TMPDIR/trust" "$AGENTSECRETS_HOME/trust"
  run -6 adopt
  assert_one_error "trust' is that of another account"
  cmp "$BATS_TEST_TMPDIR/trust" "$AGENTSECRETS_HOME/trust"
}

@test "killed at every step, it is repeated and completes" {
  local n=0 before
  go_home Personal Team
  go project web Team
  printf value | go set KEY
  cp -a "$AGENTSECRETS_HOME" "$BATS_TEST_TMPDIR/before"
  before=$(theirs)
  while n=$((n + 1)); do
    rm -r "$AGENTSECRETS_HOME"
    cp -a "$BATS_TEST_TMPDIR/before" "$AGENTSECRETS_HOME"
    strace -o "$BATS_TEST_TMPDIR/trace" \
      -e trace=rename,renameat,renameat2,fsync \
      -e "inject=rename,renameat,renameat2,fsync:signal=KILL:when=$n" \
      agentsecrets init --adopt --server "$SERVER_URL" \
      --password-file "$PASSWORD_FILE" >"$BATS_TEST_TMPDIR/log" 2>&1 && break
    [ ! -e "$AGENTSECRETS_HOME/account.json" ] || {
      # It was the last step: all is there.
      use_password
      run -0 agentsecrets whoami
      unset AGENTSECRETS_PASSWORD_FILE
      continue
    }
    python3 "$BATS_TEST_DIRNAME/home_check.py" "$AGENTSECRETS_HOME"
    [ "$(theirs)" = "$before" ]
    run -0 agentsecrets status
    assert_match 'of another AgentSecrets client'
    run -3 agentsecrets list
    assert_match 'hint: .*init --adopt'
    adopt -q
    [ "$(theirs)" = "$before" ]
  done
  [ "$n" -gt 4 ] || fail "only $n steps"
  use_password
  agentsecrets trust >&2
  [ "$(agentsecrets get KEY)" = value ]
}

@test "between our commands the Go client rewrites its files" {
  go_home Personal Team
  go project web Team
  printf value | go set KEY
  adopt -q
  use_password
  agentsecrets trust >&2
  agentsecrets pull -q
  # go1 forgets what it does not know.
  damage config.json 'it["server_url"] = "'"$SERVER_URL"'"; it["ours"] = 1'
  go rewrite go1
  run -0 agentsecrets env -q -- sh -c 'echo "$KEY"'
  [ "$output" = value ]
  agentsecrets set KEY=again >&2
  [ "$(go get KEY)" = again ]
  run -0 agentsecrets status
  assert_line "server       $SERVER_URL"
  # What we write into a file that is theirs, they can read.
  agentsecrets project list >&2
  go rewrite go1
  [ "$(go get KEY)" = again ]
}

@test "values of keyring.json are imported, of the project alone" {
  mkdir "$BATS_TEST_TMPDIR/secret"
  random_canary "$BATS_TEST_TMPDIR/secret/value"
  go_home Personal
  go project other Personal
  printf elsewhere | go set OTHER
  rm -r .agentsecrets
  go project web Personal
  go set KEY <"$BATS_TEST_TMPDIR/secret/value"
  printf 'two\nlines' | go set LINES
  # As a very old version wrote it.
  damage keyring.json 'key = next(k for k in it if k.endswith("LINES"))
it[key.replace("LINES", "RAW")] = {"private": "plain old password", "public": ""}'
  go delete KEY
  run -0 adopt
  assert_match '4 values of 2 projects wait in keyring.json'
  use_password
  agentsecrets trust >&2
  agentsecrets pull -q
  run -0 agentsecrets import "$AGENTSECRETS_HOME/keyring.json" --json
  [[ $output == *'"added":["KEY","RAW"]'* ]] || fail "$output"
  agentsecrets get KEY | cmp - "$BATS_TEST_TMPDIR/secret/value"
  [ "$(agentsecrets get LINES)" = $'two\nlines' ]
  [ "$(agentsecrets get RAW)" = 'plain old password' ]
  run -1 agentsecrets get OTHER
  assert_no_leak "$BATS_TEST_TMPDIR/secret" \
    "$AGENTSECRETS_HOME"/{account.json,trust,config.json,vault}
  [ "$(go get RAW)" = 'plain old password' ]
  run -1 agentsecrets import -e staging "$AGENTSECRETS_HOME/keyring.json"
  assert_one_error 'has no values of web/staging'
  damage keyring.json 'it["x"] = {"private": 1}'
  run -1 agentsecrets import "$AGENTSECRETS_HOME/keyring.json"
  assert_one_error keyring.json
}

@test "the session is in a keychain that is not here" {
  go_home Personal
  go project web Personal
  printf value | go set KEY
  adopt -q
  use_password
  agentsecrets trust >&2
  agentsecrets pull -q
  printf '{}' >"$AGENTSECRETS_HOME/token.json"
  run -3 agentsecrets pull
  assert_one_error 'not logged in: another client has moved the session'
  run -0 agentsecrets env -q -- sh -c 'echo "$KEY"'
  [ "$output" = value ]
}
