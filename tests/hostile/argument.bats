#!/usr/bin/env bats
# A value that is given as an argument cannot be read by others while the
# command runs.
# product build only
load ../e2e/lib

teardown() { end_all; }

@test "a value in an argument is not in the process list" {
  local pid canary
  needs_root
  start_server
  fresh_home
  new_account web --server "$SERVER_URL" --email alice@example.com --name 'A L'
  random_canary "$BATS_TEST_TMPDIR/canary"
  canary=$(cat "$BATS_TEST_TMPDIR/canary")
  # The server holds its breath, so the command stays where we can look at it.
  kill -STOP "$SERVER_PID"
  agentsecrets set "KEY=$canary" 'OTHER=x' >/dev/null 2>&1 3>&- &
  pid=$!
  echo "$pid" >>"$BATS_TEST_TMPDIR/pids"
  wait_for 10 sh -c "tr '\0' ' ' </proc/$pid/cmdline | grep -q '^agentsecrets set KEY'"
  wait_for 10 pgrep -P "$pid" agentsecrets
  sleep 1
  tr '\0' '\n' <"/proc/$pid/cmdline" >"$BATS_TEST_TMPDIR/cmdline"
  tr '\0' '\n' <"/proc/$pid/cmdline"
  grep -q '^KEY=\*' "$BATS_TEST_TMPDIR/cmdline"
  assert_no_leak "$BATS_TEST_TMPDIR/canary" "$BATS_TEST_TMPDIR/cmdline"
  # Nor is it anywhere else in the memory that can be read.
  assert_no_leak "$BATS_TEST_TMPDIR/canary" "$pid" "$(pgrep -P "$pid")"
  kill -CONT "$SERVER_PID"
  wait "$pid"
  run agentsecrets get KEY
  [ "$output" = "$canary" ]
}
