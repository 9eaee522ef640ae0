#!/usr/bin/env bats
# Many machines at one server at the same time: everything that was
# acknowledged is there, and the server is well afterwards.
load lib
remember_passwords
load team

# ./dev torture load asks for more of both.
: "${CLIENTS:=4}" "${WRITES:=3}"

teardown() { end_all; }

# writer N: one machine that stores its names one after the other.
writer() {
  local name
  for name in $(seq "$WRITES"); do
    printf 'value %d of %d' "$name" "$1" |
      on "machine$1" agentsecrets set "M$1_$name=-" || return
  done
}

@test "$CLIENTS machines write $WRITES names each at once" {
  start_server
  new_team
  agentsecrets set FIRST=1
  local i writers=()
  for i in $(seq "$CLIENTS"); do
    (next_machine "machine$i")
  done
  for i in $(seq "$CLIENTS"); do
    writer "$i" >"$BATS_TEST_TMPDIR/writer.$i" 2>&1 3>&- &
    writers+=($!)
  done
  for i in "${!writers[@]}"; do
    wait "${writers[$i]}" ||
      fail "machine $((i + 1)):" "$(cat "$BATS_TEST_TMPDIR/writer.$((i + 1))")"
  done
  agentsecrets pull -q
  [ "$(agentsecrets list | wc -l)" = $((CLIENTS * WRITES + 1)) ]
  for i in $(seq "$CLIENTS"); do
    [ "$(agentsecrets get "M${i}_$WRITES")" = "value $WRITES of $i" ]
  done
  run agentsecrets server status
  assert_status 0
  stop_server
}
