#!/usr/bin/env bats
# Values in the keychain, beside other programs that read and write them.
# long with sanitizers
load lib
remember_passwords
load team
load keychain
load items

setup() {
  start_server
  start_keyring
}
teardown() { end_all; }

# team: this machine with a keychain, another without; A=1 B=2 on both.
team() {
  keychain_account --server "$SERVER_URL" --email alice@example.com \
    --name 'Alice Liddell'
  agentsecrets set A=1 B=2
  other_machine
  there agentsecrets pull
}

# shown NAME: label and attributes. gnome-keyring gives the first item that it
# ever gets a further one.
shown() {
  secret_service show "$(entry "$1")" |
    sed "s/$(entry "$1")/NAME/; s/, \"xdg:schema\": [^,}]*//"
}

@test "set and delete: other programs find the values, with two attributes" {
  keychain_account
  agentsecrets set A=one B=two
  [ "$(item A)" = one ]
  [ "$(item B)" = two ]
  # As another client's, but for the name.
  set_item C three
  diff <(shown A) <(shown C)
  shown A | grep -Fx 'attributes {"service": "AgentSecrets", "username": "NAME"}'
  [ "$(secret_service get "$(entry A)")" = one ]
  agentsecrets set A=again
  [ "$(item A)" = again ]
  [ "$(secret_service count "$(entry A)")" = 1 ]
  agentsecrets delete A
  run item A
  assert_status 1
  [ "$(item B)" = two ]
  [ "$(behind)" = 0 ]
}

@test "every environment has items of its own" {
  keychain_account
  agentsecrets set A=dev
  agentsecrets set -e production A=prod
  [ "$(item A)" = dev ]
  [ "$(item A production)" = prod ]
}

@test "values are bytes: empty, long, not UTF-8" {
  keychain_account
  head -c 100000 /dev/urandom | tr '\0' x >"$WORK/bytes"
  agentsecrets set EMPTY= BYTES=@bytes
  secret_service get "$(entry BYTES)" | cmp - bytes
  run secret_service get "$(entry EMPTY)"
  assert_status 0
  [ -z "$output" ]
  # The base of neither is in doubt.
  [ "$(behind)" = 0 ]
  run agentsecrets diff
  [ -z "$output" ]
  printf '\200\377' | secret_service store "$(entry OTHER)"
  agentsecrets push
  agentsecrets get OTHER | cmp - <(printf '\200\377')
}

@test "push FILE and pull write items; pull fills an empty keychain" {
  team
  [ "$(item A)" = 1 ]
  printf 'A=file\nC=new\n' >a.env
  agentsecrets push a.env
  [ "$(item A)" = file ]
  [ "$(item C)" = new ]
  there agentsecrets pull
  there agentsecrets set A=theirs
  there agentsecrets delete C
  agentsecrets pull
  [ "$(item A)" = theirs ]
  run item C
  assert_status 1
  clear_item A
  clear_item B
  agentsecrets pull
  [ "$(item A)" = theirs ]
  [ "$(item B)" = 2 ]
}

@test "what another program changes or adds is a change made here" {
  team
  set_item A mine
  set_item NEW added
  run agentsecrets diff
  [ "$output" = 'only here     NEW
changed here  A' ] || fail "$output"
  # The vault is what 'env' and 'get' go by, until it is pushed.
  [ "$(agentsecrets get A)" = 1 ]
  run agentsecrets push
  assert_status 0
  assert_line 'stored A, NEW in web/development'
  [ "$(value_there A)" = mine ]
  [ "$(value_there NEW)" = added ]
  run agentsecrets diff
  [ -z "$output" ]
  run agentsecrets push
  assert_match 'there is nothing to push'
}

@test "an item that another program deleted is put back, not deleted there" {
  team
  clear_item A
  run agentsecrets diff
  [ "$output" = 'only there    A' ]
  run agentsecrets push
  assert_status 0
  [ "$(value_there A)" = 1 ]
  agentsecrets pull
  [ "$(item A)" = 1 ]
}

@test "pull keeps what was changed here only" {
  team
  set_item A mine
  there agentsecrets set B=theirs
  agentsecrets pull
  [ "$(item A)" = mine ]
  [ "$(item B)" = theirs ]
  agentsecrets push
  [ "$(value_there A)" = mine ]
}

@test "changed here and there: pull and push say so, --force decides" {
  team
  set_item A mine
  there agentsecrets set A=theirs
  run agentsecrets pull
  assert_status 5
  assert_one_error 'changed here and on the server: A$'
  [ "$(item A)" = mine ]
  run agentsecrets push
  assert_status 5
  [ "$(value_there A)" = theirs ]
  # Also when the vault knows theirs already.
  agentsecrets env --fresh -- true
  run agentsecrets push
  assert_status 5
  assert_one_error 'changed here and on the server: A$'
  run agentsecrets diff
  assert_line 'changed both  A'
  agentsecrets pull --force
  [ "$(item A)" = theirs ]
  set_item A mine
  there agentsecrets set A=later
  agentsecrets push --force
  [ "$(value_there A)" = mine ]
}

@test "env --fresh and the first fetch of list touch no item, and break none" {
  team
  there agentsecrets set A=theirs C=new
  [ "$(agentsecrets env --fresh -- printenv A)" = theirs ]
  [ "$(item A)" = 1 ]
  run item C
  assert_status 1
  [ "$(behind)" = 2 ]
  # Nothing old goes back; what is behind comes along.
  run agentsecrets push
  assert_status 0
  [ "$(value_there A)" = theirs ]
  [ "$(item A)" = theirs ]
  [ "$(item C)" = new ]
  [ "$(behind)" = 0 ]
  there agentsecrets set A=later
  rm "$AGENTSECRETS_HOME/vault"/*
  agentsecrets list
  run agentsecrets push
  assert_status 5
  [ "$(value_there A)" = later ]
}

@test "set completes what is behind" {
  team
  there agentsecrets set A=theirs
  there agentsecrets delete B
  agentsecrets env --fresh -- true
  agentsecrets set D=4
  [ "$(item A)" = theirs ]
  run item B
  assert_status 1
  [ "$(item D)" = 4 ]
  [ "$(behind)" = 0 ]
}

@test "env and get take an item for a name that the vault lacks" {
  keychain_account
  agentsecrets set A=1
  set_item ONLY_HERE there
  [ "$(agentsecrets env --only ONLY_HERE -- printenv ONLY_HERE)" = there ]
  [ "$(agentsecrets env --only A,ONLY_HERE -- sh -c 'echo $A $ONLY_HERE')" = \
    '1 there' ]
  [ "$(agentsecrets get ONLY_HERE)" = there ]
  # Only where it is asked for by its name.
  run agentsecrets env -- printenv ONLY_HERE
  assert_status 1
  run agentsecrets env --only 'ONLY*' -- true
  assert_status 125
  run agentsecrets env --only NOWHERE -- true
  assert_status 125
  assert_one_error NOWHERE
  # A deleted name is not brought back by what is left of it.
  agentsecrets delete A
  set_item A old
  run agentsecrets env --only A -- true
  assert_status 125
  run agentsecrets get A
  assert_status 1
}

@test "env takes an item for a name that project.json lists" {
  keychain_account
  agentsecrets set A=1
  python3 - <<'PYTHON'
import json
path = ".agentsecrets/project.json"
with open(path) as file:
    project = json.load(file)
project["names"] = {"development": ["A", "LISTED"]}
with open(path, "w") as file:
    json.dump(project, file)
PYTHON
  agentsecrets trust
  run agentsecrets env -- true
  assert_status 125
  assert_one_error LISTED
  set_item LISTED there
  [ "$(agentsecrets env -- printenv LISTED)" = there ]
}

@test "the names of the first clients count for development" {
  keychain_account
  agentsecrets set A=1
  set_old_item OLD old
  [ "$(agentsecrets env --only OLD -- printenv OLD)" = old ]
  run agentsecrets env -e production --only OLD -- true
  assert_status 125
  # The new name comes first, and is what is written.
  run agentsecrets push
  assert_line 'stored OLD in web/development'
  [ "$(item OLD)" = old ]
  agentsecrets set OLD=new
  [ "$(item OLD)" = new ]
  [ "$(old_item OLD)" = old ]
  run agentsecrets diff
  [ -z "$output" ]
  agentsecrets delete OLD
  run old_item OLD
  assert_status 1
  run item OLD
  assert_status 1
  # The old one goes where there is no other.
  agentsecrets set OLD=again
  clear_item OLD
  set_old_item OLD again
  agentsecrets delete OLD
  run old_item OLD
  assert_status 1
}

@test "storage mode 2: the file is the local side, the items follow it" {
  keychain_account --storage-mode 2
  agentsecrets set A=1 B=2
  [ "$(item A)" = 1 ]
  set_item A elsewhere
  run agentsecrets diff
  [ -z "$output" ]
  run agentsecrets push
  assert_line '2 unchanged'
  sed -i 's/^A=1/A=mine/' .env.development
  agentsecrets push
  [ "$(item A)" = mine ]
  clear_item B
  agentsecrets pull
  [ "$(item B)" = 2 ]
  agentsecrets delete B
  run item B
  assert_status 1
}

# no_bus COMMAND...: as in a session without a desktop.
no_bus() { run env -u DBUS_SESSION_BUS_ADDRESS "$@"; }

@test "without the keychain: names, exit 1, and the next command completes" {
  keychain_account
  agentsecrets set A=1 B=2
  no_bus agentsecrets set A=new C=3
  assert_status 1
  assert_match 'agentsecrets: stored, but not in the keychain yet: A, C: '
  [ "$(agentsecrets env -- sh -c 'echo $A$C')" = new3 ]
  [ "$(item A)" = 1 ]
  no_bus agentsecrets delete B
  assert_status 1
  assert_match 'agentsecrets: stored, but not in the keychain yet: A, B, C: '
  # It cannot say what is changed in there.
  no_bus agentsecrets push
  [ "$status" != 0 ]
  no_bus agentsecrets pull
  assert_status 1
  assert_match 'agentsecrets: not in the keychain yet: A, B, C: '
  agentsecrets push
  [ "$(item A)" = new ]
  [ "$(item C)" = 3 ]
  run item B
  assert_status 1
  [ "$(behind)" = 0 ]
  no_bus agentsecrets delete C
  assert_status 1
  assert_match 'agentsecrets: deleted, but still in the keychain: C: '
  agentsecrets set D=4
  run item C
  assert_status 1
  # With nothing left to do there is only a warning.
  no_bus agentsecrets pull
  assert_status 0
  assert_match 'warning: the keychain was not looked at: '
}

@test "a provider that dies in the middle: the names, exit 1, completed later" {
  keychain_account
  agentsecrets set NAME_1=before
  for n in $(seq 150); do echo "NAME_$n=value-$n"; done >many.env
  start_background push agentsecrets push many.env
  wait_for 20 has_item NAME_100
  kill -9 "$(provider_pid)"
  ! wait "$BACKGROUND_PID" || fail 'the push was through already'
  run cat "$BATS_TEST_TMPDIR/push.log"
  assert_one_error 'stored, but not in the keychain yet: NAME_[0-9]*, .*more: '
  left=$(behind)
  [ "$left" -ge 1 ]
  [ "$left" -lt 150 ]
  [ "$(agentsecrets env -- printenv NAME_99)" = value-99 ]
  start_keyring
  agentsecrets set OTHER=1
  [ "$(behind)" = 0 ]
  for n in $(seq 150); do
    [ "$(item "NAME_$n")" = "value-$n" ] || fail "NAME_$n is not there"
  done
}

@test "a keychain that has other values already does not change the server's" {
  fresh_home
  new_account web --key-store sealed
  # shellcheck disable=SC2034 # for set_item
  PROJECT=$(project_id)
  agentsecrets set A=1 B=2
  set_item A stale
  agentsecrets key-store keychain
  run agentsecrets push
  assert_status 5
  assert_one_error 'changed here and on the server: A$'
  run agentsecrets pull
  assert_status 5
  agentsecrets pull --force
  [ "$(item A)" = 1 ]
  [ "$(item B)" = 2 ]
  [ "$(agentsecrets env --fresh -- printenv A)" = 1 ]
  [ "$(behind)" = 0 ]
}

@test "KeePassXC keeps them as well" {
  stop_keyring
  start_keepassxc
  keychain_account
  printf 'A=one\nB=two\n' >a.env
  agentsecrets push a.env
  [ "$(item A)" = one ]
  # It wants a prompt for replacing one.
  clear_item B
  set_item B mine
  set_item C added
  run agentsecrets diff
  [ "$output" = 'only here     C
changed here  B' ] || fail "$output"
  agentsecrets push
  [ "$(agentsecrets get B)" = mine ]
  [ "$(agentsecrets get C)" = added ]
  agentsecrets delete A
  run item A
  assert_status 1
  clear_item B
  agentsecrets pull
  [ "$(item B)" = mine ]
  [ "$(behind)" = 0 ]
}
