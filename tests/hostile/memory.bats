#!/usr/bin/env bats
# At the entry of the execve that starts the command, and where a command of
# ours ends, all memory of all our live processes is searched for every value,
# key, token and password, in every form. On a kernel with secret memory the
# arena is out of reach and nothing may be found; without it the one copy in
# the arena is what the command is about to get.
# product build only
load ../e2e/lib
load ../e2e/keychain

setup() {
  needs_root # only root reads the memory of what is not dumpable
  fresh_home
  # How many values, and how long each is.
  n=50
  mkdir values keys
  scan=$TOOLS/tests/lib/memscan
  stop=$TOOLS/tests/lib/execstop
}

teardown() { end_all; }

# made_values: a secret for each file in values/.
made_values() {
  local i
  for i in $(seq "$n"); do
    random_canary "values/VALUE_$i" 48
    printf 'VALUE_%d=%s\n' "$i" "$(<"values/VALUE_$i")"
  done >all.env
  agentsecrets push all.env
}

# account: one account and all that must not be found besides the values.
account() {
  new_account web "$@"
  made_values
  "$TOOLS/tests/e2e/account_keys" "$PASSWORD_FILE" keys
  cp "$PASSWORD_FILE" keys/password
}

networked_account() {
  start_server
  account --server "$SERVER_URL" --email ada@example.org --name 'Ada Byron'
  python3 - <<'PYTHON'
import json, os
session = json.load(open(os.environ["AGENTSECRETS_HOME"] + "/token.json"))
for name in ("access_token", "refresh_token"):
    open("keys/" + name, "w").write(session[name])
PYTHON
}

# at_exec SECRETS COMMAND...: search at the execve after the launcher's own.
at_exec() {
  local secrets=$1
  shift
  "$stop" "${at:-2}" "$scan" "$secrets" -- "$@"
}

# only_in_the_arena: each value once, plain, and all in one mapping that is no
# heap, no stack and no file.
only_in_the_arena() {
  local finds
  finds=$(grep '^VALUE_' <<<"$output")
  [ "$(wc -l <<<"$finds")" = "$n" ]
  [ "$(cut -d' ' -f1 <<<"$finds" | sort -u | wc -l)" = "$n" ]
  [ "$(cut -d' ' -f2 <<<"$finds" | sort -u)" = plain ]
  [ "$(cut -d' ' -f3 <<<"$finds" | sort -u | wc -l)" = 1 ]
  grep -q ' [0-9]*:anonymous ' <<<"$finds"
}

# has_secret_memory: whether this kernel does.
has_secret_memory() {
  python3 -c 'import ctypes, sys
sys.exit(ctypes.CDLL(None).syscall(447, 0) < 0)'
}

@test "nothing is found where the kernel has secret memory" {
  has_secret_memory || skip 'this kernel has no memfd_secret'
  networked_account
  run at_exec values agentsecrets env -- true
  assert_status 0
  assert_match '# unreadable [0-9]+:/secretmem'
  run at_exec keys agentsecrets env -- true
  assert_status 0
}

@test "nothing is found after asking the server and stretching the password" {
  has_secret_memory || skip 'this kernel has no memfd_secret'
  networked_account
  run at_exec values agentsecrets env --fresh -- true
  assert_status 0
  run at_exec keys agentsecrets env --fresh -- true
  assert_status 0
}

@test "without secret memory only the arena has the values, and no key" {
  networked_account
  at=3
  run at_exec values "$TOOLS/tests/lib/without" memfd_secret \
    agentsecrets env -- true
  assert_status 1
  only_in_the_arena
  run at_exec keys "$TOOLS/tests/lib/without" memfd_secret \
    agentsecrets env -- true
  assert_status 0
  run at_exec keys "$TOOLS/tests/lib/without" memfd_secret \
    agentsecrets env --fresh -- true
  assert_status 0
}

# no_key_at_exec: with secret memory, if there is any, and without.
no_key_at_exec() {
  unset AGENTSECRETS_PASSWORD_FILE
  run at_exec keys agentsecrets env -- true
  assert_status 0
  at=3
  run at_exec values "$TOOLS/tests/lib/without" memfd_secret \
    agentsecrets env -- true
  assert_status 1
  only_in_the_arena
  run at_exec keys "$TOOLS/tests/lib/without" memfd_secret \
    agentsecrets env -- true
  assert_status 0
}

@test "a key that lies in config.json was in the arena only, and is gone" {
  account --key-store config
  grep -q '"key": "[^"]' "$AGENTSECRETS_HOME/config.json"
  no_key_at_exec
}

@test "a key from the keychain was in the arena only, and is gone" {
  start_keyring
  account --key-store keychain
  no_key_at_exec
}

@test "no helper is alive when the launcher becomes the command" {
  start_keyring
  account --key-store keychain
  run "$stop" 2 sh -c 'for pid; do cat "/proc/$pid/comm"; done' - -- \
    agentsecrets env -- true
  assert_status 0
  [ "$output" = agentsecrets ]
}

@test "what is not selected is not opened" {
  account
  at=3
  run at_exec values "$TOOLS/tests/lib/without" memfd_secret \
    agentsecrets env --only VALUE_7 -- true
  assert_status 1
  [ "$(grep -c '^VALUE_' <<<"$output")" = 1 ]
  assert_match '^VALUE_7 plain '
}

@test "set forgets its operand, its key and its password before it ends" {
  account
  random_canary keys/operand
  run "$stop" exit "$scan" keys -- \
    "$TOOLS/tests/lib/without" memfd_secret \
    sh -c 'exec agentsecrets set "OPERAND=$(cat keys/operand)"'
  assert_status 0
  # And it is what was set.
  [ "$(agentsecrets get OPERAND)" = "$(cat keys/operand)" ]
}

@test "import and export leave the values in their file only" {
  account
  agentsecrets export all.json
  # To see that there is something to find.
  run "$scan" values all.json
  assert_status 1
  for command in 'import --force all.json' 'export --force all.json' \
    'import --force all.env' 'export --force all.env'; do
    # shellcheck disable=SC2086 # the words of a command
    run "$stop" exit "$scan" values -- \
      "$TOOLS/tests/lib/without" memfd_secret agentsecrets $command
    assert_status 0
    # shellcheck disable=SC2086
    run "$stop" exit "$scan" keys -- \
      "$TOOLS/tests/lib/without" memfd_secret agentsecrets $command
    assert_status 0
  done
}

@test "the net helper never had a key or a value" {
  networked_account
  rm keys/access_token keys/refresh_token
  run "$stop" exit:agentsecrets-net sh -c '
    secrets=$1; shift
    for pid; do
      case $(cat /proc/$pid/comm) in
      agentsecrets-ne*) helper=$pid ;;
      esac
    done
    "$0" "$secrets" "$helper"' "$scan" keys -- \
    agentsecrets env --fresh -- true
  assert_status 0
}

# If the wiping is taken away, the tests above must see it.
@test "a launcher whose wiping does nothing is caught" {
  account
  gcc -shared -fPIC -x c -o "$BATS_TEST_TMPDIR/nowipe.so" - <<'C'
#include <stddef.h>
void sodium_memzero(void *p, size_t n) { (void)p; (void)n; }
void sodium_stackzero(size_t n) { (void)n; }
void explicit_bzero(void *p, size_t n) { (void)p; (void)n; }
void __explicit_bzero_chk(void *p, size_t n, size_t room)
{ (void)p; (void)n; (void)room; }
C
  at=4
  run at_exec keys "$TOOLS/tests/lib/without" memfd_secret \
    env LD_PRELOAD="$BATS_TEST_TMPDIR/nowipe.so" agentsecrets env -- true
  assert_status 1
  assert_match 'workspace-key plain'
}
