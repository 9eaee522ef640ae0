#!/usr/bin/env bats
# What agentsecrets-keychain keeps in memory, and what it gave up.
# product build only
load lib
load keychain

setup() {
  fresh_home
  keychain_tree
  random_canary value
}

teardown() {
  end_all
}

# start_paused COMMAND...: a probe that waits after these; sets HELPER.
start_paused() {
  coproc PAUSED { exec "$PROBE" "$@" ${1+,} pause 2>/dev/null; }
  # shellcheck disable=SC2154 # coproc sets it
  echo "$PAUSED_PID" >>"$BATS_TEST_TMPDIR/pids"
  local word rest
  while read -r word rest <&"${PAUSED[0]}"; do
    [ "$word" != helper ] || break
  done
  HELPER=$rest
}

@test "a value is nowhere in the helper once it was stored" {
  needs_root # only root reads the memory of what is not dumpable
  local size
  mkdir values
  for size in 20 100 500 2000 20000; do
    random_canary "values/$size" "$size"
  done
  start_keyring
  start_paused store p:20 values/20 , store p:100 values/100 , \
    store p:500 values/500 , store p:2000 values/2000 , \
    store p:20000 values/20000
  assert_no_leak values "$HELPER"
  # Who keeps it has it: the scan is not blind.
  assert_leak values "$PROVIDER_PID"
}

@test "a value is nowhere in the helper once it was read" {
  needs_root
  start_keyring
  "$PROBE" store p:development:NAME value
  start_paused lookup p:development:NAME out , lookup p:development:NAME out
  cmp value out
  assert_no_leak value "$HELPER"
}

@test "a value is not on the bus of gnome-keyring" {
  start_keyring
  start_background traffic dbus-monitor --session --binary
  wait_for 5 test -s "$BATS_TEST_TMPDIR/traffic.log"
  "$PROBE" store p:development:NAME value , lookup p:development:NAME out
  cmp value out
  assert_no_leak value "$BATS_TEST_TMPDIR/traffic.log"
}

@test "what the helper gave up" {
  needs_root
  start_keyring
  start_paused
  grep -qx 'NoNewPrivs:	1' "/proc/$HELPER/status"
  grep -E '^Max core file size +0 +0 ' "/proc/$HELPER/limits"
  grep -E '^Max file size +0 +0 ' "/proc/$HELPER/limits"
  grep -E '^Max open files +64 +64 ' "/proc/$HELPER/limits"
  grep -E '^Max data size +268435456 +268435456 ' "/proc/$HELPER/limits"
}

@test "what the helper is told of our environment" {
  needs_root
  start_keyring
  export DISPLAY=:77 WAYLAND_DISPLAY=w XAUTHORITY=/x SECRET_BACKEND=file
  export G_DEBUG=fatal-warnings GIO_EXTRA_MODULES=/tmp LD_DEBUG_OUTPUT=/tmp/x
  start_paused
  run bash -c "tr '\\0' '\\n' <'/proc/$HELPER/environ' | cut -d= -f1 | sort"
  assert_match '^DBUS_SESSION_BUS_ADDRESS.DISPLAY.HOME.LANG.LC_ALL.PATH.WAYLAND_DISPLAY.XAUTHORITY.XDG_RUNTIME_DIR$'
}

@test "another process of the same user cannot read the helper" {
  needs_root
  local uid
  # A bus takes nobody in whom the system does not know.
  uid=$(id -u nobody)
  chmod 0755 "$BATS_TEST_TMPDIR"
  give_to "$uid"
  # A bus and a provider of that user; any process of that user it can read.
  export BATS_TEST_DIRNAME BATS_TEST_TMPDIR
  run as_user "$uid" bash -c '
    bats_require_minimum_version() { :; }
    . "$BATS_TEST_DIRNAME/lib.bash"
    . "$BATS_TEST_DIRNAME/keychain.bash"
    start_keyring
    coproc PAUSED { exec "$0" store name value , lookup name out , pause; }
    while read -r word rest <&"${PAUSED[0]}"; do
      [ "$word" != helper ] || break
    done
    cmp value out || exit 3
    cat "/proc/$PAUSED_PID/environ" >/dev/null || exit 4
    cat "/proc/$rest/environ" && exit 5
    end_all
    exit 6' "$PROBE"
  assert_status 6
  assert_match 'Permission denied'
}
