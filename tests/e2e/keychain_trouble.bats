#!/usr/bin/env bats
# agentsecrets-keychain when the bus or the provider is not as it should be:
# each trouble has its sentence, its status and its time.
load lib
load keychain

setup() {
  fresh_home
  keychain_tree
  printf 'a value' >value
}

teardown() {
  end_all
}

# timed COMMAND...: run, and set ELAPSED to the milliseconds that it took. One
# that never ends would stop the tests.
timed() {
  local begun=${EPOCHREALTIME/./}
  run timeout 20 "$@"
  ELAPSED=$(((${EPOCHREALTIME/./} - begun) / 1000))
}

# assert_trouble STATUS TROUBLE PATTERN LIMIT COMMAND...: a probe that fails so
# within LIMIT milliseconds.
assert_trouble() {
  local expected=$1 trouble=$2 pattern=$3 limit=$4
  shift 4
  timed "$@"
  assert_status "$expected"
  assert_match "error $expected $trouble: $pattern"
  [ "$ELAPSED" -lt "$limit" ] || fail "it took $ELAPSED ms"
}

# assert_works: the same provider serves the next who asks.
assert_works() {
  run timeout 20 "$PROBE" store fine value , lookup fine -
  assert_status 0
  assert_match 'a value'
}

@test "no bus" {
  assert_trouble 1 no-bus 'the keychain cannot be used: there is no session bus \[.+key-store sealed' \
    1000 "$PROBE"
  # A stale file is no bus.
  touch "$XDG_RUNTIME_DIR/bus"
  assert_trouble 1 no-bus '.*there is no session bus' 1000 "$PROBE"
  assert_trouble 1 no-bus '.*there is no session bus' 1000 \
    env -u XDG_RUNTIME_DIR "$PROBE"
  assert_trouble 1 no-bus '.*there is no session bus' 1000 \
    env DBUS_SESSION_BUS_ADDRESS= "$PROBE"
}

@test "a bus is never started, nor a program for it" {
  local address
  export DISPLAY=:77
  traced calls execve "$PROBE" || [ $? = 1 ]
  [ "$(grep -c 'execve(' calls)" = 2 ]
  for address in autolaunch: 'unixexec:path=/bin/touch,argv1=started' \
    tcp:host=127.0.0.1,port=1 'unix:path=/nonexistent;autolaunch:'; do
    assert_trouble 1 no-bus '.*is no Unix socket' 1000 \
      env DBUS_SESSION_BUS_ADDRESS="$address" "$PROBE"
  done
  [ ! -e started ]
}

@test "the bus in the runtime directory is found" {
  start_keyring
  ln -s "$BATS_TEST_TMPDIR/bus/socket" "$XDG_RUNTIME_DIR/bus"
  unset DBUS_SESSION_BUS_ADDRESS
  assert_works
}

@test "a socket that nobody listens on" {
  python3 -c 'import socket
socket.socket(socket.AF_UNIX).bind("dead")'
  assert_trouble 1 no-bus 'the keychain cannot be used: no connection to the session bus: .*refused' \
    1000 env DBUS_SESSION_BUS_ADDRESS="unix:path=$PWD/dead" "$PROBE"
  assert_trouble 1 no-bus '.*No such file' 1000 \
    env DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent "$PROBE"
}

# start_deaf_bus WORDS: a socket that takes everybody in, says WORDS and no
# more.
start_deaf_bus() {
  rm -f "$PWD/deaf"
  start_background deaf python3 -c 'import socket, sys, threading
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen()
kept = []
while True:
    client = server.accept()[0]
    kept.append(client)
    for word in sys.argv[2:]:
        client.recv(4096)
        client.sendall(word.encode() + b"\r\n")' "$PWD/deaf" "$@"
  wait_for 10 test -S deaf
  export DBUS_SESSION_BUS_ADDRESS=unix:path=$PWD/deaf
}

@test "a bus that says nothing" {
  start_deaf_bus
  assert_trouble 1 silent 'the keychain does not answer' 5500 "$PROBE"
  [ "$ELAPSED" -gt 4500 ]
}

@test "a bus that says nothing after authentication" {
  start_deaf_bus 'REJECTED EXTERNAL' DATA 'OK 0123456789abcdef0123456789abcdef' \
    AGREE_UNIX_FD
  assert_trouble 1 silent '.*' 5500 "$PROBE"
}

@test "nobody provides the service" {
  start_bus ''
  assert_trouble 1 no-provider 'the keychain cannot be used: no program on the session bus keeps one \[.*gnome-keyring' \
    1000 "$PROBE"
}

@test "a provider that cannot be started, and one that takes its time" {
  mkdir services
  printf '[D-BUS Service]\nName=org.freedesktop.secrets\nExec=%s\n' \
    /bin/false >services/x.service
  start_bus "<servicedir>$PWD/services</servicedir>"
  assert_trouble 1 no-provider '.*the program that keeps it did not start: .*' 2000 "$PROBE"
  stop_bus
  sed -i 's,^Exec=.*,Exec=/bin/sleep 60,' services/x.service
  start_bus "<servicedir>$PWD/services</servicedir>"
  assert_trouble 1 silent '.*' 5500 "$PROBE"
}

@test "a provider without a collection" {
  start_fake_keyring empty
  assert_trouble 1 no-provider '.*it has no collection to keep things in' \
    1000 "$PROBE"
}

@test "a provider that never answers" {
  start_fake_keyring silent
  assert_trouble 1 silent 'the keychain does not answer: it was given 5 seconds \[restart' \
    5500 "$PROBE"
  [ "$ELAPSED" -gt 4500 ]
}

@test "a provider that falls silent in the middle" {
  local method
  for method in Unlock GetSecrets CreateItem; do
    start_fake_keyring "hang=$method"
    assert_trouble 1 silent '.*' 5500 "$PROBE" store name value , lookup name -
    stop_keyring
  done
}

@test "a provider that ends in the middle" {
  local method
  for method in OpenSession Unlock CreateItem SearchItems GetSecrets; do
    start_fake_keyring "die=$method"
    assert_trouble 1 broke 'the keychain has gone away in the middle' 1000 \
      "$PROBE" store name value , lookup name -
    stop_keyring
  done
}

@test "a bus that ends in the middle" {
  start_fake_keyring works
  mkfifo go_on
  # Opened to read and write: whoever comes first does not wait.
  exec 9<>go_on
  "$PROBE" pause , lookup name - >out <&9 3>&- &
  wait_for 5 grep -q helper out
  stop_bus
  echo >&9
  wait $! || [ $? = 1 ]
  exec 9>&-
  grep 'error 1 broke: the keychain has gone away' out
}

@test "a provider that answers nonsense, or no" {
  local method
  for method in SearchItems GetSecrets CreateItem Unlock Get OpenSession; do
    start_fake_keyring "nonsense=$method"
    assert_trouble 1 broke 'the keychain .*' 1000 \
      "$PROBE" store name value , lookup name -
    stop_keyring
  done
  start_fake_keyring deny=CreateItem
  assert_trouble 1 broke 'the keychain says: it says no' 1000 \
    "$PROBE" store name value
}

@test "locked, and nobody to ask" {
  start_fake_keyring locked,accept=0
  assert_trouble 3 locked "the keychain 'Fake .{8} keys' is locked, and there is no display to ask for its password on \[unlock it" \
    1000 "$PROBE"
  # The question was not even put.
  run ! grep Prompt "$FAKE_CALLS"
}

@test "locked, and a person answers after a while" {
  start_fake_keyring locked,accept=7
  timed env DISPLAY=:77 "$PROBE" store name value , lookup name -
  assert_status 0
  assert_match "^notice: waiting for an answer in the window of the keychain 'Fake .{8} keys'"
  assert_match 'a value'
  # Longer than any provider is waited for.
  [ "$ELAPSED" -gt 6500 ]
}

@test "locked, and a person declines" {
  start_fake_keyring locked,dismiss=0.5
  assert_trouble 3 locked "the keychain 'Fake .* keys' stays locked: the question was dismissed" \
    3000 env WAYLAND_DISPLAY=wayland-77 "$PROBE"
  assert_match '^notice: '
}

@test "locked, and the provider ends while it asks" {
  start_fake_keyring locked,vanish=0.5
  assert_trouble 1 broke 'the keychain has gone away in the middle' 3000 \
    env DISPLAY=:77 "$PROBE"
}

@test "an item that is locked by itself" {
  start_fake_keyring private,accept=0
  "$PROBE" fill p: 3
  assert_trouble 3 locked '.* is locked, and there is no display' 1000 \
    "$PROBE" check p: 3
  run env DISPLAY=:77 "$PROBE" check p: 3
  assert_status 0
  assert_match '3 of 3 right'
  # All at once.
  [ "$(grep -c '^Prompt$' "$FAKE_CALLS")" = 1 ]
}

@test "a question for form's sake is no question" {
  start_fake_keyring ask,accept=0
  run env DISPLAY=:77 "$PROBE" store name value , store name value , lookup name - , delete name
  assert_status 0
  assert_match 'a value'
  [[ $output != *notice* ]]
}

@test "a question before a write" {
  start_fake_keyring ask,accept=1
  run env DISPLAY=:77 "$PROBE" store name value
  assert_status 0
  assert_match 'notice: waiting for an answer'
  stop_keyring
  start_fake_keyring ask,dismiss=0
  assert_trouble 3 locked '.* was not changed: the question was dismissed' \
    1000 "$PROBE" store name value
  stop_keyring
  start_fake_keyring ask
  assert_trouble 3 locked '.* wants to be asked, and there is no display' \
    5500 "$PROBE" store name value
  # The window goes away with us.
  wait_for 5 grep -q Dismiss "$FAKE_CALLS"
}

@test "Ctrl-C ends the command and the helper while a person is asked" {
  start_fake_keyring locked
  start_background asking env --default-signal=INT DISPLAY=:77 \
    setsid "$PROBE" lookup name -
  wait_for 10 grep -q notice "$BATS_TEST_TMPDIR/asking.log"
  local helper
  helper=$(pgrep -P "$BACKGROUND_PID")
  kill -INT -- "-$BACKGROUND_PID"
  wait "$BACKGROUND_PID" || [ $? = 130 ]
  wait_for 5 gone "$helper"
}

# gone PID
gone() { ! kill -0 "$1" 2>/dev/null; }

@test "the helper ends with the command, whatever it waits for" {
  start_fake_keyring locked
  start_background asking env DISPLAY=:77 "$PROBE" lookup name -
  wait_for 10 grep -q notice "$BATS_TEST_TMPDIR/asking.log"
  local helper
  helper=$(pgrep -P "$BACKGROUND_PID")
  kill -KILL "$BACKGROUND_PID"
  wait "$BACKGROUND_PID" || :
  wait_for 5 gone "$helper"
}

@test "an item that is too large for us, or has no name" {
  start_fake_keyring works
  head -c 131072 /dev/zero >large
  secret_service store large <large
  assert_trouble 1 broke ".*holds more than 131071 bytes in the item 'large'" 1000 \
    "$PROBE" lookup large -
  assert_trouble 1 broke '.*' 1000 "$PROBE" store large large
  assert_trouble 1 broke '.*' 1000 "$PROBE" lookup '' -
  assert_trouble 1 broke '.*no plain text' 1000 "$PROBE" lookup $'\xff' -
  assert_works
}

@test "limits of the caller's are no trouble" {
  start_keyring
  head -c 131071 /dev/urandom >large
  # A thread's stack is as large as this one, without a word.
  (ulimit -S -s 1048576 && "$PROBE" store large large , lookup large out)
  cmp large out
  (ulimit -S -l 0 && "$PROBE" store large large , lookup large out)
  (ulimit -S -n 16 && "$PROBE" store large large , lookup large out)
  cmp large out
}

@test "nobody but the launcher starts it" {
  run "$PREFIX/libexec/agentsecrets/agentsecrets-keychain" </dev/null
  assert_status 1
  assert_match 'agentsecrets starts this, not you'
  run "$PREFIX/libexec/agentsecrets/agentsecrets-keychain" --version
  assert_status 0
  assert_match '^agentsecrets-keychain '
}
