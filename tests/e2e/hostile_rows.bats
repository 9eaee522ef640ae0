#!/usr/bin/env bats
# A server that drops, adds, relabels, rolls back, doubles or forges rows, and
# every command that reads what it says: status 6 (125), the names, and nothing
# is changed, here or there.
# long with sanitizers
load lib
remember_passwords
load team

# One machine behind the liar, with a value of its own in the file; another
# one has written A since. Nothing here is ever changed by a test.
setup_file() {
  export AGENTSECRETS_STORAGE_MODE=2
  start_server
  start_liar
  export SERVER_DATA LIES
  new_team >&2
  agentsecrets set A=1 B=b C=c >&2
  agentsecrets set A=2 >&2
  agentsecrets set -e staging A=s B=sb >&2
  agentsecrets pull -e staging >&2
  cp -a "$HOME" "$BATS_FILE_TMPDIR/other"
  (
    export HOME=$BATS_FILE_TMPDIR/other
    export AGENTSECRETS_HOME=$HOME/.agentsecrets
    agentsecrets set A=3 >&2
  )
  rm -r "$BATS_FILE_TMPDIR/other"
  printf 'A=mine\nB=b\nC=c\n' >.env.development
  printf 'A=file\n' >import.env
  cp -a "$BATS_FILE_TMPDIR/one" "$BATS_FILE_TMPDIR/kept"
  sqlite3 "$SERVER_DATA/data.sqlite" ".backup $BATS_FILE_TMPDIR/backup"
  rows >"$BATS_FILE_TMPDIR/rows"
}
teardown_file() { end_all; }

# What a test before this one broke is whole again.
setup() {
  cd "$BATS_FILE_TMPDIR"
  rm -r "$BATS_FILE_TMPDIR/one"
  cp -a "$BATS_FILE_TMPDIR/kept" "$BATS_FILE_TMPDIR/one"
  sqlite3 "$SERVER_DATA/data.sqlite" ".restore $BATS_FILE_TMPDIR/backup"
  use_home one "$BATS_FILE_TMPDIR"
  export AGENTSECRETS_STORAGE_MODE=2
}
teardown() { be_honest; }

rows() {
  sqlite3 "$SERVER_DATA/data.sqlite" 'SELECT * FROM environment;
    SELECT * FROM secret; SELECT * FROM secret_version;'
}

# refused STATUS PATTERN COMMAND...
refused() {
  local expected=$1 pattern=$2
  shift 2
  run agentsecrets "$@"
  [ "$status" = "$expected" ] ||
    fail "'$*' ended with $status, not $expected:" "$output"
  [[ $output =~ $pattern ]] || fail "'$*' does not say '$pattern':" "$output"
  diff -r "$BATS_FILE_TMPDIR/one" "$BATS_FILE_TMPDIR/kept" ||
    fail "'$*' changed something here"
  rows | cmp - "$BATS_FILE_TMPDIR/rows" ||
    fail "'$*' changed something there"
}

# all_refuse KIND PATTERN: whoever reads the list of A's environment.
all_refuse() {
  lie "$1" A
  refused 6 "$2" pull
  refused 6 "$2" pull --theirs
  refused 6 "$2" pull --ours
  refused 6 "$2" pull --force
  refused 6 "$2" pull --to copy.env
  refused 6 "$2" diff
  refused 6 "$2" list --remote
  refused 125 "$2" env --fresh -- touch started
  refused 125 "$2" env --max-age 0s -- touch started
  refused 6 "$2" set --force A=x
  refused 6 "$2" delete --force A
  refused 6 "$2" import --force import.env
  refused 6 "$2" push
  refused 6 "$2" push --ours
  refused 6 "$2" push --theirs
  refused 6 "$2" push --force import.env
  refused 6 "$2" push --prune --yes import.env
  refused 6 "$2" environment copy --force development staging
  refused 6 "$2" environment copy --force staging development
  refused 6 "$2" environment merge --ours development staging
  refused 6 "$2" environment merge --theirs staging development
  refused 6 "$2" environment clean --yes development
  refused 6 "$2" diff --from development --to staging
  refused 6 "$2" diff --from staging --to development
}

@test "without a lie the home is as good as any" {
  cp -a "$BATS_FILE_TMPDIR/one/home" "$BATS_TEST_TMPDIR/home"
  export HOME=$BATS_TEST_TMPDIR/home
  export AGENTSECRETS_HOME=$HOME/.agentsecrets
  run -0 agentsecrets env --fresh -- printenv A
  [ "$output" = 3 ]
  run -0 agentsecrets diff
  run -0 agentsecrets history A
  [ "${#lines[@]}" = 3 ]
  run -0 agentsecrets trust accept-rollback
}

@test "dropped" {
  all_refuse drop 'holds back .*A'
  refused 6 "holds back .*A" history A
  refused 6 "holds back .*A" history A --restore 1
  # What is missing is what a restored server looks like: nobody decided.
  refused 2 'older on the server.*: A' trust accept-rollback
}

@test "added" {
  all_refuse add "value of 'NEW' was not made for this name"
  refused 6 "value of 'A' was not made" history A
  refused 6 "value of 'A' was not made" history A --restore 1
  refused 6 "value of 'NEW' was not made" trust accept-rollback --theirs -y
  refused 6 "value of 'NEW' was not made" trust accept-rollback --ours -y
}

@test "relabelled" {
  all_refuse relabel "value of 'A' was not made for this name"
  refused 6 "value of 'A' was not made" history A
  refused 6 "value of 'A' was not made" trust accept-rollback --theirs -y
  refused 6 "value of 'A' was not made" trust accept-rollback --ours -y
}

@test "rolled back" {
  all_refuse rollback "value of 'A' is older than one that was seen before"
  refused 6 "value of 'A' is older" history A
  refused 6 "value of 'A' is older" history A --restore 1
  refused 2 'older on the server.*: A' trust accept-rollback
}

@test "doubled" {
  all_refuse double "sent 'A' twice"
  refused 6 "version 3 of 'A' twice" history A
  refused 6 "sent 'A' twice" trust accept-rollback --theirs -y
  refused 6 "sent 'A' twice" trust accept-rollback --ours -y
}

@test "forged" {
  all_refuse forge "value of 'A' does not open"
  refused 6 "value of 'A' does not open" history A
  refused 6 "value of 'A' does not open" trust accept-rollback --theirs -y
  refused 6 "value of 'A' does not open" trust accept-rollback --ours -y
}
