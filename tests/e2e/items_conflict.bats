#!/usr/bin/env bats
# Values in the keychain that were changed there and on the server, or are not
# there any more.
# long with sanitizers
load lib
load team
load keychain
load items
remember_passwords

setup() {
  start_server
  start_keyring
}
teardown() { end_all; }

# conflict: A has other values here and there, B only here, C only there.
conflict() {
  keychain_account --server "$SERVER_URL" --email alice@example.com \
    --name 'Alice Liddell'
  agentsecrets set A=1 B=1 C=1
  other_machine
  there agentsecrets pull
  there agentsecrets set A=theirs C=theirs
  set_item A mine
  set_item B mine
}

# items A B C: what the keychain has of them.
items() { [ "$(item A) $(item B) $(item C)" = "$*" ]; }
names_there() { there agentsecrets pull -q && there agentsecrets list; }

no_bus() {
  run env -u DBUS_SESSION_BUS_ADDRESS "$@"
}

@test "without a terminal: 5, the names, and nothing is changed" {
  conflict
  before=$(cat "$AGENTSECRETS_HOME"/vault/*)
  for command in push pull; do
    run agentsecrets "$command"
    assert_status 5
    assert_one_error 'changed here and on the server: A$'
    items mine mine 1
    [ "$(cat "$AGENTSECRETS_HOME"/vault/*)" = "$before" ]
  done
  [ "$(value_there B)" = 1 ]
}

@test "push: ours and theirs" {
  conflict
  run agentsecrets push --theirs
  assert_status 0
  assert_line 'stored B in web/development'
  assert_line 'took A from the server'
  items theirs mine theirs
  there agentsecrets pull
  there agentsecrets set A=again
  set_item A mine
  run agentsecrets push --ours
  assert_status 0
  assert_line 'stored A in web/development'
  items mine mine theirs
  [ "$(value_there A)" = mine ]
  [ "$(behind)" = 0 ]
}

@test "pull: theirs, ours, and what was changed only here" {
  conflict
  agentsecrets pull --theirs
  items theirs mine theirs
  there agentsecrets set A=again
  set_item A mine
  agentsecrets pull --ours
  items mine mine theirs
  run agentsecrets push
  assert_status 0
  assert_line 'stored A, B in web/development'
  agentsecrets set A=2 B=2
  set_item A mine
  agentsecrets pull --force
  items 2 2 theirs
}

@test "a terminal asks for the keychain's, too" {
  conflict
  run python3 "$BATS_TEST_DIRNAME/terminal.py" \
    'expect:A: [m]ine (what is here), [t]heirs (what the server has)' \
    'send:m\n' -- agentsecrets push
  assert_status 0
  items mine mine theirs
  [ "$(value_there A)" = mine ]
}

@test "without the keychain no choice loses anything" {
  # With the embedded server: a session would be in the keychain as well.
  keychain_account
  agentsecrets set A=1 B=1 C=1
  no_bus agentsecrets set A=theirs C=theirs
  set_item A mine
  set_item B mine
  for option in --ours --theirs --force; do
    no_bus agentsecrets pull "$option"
    assert_status 1
    assert_match 'agentsecrets: not in the keychain yet: A, C: '
    items mine mine 1
    no_bus agentsecrets push "$option"
    [ "$status" != 0 ]
    [ "$(agentsecrets env --only A -- printenv A)" = theirs ]
  done
  # It is still known what was changed on both sides.
  run agentsecrets push
  assert_status 5
  assert_one_error 'changed here and on the server: A$'
  run agentsecrets pull
  assert_status 5
  agentsecrets pull --ours
  items mine mine theirs
  run agentsecrets push
  assert_line 'stored A, B in web/development'
}

@test "what is missing is told, and brought back by pull" {
  conflict
  clear_item C
  there agentsecrets set A=1
  run agentsecrets push
  assert_status 0
  assert_line 'agentsecrets: not in the keychain, and kept: C'
  assert_line 'stored A, B in web/development'
  agentsecrets pull
  items mine mine theirs
}

@test "--prune deletes what is missing, and nothing that is only unreadable" {
  conflict
  there agentsecrets set A=1 C=1
  agentsecrets set D=1
  clear_item C
  # As a keychain leaves it that was killed while it stored: behind, and empty.
  there agentsecrets pull
  there agentsecrets set D=2
  agentsecrets env --fresh -- true
  set_item D ''
  run agentsecrets push --prune
  assert_status 2
  assert_one_error 'this would delete: C$'
  run agentsecrets push --prune -y
  assert_status 0
  assert_line 'deleted C from web/development'
  [ "$(names_there)" = $'A\nB\nD' ]
  [ "$(item D)" = 2 ]
  run item C
  assert_status 1
}

@test "a keychain that lost everything deletes nothing" {
  conflict
  for name in A B C; do clear_item $name; done
  run agentsecrets push --prune -y
  assert_status 1
  assert_one_error 'the keychain has no value at all'
  [ "$(names_there)" = $'A\nB\nC' ]
  agentsecrets pull
  items theirs 1 theirs
}

@test "a keychain that was never compared deletes nothing" {
  conflict
  rm "$AGENTSECRETS_HOME"/vault/*.local
  clear_item C
  run agentsecrets push --prune -y
  assert_status 1
  assert_one_error 'the keychain was never compared with the server'
  [ "$(names_there)" = $'A\nB\nC' ]
}
