#!/usr/bin/env bats
# A file of storage mode 2 that the vault left behind is not a change made
# here: its old values never go back to the server.
# long with sanitizers
load lib
remember_passwords
load team

setup() { start_server; }
teardown() { end_all; }

# on_both: two machines that have A=1 B=2; the second keeps .env.development.
on_both() {
  new_team
  agentsecrets set A=1 B=2
  next_machine two
  mode_two
  agentsecrets pull
}

file() { printf '%s\n' "$@" | diff -u - .env.development; }
# behind: how many names the copies do not have as the vault does.
behind() {
  find "$AGENTSECRETS_HOME/vault" -name '*.local' -exec cat {} + |
    grep -cE '^(secret|deleted) ' || :
}
value() { agentsecrets env --fresh --only "$1" -- printenv "$1"; }

# left_behind: A and the new C moved in the vault, the file is as it was.
left_behind() {
  on_both
  on one agentsecrets set A=theirs C=new
  agentsecrets env --fresh -- true
  file A=1 B=2
}

# nothing_goes_back COMMAND...: what the file had is sent by nobody, and the
# command brings the file up to date.
nothing_goes_back() {
  run "$@"
  assert_status 0
  [ "$(on one value A)" = theirs ] || fail "an old value went back:" "$output"
}

@test "env --fresh leaves the file behind; push sends nothing and renews it" {
  left_behind
  [ "$(behind)" = 2 ]
  nothing_goes_back agentsecrets push
  assert_line '2 unchanged'
  file A=theirs B=2 C=new
  [ "$(behind)" = 0 ]
}

@test "the same with the file named" {
  left_behind
  nothing_goes_back agentsecrets push .env.development
  nothing_goes_back agentsecrets push "$PWD/.env.development"
}

@test "set and delete of another name renew the file" {
  left_behind
  nothing_goes_back agentsecrets set D=4
  file A=theirs B=2 C=new D=4
  on one agentsecrets set A=again
  agentsecrets env --fresh -- true
  agentsecrets delete B
  file A=again C=new D=4
  [ "$(behind)" = 0 ]
}

@test "pull renews the file, diff says what it lacks" {
  left_behind
  run agentsecrets diff
  [ "$output" = 'only there    C
changed there A' ] || fail "$output"
  nothing_goes_back agentsecrets pull
  file A=theirs B=2 C=new
  run agentsecrets diff
  [ -z "$output" ]
}

@test "a change made here beside names that are behind is the only one sent" {
  left_behind
  sed -i 's/^B=2/B=mine/' .env.development
  nothing_goes_back agentsecrets push
  assert_line 'stored B in web/development'
  file A=theirs B=mine C=new
  [ "$(on one value B)" = mine ]
}

@test "changed here and there is a conflict in push, diff and pull" {
  left_behind
  sed -i 's/^A=1/A=mine/' .env.development
  run agentsecrets diff
  assert_line 'changed both  A'
  run agentsecrets push
  assert_status 5
  assert_one_error 'changed here and on the server: A$'
  assert_match 'hint: .*--ours.*--theirs'
  run agentsecrets pull
  assert_status 5
  assert_one_error 'changed here and on the server: A$'
  file A=mine B=2
  [ "$(on one value A)" = theirs ]
  # Either can be had.
  cp .env.development kept
  agentsecrets pull --force
  file A=theirs B=2 C=new
  on one agentsecrets set A=later
  agentsecrets env --fresh -- true
  cp kept .env.development
  agentsecrets push --force
  [ "$(on one value A)" = mine ]
}

@test "what was deleted there does not come back" {
  on_both
  on one agentsecrets delete A
  agentsecrets env --fresh -- true
  file A=1 B=2
  run agentsecrets push
  assert_status 0
  file B=2
  run on one agentsecrets get A
  assert_status 1
}

@test "deleted there and changed here is a conflict" {
  on_both
  on one agentsecrets delete A
  sed -i 's/^A=1/A=mine/' .env.development
  run agentsecrets pull
  assert_status 5
  agentsecrets env --fresh -- true
  run agentsecrets push
  assert_status 5
  agentsecrets pull --force
  file B=2
}

@test "a command elsewhere with -p leaves the file behind, not wrong" {
  on_both
  cd "$BATS_TEST_TMPDIR"
  agentsecrets set -p web A=theirs
  cd "$WORK"
  file A=1 B=2
  nothing_goes_back agentsecrets push
  file A=theirs B=2
}

@test "so does a command in storage mode 1, and pull --to" {
  on_both
  AGENTSECRETS_STORAGE_MODE=1 agentsecrets set A=theirs
  file A=1 B=2
  nothing_goes_back agentsecrets push
  file A=theirs B=2
  on one agentsecrets set B=theirs
  agentsecrets pull --to other.env
  file A=theirs B=2
  nothing_goes_back agentsecrets push
  file A=theirs B=theirs
}

@test "a first fetch knows nothing of the file: other values are a conflict" {
  on_both
  on one agentsecrets set A=theirs
  rm "$AGENTSECRETS_HOME/vault"/*
  agentsecrets list
  run agentsecrets push
  assert_status 5
  assert_one_error 'changed here and on the server: A$'
  [ "$(on one value A)" = theirs ]
}

@test "what two fetches left behind is still one change there" {
  left_behind
  on one agentsecrets set A=theirs
  on one agentsecrets set A=1
  on one agentsecrets set A=theirs
  agentsecrets env --fresh -- true
  nothing_goes_back agentsecrets push
  file A=theirs B=2 C=new
}

@test "storage mode 1 without a keychain keeps no second file" {
  new_team
  agentsecrets set A=1
  agentsecrets set A=2
  [ "$(behind)" = 0 ]
}

@test "a damaged base is refused and says what to do" {
  left_behind
  sed -i 's/^deleted/secret/' "$AGENTSECRETS_HOME/vault"/*.local
  before=$(cat .env.development)
  run agentsecrets push
  assert_status 6
  assert_one_error "\.local': damaged"
  assert_match 'hint: .*diff'
  [ "$(cat .env.development)" = "$before" ]
}
