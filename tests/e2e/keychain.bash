# shellcheck shell=bash
# Secret Services for tests, each on a bus of the test's own. Nothing of the
# caller's session is touched; end_all (lib.bash) ends all of it.
#
#	start_keyring          gnome-keyring, unlocked; exports
#	                       DBUS_SESSION_BUS_ADDRESS
#	lock_keyring, unlock_keyring [PASSWORD], stop_keyring
#	start_keepassxc        KeePassXC, unlocked
#	start_fake_keyring MODE   a provider with a fault, see fake_keyring.py
#	stop_bus

KEYRING_PASSWORD=keyring-password
# Not the python3 of PATH: the D-Bus modules are packages of the system.
SYSTEM_PYTHON=/usr/bin/python3

# start_bus [CONFIGURATION]: a session bus that starts no program by itself,
# unless the configuration (more elements of it) says so.
# shellcheck disable=SC2120
start_bus() {
  local dir=$BATS_TEST_TMPDIR/bus
  mkdir -p "$dir"
  rm -f "$dir/socket"
  cat >"$dir/conf" <<XML
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=$dir/socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <limit name="max_replies_per_connection">50000</limit>
  <limit name="max_match_rules_per_connection">50000</limit>
  ${1-}
</busconfig>
XML
  start_background bus dbus-daemon --config-file="$dir/conf" --nofork \
    --nopidfile
  BUS_PID=$BACKGROUND_PID
  wait_for 10 test -S "$dir/socket"
  export DBUS_SESSION_BUS_ADDRESS=unix:path=$dir/socket
}

has_bus() { [ -S "$BATS_TEST_TMPDIR/bus/socket" ]; }

stop_bus() {
  kill "$BUS_PID"
  wait "$BUS_PID" || :
}

# keyring_environment COMMAND...: become the command, with the directories of
# the provider, which are not those of the one who uses it.
keyring_environment() {
  local dir=$BATS_TEST_TMPDIR/keyring
  mkdir -p "$dir"/{home,run,data,config,cache,tmp}
  chmod 0700 "$dir"/*/
  exec env -i PATH=/usr/bin:/bin LANG=C.UTF-8 HOME="$dir/home" \
    XDG_RUNTIME_DIR="$dir/run" XDG_DATA_HOME="$dir/data" \
    XDG_CONFIG_HOME="$dir/config" XDG_CACHE_HOME="$dir/cache" \
    TMPDIR="$dir/tmp" DBUS_SESSION_BUS_ADDRESS="$DBUS_SESSION_BUS_ADDRESS" \
    "$@"
}

nobody_provides() {
  gdbus call --session --dest org.freedesktop.DBus \
    --object-path /org/freedesktop/DBus \
    --method org.freedesktop.DBus.NameHasOwner org.freedesktop.secrets |
    grep -q false
}

# start_provider NAME COMMAND...: what it reads is on standard input. One that
# was killed may have the name for a moment longer.
start_provider() {
  local name=$1
  shift
  wait_for 10 nobody_provides
  keyring_environment "$@" >"$BATS_TEST_TMPDIR/$name.log" 2>&1 3>&- <&0 &
  PROVIDER_PID=$!
  echo "$PROVIDER_PID" >>"$BATS_TEST_TMPDIR/pids"
  gdbus wait --session --timeout 20 org.freedesktop.secrets || {
    cat "$BATS_TEST_TMPDIR/$name.log" >&2
    return 1
  }
}

# start_keyring [PASSWORD]: with another password than that of the first time
# it stays locked.
start_keyring() {
  has_bus || start_bus ""
  mkdir -p "$BATS_TEST_TMPDIR/keyring"
  printf %s "${1-$KEYRING_PASSWORD}" >"$BATS_TEST_TMPDIR/keyring/password"
  start_provider gnome-keyring gnome-keyring-daemon --foreground --unlock \
    --components=secrets \
    --control-directory="$BATS_TEST_TMPDIR/keyring/run/control" \
    <"$BATS_TEST_TMPDIR/keyring/password"
  wait_for 10 has_collection
}

# The name comes before the keyring has been read.
has_collection() {
  gdbus call --session --dest org.freedesktop.secrets \
    --object-path /org/freedesktop/secrets \
    --method org.freedesktop.DBus.Properties.Get \
    org.freedesktop.Secret.Service Collections |
    grep -q "/collection/${1-login}"
}

# is_unlocked COLLECTION
is_unlocked() {
  gdbus call --session --dest org.freedesktop.secrets \
    --object-path "/org/freedesktop/secrets/collection/$1" \
    --method org.freedesktop.DBus.Properties.Get \
    org.freedesktop.Secret.Collection Locked 2>/dev/null | grep -q false
}

stop_keyring() {
  kill "$PROVIDER_PID" 2>/dev/null || :
  wait "$PROVIDER_PID" || :
}

lock_keyring() {
  gdbus call --session --dest org.freedesktop.secrets \
    --object-path /org/freedesktop/secrets \
    --method org.freedesktop.Secret.Service.Lock \
    "[objectpath '/org/freedesktop/secrets/collection/login']" >/dev/null
}

# secret_service COMMAND...: as another client would, see secret_service.py.
secret_service() {
  "$SYSTEM_PYTHON" "$BATS_TEST_DIRNAME/secret_service.py" "$@"
}

unlock_keyring() {
  secret_service unlock "${1-$KEYRING_PASSWORD}"
}

# start_fake_keyring MODE: see fake_keyring.py. What it was called is in
# FAKE_CALLS, a line each.
start_fake_keyring() {
  has_bus || start_bus ""
  FAKE_CALLS=$BATS_TEST_TMPDIR/calls
  : >"$FAKE_CALLS"
  start_provider fake "$SYSTEM_PYTHON" \
    "$BATS_TEST_DIRNAME/fake_keyring.py" "$1" "$FAKE_CALLS" </dev/null
}

# A database whose root group is what other programs see.
keepassxc_database() {
  local dir=$1
  cat >"$dir/db.xml" <<'XML'
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<KeePassFile><Meta><Generator>KeePassXC</Generator>
<CustomData><Item><Key>FDO_SECRETS_EXPOSED_GROUP</Key>
<Value>{00112233-4455-6677-8899-aabbccddeeff}</Value></Item></CustomData>
</Meta><Root><Group><UUID>ABEiM0RVZneImaq7zN3u/w==</UUID><Name>Root</Name>
</Group></Root></KeePassFile>
XML
  printf '%s\n%s\n' "$KEYRING_PASSWORD" "$KEYRING_PASSWORD" |
    keyring_environment QT_QPA_PLATFORM=offscreen \
      keepassxc-cli import -q -p "$dir/db.xml" "$dir/passwords.kdbx"
}

# start_keepassxc: its collection has another name than login. It does not
# save: saving often crashes it. With something to save it would not end.
start_keepassxc() {
  local dir=$BATS_TEST_TMPDIR/keyring
  has_bus || start_bus ""
  mkdir -p "$dir"
  keepassxc_database "$dir"
  cat >"$dir/keepassxc.ini" <<'INI'
[General]
AutoSaveAfterEveryChange=false
AutoSaveOnExit=false
UpdateCheckMessageShown=true
[FdoSecrets]
Enabled=true
ConfirmAccessItem=false
ConfirmDeleteItem=false
ShowNotification=false
UnlockBeforeSearch=false
INI
  printf '%s\n' "$KEYRING_PASSWORD" >"$dir/password"
  # shellcheck disable=SC2016 # for the inner shell
  start_provider keepassxc env QT_QPA_PLATFORM=offscreen bash -c \
    'exec 5<&0; "$@" <&5 & trap "kill -KILL $!" TERM; wait; wait' - \
    keepassxc --pw-stdin --config "$dir/keepassxc.ini" \
    --localconfig "$dir/keepassxc-local.ini" "$dir/passwords.kdbx" \
    <"$dir/password"
  wait_for 20 is_unlocked passwords
}

# keychain_tree: the installed programs with keychain_probe among them, since
# helpers are found beside the program that starts them; sets PROBE.
keychain_tree() {
  local tree=$BATS_TEST_TMPDIR/tree
  mkdir -p "$tree"
  cp -a "$PREFIX/bin" "$PREFIX/libexec" "$tree/"
  cp "$TOOLS/tests/lib/keychain_probe" "$tree/bin/"
  # shellcheck disable=SC2034 # for the tests
  PROBE=$tree/bin/keychain_probe
}
