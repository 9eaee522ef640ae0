# shellcheck shell=bash
# Values in a keychain. Needs lib.bash, team.bash and keychain.bash.

# keychain_account [INIT-OPTION...]: an account, and a project `web`, whose
# store is the keychain of the bus.
keychain_account() {
  fresh_home "${MACHINE-one}"
  new_account web --key-store keychain "$@" || return
  PROJECT=$(project_id)
}

# start_shared_keyring: on a bus that takes in every user that the system knows.
start_shared_keyring() {
  start_bus '<policy context="mandatory"><allow user="*"/></policy>'
  start_keyring
}

# provider_pid: the process that has the keychain's name on the bus.
provider_pid() {
  gdbus call --session --dest org.freedesktop.DBus --object-path / \
    --method org.freedesktop.DBus.GetConnectionUnixProcessID \
    org.freedesktop.secrets | tr -dc '0-9 ' | sed 's/^32 //; s/ *$//'
}

project_id() {
  python3 -c 'import json; print(json.load(open(
    ".agentsecrets/project.json"))["project_id"])'
}

# entry NAME [ENVIRONMENT]: under which entry name a value is kept.
entry() { printf '%s:%s:%s' "$PROJECT" "${2-development}" "$1"; }
# item NAME: its value, as another program reads it; fails when there is none.
item() { secret-tool lookup service AgentSecrets username "$(entry "$@")"; }
has_item() { item "$@" >/dev/null; }
# set_item NAME VALUE: as a client does that stores with go-keyring.
set_item() { printf %s "$2" | secret_service store "$(entry "$1")"; }
clear_item() { secret_service delete "$(entry "$@")"; }
# set_old_item NAME VALUE: as the first clients, without an environment.
set_old_item() { printf %s "$2" | secret_service store "Secret_${PROJECT}_$1"; }
old_item() {
  secret-tool lookup service AgentSecrets username "Secret_${PROJECT}_$1"
}

# behind: how many names are to be completed.
behind() {
  cat "$AGENTSECRETS_HOME/vault"/*.local 2>/dev/null |
    grep -cE '^(secret|deleted) ' || :
}

# other_machine: the same account without a keychain, in the home `other`.
other_machine() {
  # shellcheck disable=SC2034 # for next_machine
  KIT=$BATS_TEST_TMPDIR/kit.txt KIT_PASSPHRASE=$BATS_TEST_TMPDIR/passphrase
  random_canary "$KIT_PASSPHRASE" 24
  (
    unset DBUS_SESSION_BUS_ADDRESS
    next_machine other
  )
}

# there COMMAND...: on the other machine.
there() { on other env -u DBUS_SESSION_BUS_ADDRESS "$@"; }
value_there() { there agentsecrets env --fresh --only "$1" -- printenv "$1"; }
