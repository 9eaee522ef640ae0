#!/usr/bin/env bats
# What an honest server and honest people do alarms nobody: deletions, names
# that come back, a restored server that was repaired; on a machine with files,
# one with a keychain and one with neither.
# long with sanitizers
load lib
remember_passwords
load team
load keychain
load items

setup() {
  start_server
  start_keyring
  keychain_account --server "$SERVER_URL" --email alice@example.com \
    --name 'Alice Liddell' >&2
  agentsecrets set A=1 B=2 C=3 >&2
  other_machine >&2
  (
    unset DBUS_SESSION_BUS_ADDRESS
    # shellcheck disable=SC2034 # for next_machine
    KIT=$BATS_TEST_TMPDIR/kit.txt KIT_PASSPHRASE=$BATS_TEST_TMPDIR/passphrase
    next_machine files
    AGENTSECRETS_STORAGE_MODE=2 agentsecrets pull
  ) >&2
  there agentsecrets pull >&2
}
teardown() { end_all; }

# calm COMMAND...: it succeeds, and warns of nothing.
calm() {
  run agentsecrets "$@"
  assert_status 0
  [[ ! $output =~ warning|refused|older|holds.back|conflict|changed.on ]] ||
    fail "'$*' is alarmed:" "$output"
}

# at HOME COMMAND...: on that machine.
at() {
  local name=$1
  shift
  (
    use_home "$name"
    case $name in
    files) export AGENTSECRETS_STORAGE_MODE=2 ;;
    other) unset DBUS_SESSION_BUS_ADDRESS ;;
    esac
    "$@"
  )
}

# all_calm NAMES: everywhere, whatever is asked, and these names are there.
all_calm() {
  local home
  for home in one files other; do
    at "$home" reads "$home" "$1"
  done
}

reads() {
  local name
  calm env --fresh -- true
  calm diff
  calm list --remote
  for name in A B C; do
    calm history "$name"
  done
  calm pull
  calm push
  run -0 agentsecrets list
  [ "$(paste -sd ' ' <<<"$output")" = "$2" ] || fail "'$1' has" "$output"
  run agentsecrets diff --exit-code
  assert_status 0
  run -0 agentsecrets trust accept-rollback
  [[ $output == *'shows nothing'* ]] || fail "$output"
}

@test "a deletion, a name that is back, and all of it deleted" {
  at other agentsecrets delete B
  all_calm 'A C'
  run item B
  assert_status 1
  at files agentsecrets set B=back
  all_calm 'A B C'
  [ "$(item B)" = back ]
  at one agentsecrets delete A B C
  all_calm ''
  at files agentsecrets set A=1
  all_calm A
}

@test "names that come and go between two looks" {
  at other agentsecrets set D=1
  at other agentsecrets delete D B
  at other agentsecrets set B=new
  at other agentsecrets delete B
  all_calm 'A C'
  at one agentsecrets set B=2 D=4
  at one agentsecrets delete D
  all_calm 'A B C'
}

@test "a server that was restored, once it was repaired" {
  sqlite3 "$SERVER_DATA/data.sqlite" ".backup $BATS_TEST_TMPDIR/backup"
  at other agentsecrets set A=2 D=new
  at other agentsecrets delete B
  at files agentsecrets pull
  at one agentsecrets pull
  sqlite3 "$SERVER_DATA/data.sqlite" ".restore $BATS_TEST_TMPDIR/backup"
  run -6 at one agentsecrets pull
  at one agentsecrets trust accept-rollback --ours -y
  all_calm 'A C D'
  [ "$(item A)" = 2 ]
  sqlite3 "$SERVER_DATA/data.sqlite" ".restore $BATS_TEST_TMPDIR/backup"
  for home in one files other; do
    at "$home" agentsecrets trust accept-rollback --theirs -y
  done
  all_calm 'A B C'
  [ "$(item A)" = 1 ]
  grep -qx A=1 "$BATS_TEST_TMPDIR/files/work/.env.development"
  at one agentsecrets set A=3 B=3
  at one agentsecrets delete C
  all_calm 'A B'
}
