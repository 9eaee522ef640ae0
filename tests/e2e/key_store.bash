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

# facts: where keys and session are, see key_store.py.
facts() { "$SYSTEM_PYTHON" "$BATS_TEST_DIRNAME/key_store.py"; }

# facts_are FACT...: exactly these, in the order of key_store.py.
facts_are() {
  local found
  found=$(facts) || return
  [ "$found" = "$*" ] || fail "there is '$found', not '$*'"
}

# The three stores, with the words for the session, if there is one.
sealed_only() { facts_are sealed sealed "$@"; }
in_keychain() { facts_are keychain sealed items "$@"; }
in_config() { facts_are config sealed config "$@"; }

# store_is NAME SESSION...: keys there and nowhere else.
store_is() {
  local store=$1
  shift
  case $store in
  sealed) sealed_only "$@" ;;
  keychain) in_keychain "$@" ;;
  config) in_config "$@" ;;
  esac
}

# arrived NAME: the same with the session of a networked account.
arrived() {
  if [ "$1" = keychain ]; then
    in_keychain marked session-in-item
  else
    store_is "$1" session-in-file
  fi
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
