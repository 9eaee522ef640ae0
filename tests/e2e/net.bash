# shellcheck shell=bash
# For the tests of agentsecrets-net: net_probe in a tree of its own, since
# helpers are found beside the program that starts them.

# probe_tree: the installed programs with net_probe among them; sets PROBE.
probe_tree() {
  local tree=$BATS_TEST_TMPDIR/tree
  mkdir -p "$tree"
  cp -a "$PREFIX/bin" "$PREFIX/libexec" "$tree/"
  cp "$TOOLS/tests/e2e/net_probe" "$tree/bin/"
  PROBE=$tree/bin/net_probe
  TOKENS=$BATS_TEST_TMPDIR/token.json
  DATA=$BATS_TEST_TMPDIR/data
}

# probe SERVER COMMAND...
probe() {
  local server=$1
  shift
  "$PROBE" "$server" "$DATA" "$TOKENS" "$@"
}

# start_fake MODE [CERTIFICATE]: sets FAKE_URL and FAKE_LOG.
start_fake() {
  FAKE_LOG=$BATS_TEST_TMPDIR/requests.$1
  : >"$FAKE_LOG"
  start_background "fake-$1" python3 \
    "$BATS_TEST_DIRNAME/fake_server.py" "$1" "$FAKE_LOG" "${@:2}"
  wait_for 10 server_port "fake-$1"
  # shellcheck disable=SC2034 # for the tests
  FAKE_URL=http://127.0.0.1:$SERVER_PORT
}

# fake_requests: how many requests it got.
fake_requests() {
  grep -cE '^(GET|POST) ' "$FAKE_LOG"
}

# log_in_by_hand: a session that was not asked for.
log_in_by_hand() {
  printf '{"access_token":"%s","refresh_token":"r","kept":1}\n' \
    "${1-token}" >"$TOKENS"
}
