#!/usr/bin/env bats
# product build only
# agentsecrets-tutorial(7): its sessions typed again, line by line, on a desktop
# with a real keyring and on a machine without one.
load lib
load keychain

setup() {
  fresh_home
  start_keyring
  start_server
  mkdir -p "$BATS_TEST_TMPDIR"/{one,two}/{src/shop,.run}
  chmod 0700 "$BATS_TEST_TMPDIR"/{one,two}{,/.run}
  cp "$BATS_TEST_DIRNAME"/../fixtures/tutorial/{.env,serve} \
    "$BATS_TEST_TMPDIR/one/src/shop"
  unset "${!AGENTSECRETS_@}" HOME TMPDIR XDG_RUNTIME_DIR
  # What the page has done outside of its terminals.
  export -f lock_keyring unlock_keyring secret_service
  export BATS_TEST_DIRNAME KEYRING_PASSWORD SYSTEM_PYTHON
}
teardown() { end_all; }

# A user namespace has keys of its own in the kernel's keyring. Not every
# machine lets everybody have one; then they end with the page's last lock.
own_keys() {
  if unshare --user --map-current-user true 2>/dev/null; then
    unshare --user --map-current-user "$@"
  else
    "$@"
  fi
}

@test "the tutorial says what happens" {
  TUTORIAL_PORT=$SERVER_PORT own_keys python3 \
    "$BATS_TEST_DIRNAME/tutorial.py" "${TUTORIAL:-check}" \
    "$BATS_TEST_DIRNAME/../../man/agentsecrets-tutorial.7" "$BATS_TEST_TMPDIR"
}
