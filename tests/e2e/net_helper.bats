#!/usr/bin/env bats
# agentsecrets-net with the real server, embedded and over loopback.
load lib
load net

WORKSPACE=0b0e4d1c-5c0e-4b8e-9d4a-1f2e3d4c5b6a
PROJECT=11111111-2222-4333-8444-555555555555
ONE=one-ciphertext-that-is-long-enough-0001
TWO=two-ciphertext-that-is-long-enough-0002

setup() {
  fresh_home
  probe_tree
  # Who writes into /tmp at the same time must not matter.
  mkdir -m 0700 "$BATS_TEST_TMPDIR/run"
  export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/run
}

teardown() {
  end_all
}

# nothing_left: no socket, no directory, no server of this test.
nothing_left() {
  [ -z "$(ls -A "$XDG_RUNTIME_DIR")" ] && ! pgrep -f "$DATA/keys" >/dev/null
}

embedded_account() {
  probe embedded register "local:$WORKSPACE" - $WORKSPACE , \
    project $PROJECT $WORKSPACE web
}

networked_account() {
  start_server
  probe "$SERVER_URL" register ada@example.org \
    "$(cat password)" $WORKSPACE , login ada@example.org "$(cat password)" , \
    project $PROJECT $WORKSPACE web
}

# story SERVER: what one does with secrets, from an empty project.
story() {
  run probe "$1" list $PROJECT 0 , write $PROJECT 1 A $ONE 0 , \
    write $PROJECT 1 B $ONE - , list $PROJECT 0 , list $PROJECT 2
  assert_status 0
  assert_line 'list revision=0 epoch=1'
  assert_line 'written 1 revision=1'
  assert_line "row A version=1 blob=$ONE"
  assert_line "row B version=1 blob=$ONE"
  assert_line 'list revision=2 epoch=0 unchanged'
  run probe "$1" write $PROJECT 1 A $TWO 0
  assert_status 5
  assert_line "conflict A version=1 blob=$ONE"
  run probe "$1" write $PROJECT 1 NEW $TWO 9
  assert_status 5
  assert_line 'conflict NEW version=0 blob='
  run probe "$1" write $PROJECT 1 A $TWO 1 , write $PROJECT 1 B -$ONE 1 , \
    list $PROJECT 0 , write $PROJECT 1 B $TWO 2 , write $PROJECT 1 B - - , \
    list $PROJECT 0
  assert_status 0
  assert_line "row A version=2 blob=$TWO"
  assert_line "row B version=2 deleted blob=$ONE"
  assert_line 'row B version=4 deleted blob='
  run probe "$1" project $PROJECT $WORKSPACE other
  assert_status 5
  run probe "$1" project ${PROJECT/1/2} $WORKSPACE web
  assert_status 5
  run probe "$1" project ${PROJECT/1/2} $WORKSPACE other , \
    update ${PROJECT/1/2} $WORKSPACE other web ''
  assert_status 5
  run probe "$1" update ${PROJECT/1/2} $WORKSPACE other third x , \
    drop $WORKSPACE third , drop $WORKSPACE third
  assert_status 1
  assert_match 'the server says: Project not found'
  run probe "$1" projects , workspaces
  assert_line "project $PROJECT $WORKSPACE web"
  [[ $output != *third* ]]
  assert_match "workspace $WORKSPACE owner personal key=1 epoch=1"
}

@test "the embedded server: no port, no session, nothing left" {
  run probe embedded workspaces
  assert_status 3
  run embedded_account
  assert_status 0
  story embedded
  [ ! -e "$TOKENS" ]
  [ "$(stat -c %a "$DATA")" = 700 ]
  nothing_left
}

@test "a networked server" {
  random_canary password
  networked_account
  story "$SERVER_URL"
  run probe "$SERVER_URL" register ada@example.org long-enough $WORKSPACE
  assert_status 5
  run probe "$SERVER_URL" login ada@example.org not-the-password
  assert_status 3
  run probe "$SERVER_URL" login nobody@example.org x
  assert_status 3
}

@test "an expired session is renewed, and other fields stay" {
  random_canary password
  networked_account
  python3 - "$TOKENS" <<'PY'
import json, sys
text = json.load(open(sys.argv[1]))
text["access_token"] = "as1_expired"
text["kept"] = {"by": "us"}
json.dump(text, open(sys.argv[1], "w"))
PY
  cp "$TOKENS" before
  run probe "$SERVER_URL" projects , projects
  assert_status 0
  assert_line "project $PROJECT $WORKSPACE web"
  python3 - before "$TOKENS" <<'PY'
import json, sys
old, new = (json.load(open(name)) for name in sys.argv[1:])
assert new["kept"] == {"by": "us"}
assert new["access_token"] not in ("", old["access_token"])
assert new["refresh_token"] != old["refresh_token"]
assert new["expires_at"]
PY
  # A refresh token that was used before ends the session everywhere.
  cp before "$TOKENS"
  run probe "$SERVER_URL" projects
  assert_status 3
  assert_line "error 3: your session is over [run 'agentsecrets login']"
}

@test "many at once renew a session once" {
  random_canary password
  networked_account
  sed -i 's/"access_token": *"[^"]*"/"access_token": "as1_expired"/' "$TOKENS"
  local i pids=()
  for i in 1 2 3 4 5 6; do
    probe "$SERVER_URL" projects >"out.$i" 3>&- &
    pids+=($!)
  done
  for i in "${pids[@]}"; do
    wait "$i"
  done
  run sort -u out.*
  assert_status 0
  [ "$output" = "project $PROJECT $WORKSPACE web" ]
}

@test "after logging out the session is worth nothing" {
  random_canary password
  networked_account
  run probe "$SERVER_URL" logout
  assert_status 0
  run probe "$SERVER_URL" projects
  assert_status 3
}

# start_paused SERVER COMMAND...: a client that waits with its helper running
# when the commands are done; sets CLIENT, HELPER and SERVER (embedded).
start_paused() {
  coproc PAUSED { exec "$PROBE" "$1" "$DATA" "$TOKENS" "${@:2}" , pause; }
  # shellcheck disable=SC2154 # coproc sets it
  CLIENT=$PAUSED_PID
  echo "$CLIENT" >>"$BATS_TEST_TMPDIR/pids"
  local word rest
  while read -r word rest <&"${PAUSED[0]}"; do
    [ "$word" != helper ] || break
  done
  HELPER=$rest
  SERVER=$(pgrep -P "$HELPER" || :)
}

gone() {
  [ ! -d "/proc/$1" ] || [ "$(cut -d' ' -f3 "/proc/$1/stat")" = Z ]
}

@test "kill -9 of the helper leaves no server and no socket" {
  start_paused embedded status
  [ -n "$SERVER" ]
  [ -n "$(find "$XDG_RUNTIME_DIR" -type s -path '*/agentsecrets-*/s')" ]
  kill -9 "$HELPER"
  wait_for 5 gone "$SERVER"
  wait_for 5 nothing_left
}

@test "Ctrl-C leaves nothing at all" {
  local signal
  for signal in INT HUP TERM; do
    start_paused embedded status
    kill -"$signal" "$SERVER" "$HELPER" "$CLIENT"
    wait_for 5 gone "$HELPER"
    wait_for 5 gone "$SERVER"
    wait_for 5 nothing_left
  done
}

@test "kill -9 of the client leaves nothing at all" {
  start_paused embedded status
  kill -9 "$CLIENT"
  wait_for 5 gone "$HELPER"
  wait_for 5 gone "$SERVER"
  wait_for 5 nothing_left
}

@test "kill -9 of the server is told, and nothing is left" {
  start_paused embedded status
  kill -9 "$SERVER"
  wait_for 5 gone "$SERVER"
  kill "$CLIENT"
  wait_for 5 gone "$HELPER"
  wait_for 5 nothing_left
}

@test "a server that cannot start is told in its own words" {
  probe embedded status
  head -c 5000 /dev/urandom >"$DATA/data.sqlite"
  run probe embedded status
  assert_status 4
  [[ ${lines[0]} == 'agentsecrets-server: '*database* ]]
  assert_match 'error 4: the embedded server ended with status 1'
  nothing_left
}

@test "a folder of data that others could reach is refused" {
  mkdir -m 0755 "$DATA"
  run probe embedded status
  assert_status 4
  assert_match 'not a directory of yours alone'
  nothing_left
}

@test "without a private runtime directory the socket is in /tmp" {
  chmod 0755 "$XDG_RUNTIME_DIR"
  start_paused embedded status
  local sockets
  sockets=$(grep -o '/tmp/agentsecrets-[A-Za-z0-9]*/s$' /proc/net/unix)
  [ -n "$sockets" ]
  [ -z "$(ls -A "$XDG_RUNTIME_DIR")" ]
  [ "$(stat -c %a "$(dirname "${sockets%%$'\n'*}")")" = 700 ]
}

@test "a helper or server that others can write is not started" {
  chmod g+w "$BATS_TEST_TMPDIR/tree/bin/agentsecrets-server"
  run probe embedded status
  assert_status 4
  assert_match 'could have been changed by somebody else'
  chmod g+w "$BATS_TEST_TMPDIR/tree/libexec/agentsecrets/agentsecrets-net"
  run probe embedded status
  assert_status 1
  assert_match 'could have been changed by somebody else'
  nothing_left
}

@test "ten thousand secrets are one request each way" {
  embedded_account
  run probe embedded many $PROJECT 10000 , list $PROJECT 1
  assert_status 0
  echo "$output"
  assert_line 'written 10000 revision=1'
  assert_line 'many 10000'
  assert_line 'list revision=1 epoch=0 unchanged'
}
