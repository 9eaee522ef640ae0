#!/usr/bin/env bats
# Two writers at the same time: nothing is lost, and of two that write the same
# name one is told.
# product build only
load lib
load team
load kill

setup() { needs_root; }
teardown() { end_all; }

# both FIRST SECOND: two commands at once; sets FIRST and SECOND, their status.
both() {
  local one two
  as_victim agentsecrets $1 >"$BATS_TEST_TMPDIR/first" 2>&1 3>&- &
  one=$!
  as_victim agentsecrets $2 >"$BATS_TEST_TMPDIR/second" 2>&1 3>&- &
  two=$!
  FIRST=0 SECOND=0
  wait "$one" || FIRST=$?
  wait "$two" || SECOND=$?
}

different_names() {
  local n
  for n in $(seq "$ROUNDS"); do
    both "set LEFT=$n" "set RIGHT=$n"
    [ "$FIRST $SECOND" = '0 0' ] ||
      fail "round $n: $FIRST $SECOND" "$(cat "$BATS_TEST_TMPDIR"/{first,second})"
    [ "$(as_victim agentsecrets get LEFT)" = "$n" ]
    [ "$(as_victim agentsecrets get RIGHT)" = "$n" ]
    # The vault knows of both without asking again.
    run as_victim agentsecrets diff --exit-code
    assert_status 0
  done
}

# One of the two may come after the other, who then has pulled nothing: 5.
one_name() {
  local n won lost=0
  as_victim agentsecrets set NAME=none
  for n in $(seq "$ROUNDS"); do
    both "set NAME=left-$n" "set NAME=right-$n"
    case "$FIRST $SECOND" in
    '0 5') won=left-$n loser=second ;;
    '5 0') won=right-$n loser=first ;;
    # One after the other: each knew what it wrote over.
    '0 0') won='' loser='' ;;
    *) fail "round $n: $FIRST $SECOND" "$(cat "$BATS_TEST_TMPDIR"/{first,second})" ;;
    esac
    if [ -n "$loser" ]; then
      lost=$((lost + 1))
      grep -q '^agentsecrets: changed on the server since the last pull: NAME$' \
        "$BATS_TEST_TMPDIR/$loser"
    fi
    as_victim agentsecrets pull
    now=$(as_victim agentsecrets get NAME)
    if [ -n "$won" ]; then
      [ "$now" = "$won" ]
    else
      [[ $now = left-$n || $now = right-$n ]]
    fi
  done
  # They did meet.
  echo "$lost of $ROUNDS met"
  [ "$lost" -gt 0 ]
}

networked() {
  start_server server --attempts 0
  kill_home --server "$SERVER_URL" --email alice@example.com --name 'A L'
}

@test "networked: two set of different names" {
  networked
  different_names
}

@test "networked: two set of one name" {
  networked
  one_name
}

@test "embedded: two set of different names" {
  kill_home
  different_names
}

@test "embedded: two set of one name" {
  kill_home
  one_name
}
