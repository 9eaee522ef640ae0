#!/usr/bin/env bats
# What the keychain costs: 200 values go in within two seconds, and a launch
# asks it for one key at most, however many secrets there are.
# product build only
# runs alone
load lib
load team
load keychain
load items

setup() {
  needs_root
  MEMBER=$(id -u nobody)
  start_shared_keyring
}
teardown() {
  # Its session cache is the kernel's, and outlives the test.
  member lock || :
  end_all
}

# member_home: a home of that user, so that a session cache is used that is not
# the caller's.
member_home() {
  fresh_home
  set_settings '{"session_cache": 3600}'
  PASSWORD_FILE=$HOME/password
  random_canary "$PASSWORD_FILE" 24
  give_to "$MEMBER"
  member init --project web --key-store keychain \
    --password-file "$PASSWORD_FILE"
}

member() { as_user "$MEMBER" agentsecrets "$@"; }

# write_values FILE COUNT: names with values that nobody saw before.
write_values() {
  head -c $((48 * $2)) /dev/urandom | base64 -w 64 |
    awk '{ printf "NAME_%d=%s\n", NR, $0 }' >"$1"
}

# best_of TRIES COMMAND...: the least milliseconds, in BEST; other programs may
# have disturbed the rest.
best_of() {
  local tries=$1 began took
  shift
  BEST=
  for _ in $(seq "$tries"); do
    began=$(date +%s%N)
    "$@" >/dev/null || return
    took=$((($(date +%s%N) - began) / 1000))
    [ -n "$BEST" ] && [ "$BEST" -le "$took" ] || BEST=$took
  done
  BEST=$((BEST / 1000)).$((BEST % 1000 / 100))
}

at_most() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a <= b) }'; }

push_anew() {
  write_values many.env 200
  chown "$MEMBER" many.env
  member push -q many.env
}

@test "200 values go into the keychain in two seconds" {
  local push
  member_home
  best_of 3 push_anew
  push=$BEST
  # What the provider needs for as many, on a machine as busy as it is now; it
  # writes all that it has each time, which is twice as much by then.
  keychain_tree
  best_of 1 "$PROBE" fill speed: 200
  echo "# push of 200 values: $push ms; then the provider alone: $BEST ms" >&3
  at_most "$push" 2000 || at_most "$push" "$(bc <<<"$BEST * 3 / 2")"
  PROJECT=$(project_id)
  [ "$(secret-tool lookup service AgentSecrets username \
    "$PROJECT:development:NAME_200")" = "$(sed -n 's/^NAME_200=//p' many.env)" ]
}

@test "on a terminal a counter tells how far it is, and goes away" {
  member_home
  write_values many.env 400
  run python3 "$BATS_TEST_DIRNAME/terminal.py" progress 'expect:keychain: ' -- \
    setpriv --reuid="$MEMBER" --regid="$MEMBER" --clear-groups -- \
    agentsecrets push many.env
  assert_status 0
  assert_match 'keychain: [1-9][0-9]* of 400'
  # What came last on that line is blank, and the result stands alone.
  local blank=$'\r +\rstored'
  [[ $output =~ $blank ]] || fail "the counter is left: $output"
  write_values many.env 400
  run member push many.env
  [[ $output != *'of 400'* ]]
  write_values many.env 400
  run python3 "$BATS_TEST_DIRNAME/terminal.py" progress -- \
    setpriv --reuid="$MEMBER" --regid="$MEMBER" --clear-groups -- \
    agentsecrets push -q many.env
  assert_status 0
  [[ $output != *'of 400'* ]]
}

launch() { member env -e "$1" -- true; }

@test "a launch without a cached key costs 20 ms more, with 1 or 200 secrets" {
  local warm_one warm_many cold_one cold_many
  member_home
  write_values many.env 200
  member push -q many.env
  member set -e staging ONE=1
  launch staging
  best_of 15 launch staging
  warm_one=$BEST
  best_of 15 launch development
  warm_many=$BEST
  set_settings '{"session_cache": 0}'
  chown "$MEMBER" "$AGENTSECRETS_HOME/settings.json"
  # The password is of no use here: it is the keychain that opens it.
  rm "$PASSWORD_FILE"
  unset AGENTSECRETS_PASSWORD_FILE
  best_of 15 launch staging
  cold_one=$BEST
  best_of 15 launch development
  cold_many=$BEST
  echo "# env with 1 secret: $warm_one ms warm, $cold_one ms cold;" \
    "with 200: $warm_many and $cold_many ms" >&3
  at_most "$(bc <<<"$cold_one - $warm_one")" 20
  at_most "$(bc <<<"$cold_many - $warm_many")" 20
}

# calls_of COMMAND...: how often the keychain was called, in CALLS.
calls_of() {
  local file=$BATS_TEST_TMPDIR/monitor.log
  start_background monitor dbus-monitor --address "$DBUS_SESSION_BUS_ADDRESS" \
    "type='method_call',destination='org.freedesktop.secrets'"
  wait_for 10 grep -q NameLost "$file"
  "$@" || return
  sleep 0.2
  kill "$BACKGROUND_PID"
  wait "$BACKGROUND_PID" || :
  CALLS=$(grep -c '^method call' "$file" || :)
}

@test "a launch calls the keychain as often for 200 secrets as for one" {
  local one
  member_home
  write_values many.env 200
  member push -q many.env
  member set -e staging ONE=1
  launch development
  calls_of launch development
  [ "$CALLS" = 0 ] || fail "$CALLS calls with the key in the cache"
  set_settings '{"session_cache": 0}'
  chown "$MEMBER" "$AGENTSECRETS_HOME/settings.json"
  rm "$PASSWORD_FILE"
  unset AGENTSECRETS_PASSWORD_FILE
  calls_of launch staging
  one=$CALLS
  [ "$one" -gt 0 ]
  calls_of launch development
  echo "# calls of a launch without a cached key: $one" >&3
  [ "$CALLS" = "$one" ] || fail "$CALLS calls for 200 secrets, $one for one"
}
