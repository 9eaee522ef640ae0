#!/usr/bin/env bats
# Each copy of the values on this machine has a base of its own: what one
# agrees with says nothing about another, and what was never compared may be
# older than anything. No old value goes back to the server.
# long with sanitizers
load lib
remember_passwords
load team
load keychain

setup() { start_keyring; }
teardown() { end_all; }

# alone [INIT-OPTION...]: an account of this machine with a keychain; A=1 B=2.
alone() {
  fresh_home one
  new_account web --key-store keychain "$@"
  PROJECT=$(python3 -c 'import json; print(json.load(open(
    ".agentsecrets/project.json"))["project_id"])')
  agentsecrets set A=1 B=2
}

# team [INIT-OPTION...]: the same at a server, and another machine.
team() {
  # shellcheck disable=SC2034 # for team.bash
  KIT=$BATS_TEST_TMPDIR/kit.txt KIT_PASSPHRASE=$BATS_TEST_TMPDIR/passphrase
  random_canary "$KIT_PASSPHRASE" 24
  start_server
  alone --server "$SERVER_URL" --email alice@example.com \
    --name 'Alice Liddell' "$@"
  (
    unset DBUS_SESSION_BUS_ADDRESS
    next_machine other
  )
}

there() { on other env -u DBUS_SESSION_BUS_ADDRESS "$@"; }
no_bus() { env -u DBUS_SESSION_BUS_ADDRESS "$@"; }
entry() { printf '%s:development:%s' "$PROJECT" "$1"; }
item() { secret_service get "$(entry "$1")"; }
set_item() { printf %s "$2" | secret_service store "$(entry "$1")"; }
value() { agentsecrets env --fresh --only "$1" -- printenv "$1"; }

# mode 1|2: what project.json says of the storage.
mode() {
  python3 - "$1" <<'PYTHON'
import json, sys
path = ".agentsecrets/project.json"
with open(path) as file:
    project = json.load(file)
project["storage_mode"] = int(sys.argv[1])
with open(path, "w") as file:
    json.dump(project, file)
PYTHON
}

vault_files() { find "$AGENTSECRETS_HOME/vault" -name "$PROJECT*"; }

# second_checkout: of the same project, beside the first.
second_checkout() {
  SECOND=$BATS_TEST_TMPDIR/second
  mkdir -p "$SECOND"
  cp -a . "$SECOND/"
}
in_second() { (cd "$SECOND" && "$@"); }

@test "mode 2: items that could not follow are behind, not changed, in mode 1" {
  alone --storage-mode 2
  run no_bus agentsecrets set A=2
  assert_status 1
  assert_match 'stored, but not in the keychain yet: A: '
  [ "$(item A)" = 1 ]
  export AGENTSECRETS_STORAGE_MODE=1
  run agentsecrets push
  assert_status 0
  assert_match 'there is nothing to push'
  [ "$(value A)" = 2 ]
  [ "$(item A)" = 2 ]
}

@test "a file that was left in mode 1 is behind when mode 2 comes back" {
  alone --storage-mode 2
  for store in keychain sealed; do
    agentsecrets key-store "$store"
    mode 1
    agentsecrets set "A=$store"
    mode 2
    run agentsecrets push
    assert_status 0
    [ "$(value A)" = "$store" ]
    grep -Fx "A=$store" .env.development
  done
}

@test "items that stayed behind in a keychain are not pushed when it is back" {
  alone
  run no_bus agentsecrets key-store sealed
  assert_status 1
  no_bus agentsecrets set A=2
  [ "$(item A)" = 1 ]
  agentsecrets key-store keychain
  run agentsecrets push
  assert_status 5
  assert_one_error 'changed here and on the server: A$'
  [ "$(value A)" = 2 ]
  agentsecrets pull --force
  [ "$(item A)" = 2 ]
}

@test "nor are those that were there before the keychain was the store" {
  alone
  agentsecrets key-store sealed
  set_item A old
  agentsecrets key-store keychain
  run agentsecrets push
  assert_status 5
  [ "$(value A)" = 1 ]
  # What has the vault's value, or none, is no question.
  set_item A 1
  agentsecrets set C=3
  [ "$(item B)" = 2 ]
  run agentsecrets diff
  [ -z "$output" ] || fail "$output"
}

@test "leaving the keychain takes no value along that was never pushed" {
  alone
  set_item A mine
  run no_bus agentsecrets key-store sealed
  assert_status 1
  run agentsecrets key-store sealed
echo "$output"; item A || echo gone; ls -l $AGENTSECRETS_HOME/vault; cat $AGENTSECRETS_HOME/vault/*
  assert_status 0
  assert_match 'web/development these stay in the keychain, .* never pushed: A'
  [ "$(item A)" = mine ]
  [ "$(secret_service count "$(entry B)")" = 0 ]
  # The way back.
  agentsecrets key-store keychain
  agentsecrets push --force
  [ "$(value A)" = mine ]
}

@test "a checkout that was trusted later has a file that was never compared" {
  alone --storage-mode 2
  second_checkout
  agentsecrets set A=2
  in_second agentsecrets trust
  run in_second agentsecrets push
  assert_status 5
  assert_one_error 'changed here and on the server: A$'
  [ "$(value A)" = 2 ]
}

@test "two checkouts that keep files follow each by itself" {
  team --storage-mode 2
  second_checkout
  in_second agentsecrets trust
  in_second agentsecrets pull
  for i in 2 3 4; do
    there agentsecrets pull
    there agentsecrets set "A=$i"
    agentsecrets pull
    grep -Fx "A=$i" .env.development
  done
  [ "$(grep ^A= "$SECOND/.env.development")" = A=1 ]
  run in_second agentsecrets push
  assert_status 0
  grep -Fx A=4 "$SECOND/.env.development"
  # A change here beside a name that is behind.
  there agentsecrets pull
  there agentsecrets set A=5
  agentsecrets pull
  sed -i 's/^B=.*/B=mine/' "$SECOND/.env.development"
  in_second agentsecrets push
  [ "$(value A)" = 5 ]
  [ "$(value B)" = mine ]
}

@test "deleting a project takes along what its copies agree with" {
  alone --storage-mode 2
  vault_files | grep .
  agentsecrets project delete web --yes
  ! vault_files | grep .
}

@test "an item that is no value, of another program, stops no other name" {
  alone
  head -c 200000 /dev/zero | tr '\0' x | secret_service store "$(entry HUGE)"
  agentsecrets set A=2
  [ "$(item A)" = 2 ]
  # What it needs to read it says, and that the server has it.
  run agentsecrets set HUGE=1 A=3
  assert_status 1
  assert_match "stored, but not in the keychain yet: A, HUGE: .* item '$(entry HUGE)'"
  run agentsecrets pull
  assert_status 1
  assert_match "not in the keychain yet: A, HUGE: .* item '$(entry HUGE)'"
  run agentsecrets push
  assert_status 1
  assert_one_error "131071 bytes in the item '$(entry HUGE)'"
  secret_service delete "$(entry HUGE)"
  agentsecrets pull
  [ "$(item HUGE)" = 1 ]
  [ "$(item A)" = 3 ]
}

@test "a value with a NUL byte, of another program, is no environment" {
  alone
  printf 'a\0b' | secret_service store "$(entry NUL)"
  run agentsecrets push
  assert_status 1
  assert_one_error "'NUL' holds a NUL byte"
  run agentsecrets env --only NUL -- true
  assert_status 125
  assert_one_error "'NUL' holds a NUL byte"
  agentsecrets set B=3
  [ "$(item B)" = 3 ]
}

@test "a session item of another make is no session, and a login mends it" {
  team
  name=user_tokens
  [ "$(secret_service count $name)" = 1 ]
  for text in '' x '[]' '{"access_token": 5}' $'a\nb' \
    "$(head -c 20000 /dev/zero | tr '\0' x)"; do
    printf %s "$text" | secret_service store $name
    run agentsecrets pull
    assert_status 3
    assert_one_error 'not logged in$|your session is over$'
    assert_match "hint: run 'agentsecrets login'"
  done
  agentsecrets login
  agentsecrets pull
}
