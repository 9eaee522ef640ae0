# shellcheck shell=bash
# Looking at the three key stores. Needs lib.bash and keychain.bash.

# jq_text .a.b["c"].d[0]: that member of the JSON on standard input as text;
# nothing where it is missing.
jq_text() {
  python3 -c '
import json, re, sys
value = json.load(sys.stdin)
for key, quoted, index in re.findall(
        r"\.(\w+)|\[\"([^\"]*)\"\]|\[(\d+)\]", sys.argv[1]):
    try:
        value = value[int(index) if index else key or quoted]
    except (KeyError, IndexError):
        sys.exit(0)
print(value if isinstance(value, str) else json.dumps(value))' "$1"
}

account_text() { jq_text "$1" <"$AGENTSECRETS_HOME/account.json"; }
config_text() { jq_text "$1" <"$AGENTSECRETS_HOME/config.json"; }
email() { account_text .email; }

# workspace: the id of the one that there is.
workspace() {
  python3 -c 'import json, sys; print(*json.load(sys.stdin)["workspaces"])' \
    <"$AGENTSECRETS_HOME/account.json"
}

# is_key: whether standard input is a key as clients write it.
is_key() { [ "$(base64 -d 2>/dev/null | wc -c)" = 32 ]; }

# The base of every store.
sealed_base() {
  [ "$(account_text .encrypted_private_key | base64 -d | wc -c)" = 60 ] ||
    fail 'account.json lacks the private key' || return
  [ "$(account_text ".workspaces[\"$(workspace)\"].sealed_key" |
    base64 -d | wc -c)" = 80 ] || fail 'account.json lacks the workspace key'
}

no_key_items() {
  local name
  has_provider || return 0
  for name in "workspace_key_$(workspace)" "$(email)_private_key" \
    "$(email)_public_key"; do
    [ "$(secret_service count "$name")" = 0 ] || fail "item $name is left"
  done
}

has_provider() {
  [ -n "${DBUS_SESSION_BUS_ADDRESS-}" ] &&
    gdbus wait --session --timeout 1 org.freedesktop.secrets
}

no_config_key() {
  [ -z "$(config_text ".workspaces[\"$(workspace)\"].key")" ] ||
    fail 'config.json has a key'
}

is_settled() {
  local stores
  stores="$(account_text .store) $(account_text .moving)"
  [ "$stores" = "$1 " ] || fail "account.json: store and moving: $stores"
}

# session_in_item NAME: and not in the file.
session_in_item() {
  [ "$(<"$AGENTSECRETS_HOME/token.json")" = '{}' ] || fail 'token.json'
  [ -n "$(secret_service get "$1" | jq_text .refresh_token)" ] ||
    fail "no session in $1"
}

# session_in_file: and in no item.
session_in_file() {
  [ -n "$(jq_text .refresh_token <"$AGENTSECRETS_HOME/token.json")" ] ||
    fail 'no session in token.json'
  ! has_provider || [ "$(secret_service count user_tokens)" = 0 ] ||
    fail 'item user_tokens'
}

sealed_only() {
  is_settled sealed && sealed_base && no_key_items && no_config_key
}

in_keychain() {
  local name
  is_settled keychain && sealed_base && no_config_key || return
  for name in "workspace_key_$(workspace)" "$(email)_private_key" \
    "$(email)_public_key"; do
    secret_service get "$name" | is_key || fail "item $name is no key"
  done
}

in_config() {
  is_settled config && sealed_base && no_key_items || return
  config_text ".workspaces[\"$(workspace)\"].key" | is_key ||
    fail 'config.json has no key'
}

# store_is NAME: keys there and nowhere else.
store_is() {
  case $1 in
  sealed) sealed_only ;;
  keychain) in_keychain ;;
  config) in_config ;;
  esac
}

# forget_items: as if somebody had emptied the keychain.
forget_items() {
  local name
  for name in "workspace_key_$(workspace)" "$(email)_private_key" \
    "$(email)_public_key" user_tokens; do
    secret_service delete "$name"
  done
}

# another_machine NAME: logged in, without the key; the keychain is the same.
another_machine() {
  local server
  server=$(agentsecrets server get) || return
  cp "$PASSWORD_FILE" "$BATS_TEST_TMPDIR/team-password"
  # Items of the machine before, which had the same entry names.
  forget_items
  fresh_home "$1"
  PASSWORD_FILE=$HOME/password
  cp "$BATS_TEST_TMPDIR/team-password" "$PASSWORD_FILE"
  export AGENTSECRETS_PASSWORD_FILE=$PASSWORD_FILE
  agentsecrets login --server "$server" --email alice@example.com
}
