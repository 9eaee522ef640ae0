#!/usr/bin/env bats
# push --prune: what a file, or the local copy, no longer has is deleted, and
# nothing else is.
# long with sanitizers
load lib
load team
remember_passwords

setup() { start_server; }
teardown() { end_all; }

file() { printf '%s\n' "$@" | diff -u - .env.development; }
names() { agentsecrets pull -q >&2 && agentsecrets list; }
there() { on one "$@"; }
at_terminal() { run python3 "$BATS_TEST_DIRNAME/terminal.py" "$@"; }

# lacking: A=1 B=1 C=1 on both; the copy here lost B and C, and changed A.
lacking() {
  new_team
  agentsecrets set A=1 B=1 C=1
  next_machine two
  mode_two
  agentsecrets pull
  echo 'A=mine' >.env.development
}

@test "without --prune what is missing is told once, and kept" {
  lacking
  run agentsecrets push
  assert_status 0
  assert_line "agentsecrets: not in '$PWD/.env.development', and kept: B, C"
  assert_line 'stored A in web/development'
  [ "$(there names)" = $'A\nB\nC' ]
  run agentsecrets push -q
  [ -z "$output" ]
  printf 'A=mine\nB=1\n' >other.env
  run agentsecrets push other.env
  assert_line "agentsecrets: not in 'other.env', and kept: C"
}

@test "--prune needs somebody who says so" {
  lacking
  run agentsecrets push --prune
  assert_status 2
  assert_one_error 'this would delete: B, C$'
  assert_match 'hint: .*--yes'
  [ "$(there names)" = $'A\nB\nC' ]
  [ "$(there agentsecrets get A)" = 1 ]
  run agentsecrets push --yes
  assert_status 2
  assert_one_error '--yes goes with --prune'
}

@test "--prune --yes deletes what the copy had and lacks, with one write" {
  lacking
  run agentsecrets push --prune --yes
  assert_status 0
  assert_line 'stored A in web/development'
  assert_line 'deleted B, C from web/development'
  file A=mine
  [ "$(there names)" = A ]
  [ "$(there agentsecrets get A)" = mine ]
  run agentsecrets push --prune
  assert_status 0
  assert_line '1 unchanged'
}

@test "--prune on a terminal shows the names first" {
  lacking
  at_terminal 'expect:Delete 2 names from web/development: B, C? [y/N]' \
    'send:\n' -- agentsecrets push --prune
  assert_status 1
  assert_match 'nothing was changed: the answer is no'
  [ "$(there names)" = $'A\nB\nC' ]
  [ "$(there agentsecrets get A)" = 1 ]
  at_terminal 'expect:Delete 2 names from web/development: B, C? [y/N]' \
    'send:y\n' -- agentsecrets push --prune
  assert_status 0
  [ "$(there names)" = A ]
}

@test "--prune FILE deletes what the vault knows and FILE lacks" {
  lacking
  printf 'A=1\nC=new\n' >other.env
  run agentsecrets push other.env --prune -y --json
  assert_status 0
  [ "$output" = '{"project":"web","environment":"development","stored":["C"],"deleted":["B"],"taken":[],"mapped":[],"unchanged":1}' ]
  [ "$(there names)" = $'A\nC' ]
  # The copy's own change stays.
  file A=mine C=new
}

@test "what others added meanwhile is never deleted" {
  lacking
  there agentsecrets set NEW=1
  run agentsecrets push --prune -y
  assert_status 0
  [ "$(there names)" = $'A\nNEW' ]
  file A=mine NEW=1
  there agentsecrets set LATER=1
  printf 'A=mine\n' >other.env
  run agentsecrets push other.env --prune -y
  assert_status 0
  assert_line 'deleted NEW from web/development'
  [ "$(there names)" = $'A\nLATER' ]
}

@test "changed there since is a conflict: ours deletes, theirs brings it back" {
  lacking
  there agentsecrets set B=theirs
  there agentsecrets delete C
  run agentsecrets push --prune -y
  assert_status 5
  assert_one_error 'changed here and on the server: B$'
  [ "$(there agentsecrets get A)" = 1 ]
  # Also when the vault has moved on already.
  agentsecrets env --fresh -- true
  run agentsecrets push --prune -y
  assert_status 5
  assert_one_error 'changed here and on the server: B$'
  run agentsecrets push --prune -y --theirs
  assert_status 0
  file A=mine B=theirs
  [ "$(there names)" = $'A\nB' ]
  there agentsecrets set B=again
  echo 'A=mine' >.env.development
  run agentsecrets push --prune -y --ours
  assert_status 0
  assert_line 'deleted B from web/development'
  [ "$(there names)" = A ]
}

@test "a copy that was never compared deletes nothing" {
  new_team
  agentsecrets set A=1 B=1
  next_machine two
  mode_two
  echo A=1 >.env.development
  # A vault without a comparison: as of before there was a file.
  AGENTSECRETS_STORAGE_MODE=1 agentsecrets pull
  rm -f "$AGENTSECRETS_HOME"/vault/*.local
  run agentsecrets push --prune -y
  assert_status 1
  assert_one_error 'was never compared with the server: what it lacks was not deleted'
  assert_match "hint: .*agentsecrets pull"
  [ "$(there names)" = $'A\nB' ]
}

@test "an empty file, and one that is gone, delete nothing" {
  lacking
  echo '# nothing' >.env.development
  run agentsecrets push --prune -y
  assert_status 1
  assert_one_error 'has no value at all'
  : >other.env
  run agentsecrets push other.env --prune -y
  assert_status 1
  assert_one_error "'other.env' has no value at all"
  rm .env.development
  run agentsecrets push --prune -y
  assert_status 0
  assert_match 'there is nothing to push'
  [ "$(there names)" = $'A\nB\nC' ]
  agentsecrets pull
  file A=1 B=1 C=1
}

@test "nobody loses what was never here: a machine that never fetched" {
  new_team
  agentsecrets set A=1 B=1
  next_machine two
  echo A=1 >some.env
  run agentsecrets push some.env --prune -y
  assert_status 0
  [ "$(there names)" = $'A\nB' ]
}
