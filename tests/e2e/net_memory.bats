#!/usr/bin/env bats
# What agentsecrets-net and the server keep in memory, and what they gave up.
# product build only
load lib
load net

WORKSPACE=0b0e4d1c-5c0e-4b8e-9d4a-1f2e3d4c5b6a

setup() {
  needs_root # only root reads the memory of what is not dumpable
  fresh_home
  probe_tree
  random_canary password
  start_server
}

teardown() {
  end_all
}

# The canary would stand in the arguments of net_probe, which is no matter:
# only the helper and the server are looked at.
start_paused() {
  coproc PAUSED { exec "$PROBE" "$SERVER_URL" "$DATA" "$TOKENS" "$@" , pause; }
  # shellcheck disable=SC2154 # coproc sets it
  echo "$PAUSED_PID" >>"$BATS_TEST_TMPDIR/pids"
  local word rest
  while read -r word rest <&"${PAUSED[0]}"; do
    [ "$word" != helper ] || break
  done
  HELPER=$rest
}

@test "a password is nowhere once it was sent, the session is" {
  start_paused register ada@example.org "$(cat password)" $WORKSPACE , \
    login ada@example.org "$(cat password)"
  assert_no_leak password "$HELPER"
  assert_no_leak password "$SERVER_PID"
  python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))["access_token"], end="")' \
    "$TOKENS" >token
  # The helper has to keep this one: so it is read, and the scan is not blind.
  assert_leak token "$HELPER"
  assert_no_leak token "$SERVER_PID"
}

@test "after logging out the session is nowhere" {
  start_paused register ada@example.org "$(cat password)" $WORKSPACE , \
    login ada@example.org "$(cat password)" , logout
  python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))["refresh_token"], end="")' \
    "$TOKENS" >token
  assert_no_leak token "$HELPER"
}

@test "what the helper gave up" {
  start_paused status
  grep -qx 'NoNewPrivs:	1' "/proc/$HELPER/status"
  grep -E '^Max core file size +0 +0 ' "/proc/$HELPER/limits"
  grep -E '^Max file size +0 +0 ' "/proc/$HELPER/limits"
  grep -E '^Max open files +64 +64 ' "/proc/$HELPER/limits"
  grep -E '^Max data size +268435456 +268435456 ' "/proc/$HELPER/limits"
  [ "$(find "/proc/$HELPER/fd" -mindepth 1 -printf '%f\n' | sort |
    head -n 4 | tr '\n' ' ')" = '0 1 2 3 ' ]
}

@test "another process of the same user cannot read the helper" {
  local uid
  uid=$(other_uid)
  give_to "$uid"
  # Any other process of that user it can read.
  setpriv --reuid="$uid" --regid="$uid" --clear-groups sleep 60 3>&- &
  echo $! >>"$BATS_TEST_TMPDIR/pids"
  wait_for 5 as_user "$uid" cat "/proc/$!/environ" >/dev/null 2>&1
  coproc PAUSED {
    exec setpriv --reuid="$uid" --regid="$uid" --clear-groups -- \
      "$PROBE" "$SERVER_URL" "$DATA" "$TOKENS" status , pause
  }
  echo "$PAUSED_PID" >>"$BATS_TEST_TMPDIR/pids"
  local word rest
  while read -r word rest <&"${PAUSED[0]}"; do
    [ "$word" != helper ] || break
  done
  run as_user "$uid" cat "/proc/$rest/environ"
  assert_status 1
  assert_match 'Permission denied'
}
