#!/usr/bin/env bats
# The map of names and the files beside a project: a line means the secret
# that it stands for, however that is spelled.
load lib
load team
remember_passwords

setup() {
  fresh_home
  new_account web --storage-mode 2
}
teardown() { end_all; }

file() { printf '%s\n' "$@" | diff -u - .env.development; }
value() { agentsecrets env --fresh --only "$1" -- printenv "$1"; }

# map FINAL STORED: as a colleague's commit would bring it.
map() {
  python3 - "$@" <<'PYTHON'
import json
import sys
path = ".agentsecrets/project.json"
with open(path) as file:
    project = json.load(file)
project.setdefault("map", {})[sys.argv[1]] = sys.argv[2]
with open(path, "w") as file:
    json.dump(project, file)
PYTHON
  agentsecrets trust
}

@test "a secret that is set in another case has one line" {
  printf '# first\nTOKEN=1 # old\nB=2\n' >.env.development
  agentsecrets push
  agentsecrets set token=3
  file '# first' B=2 token=3
  run agentsecrets push
  assert_status 0
  [ "$(agentsecrets get TOKEN)" = 3 ]
}

@test "a map that arrives later: an edit counts, and nothing is pruned" {
  agentsecrets set FOO=1 B=2
  map foo FOO
  file B=2 FOO=1
  run agentsecrets diff
  [ -z "$output" ]
  sed -i 's/^FOO=.*/FOO=5/' .env.development
  run agentsecrets diff
  [ "$output" = 'changed here  FOO' ]
  run agentsecrets push --prune --yes
  assert_status 0
  assert_line 'stored FOO in web/development'
  [ "$(value foo)" = 5 ]
  file B=2 FOO=5
  agentsecrets set FOO=6
  file B=2 foo=6
}

@test "a name that was written in another case by hand" {
  agentsecrets set UPP=1
  printf 'upp=7\nnew=8\n' >.env.development
  run agentsecrets diff
  assert_line 'changed here  UPP'
  assert_line 'only here     NEW'
  agentsecrets pull
  file upp=7 new=8
  agentsecrets push
  [ "$(value upp)" = 7 ]
  [ "$(value new)" = 8 ]
}

@test "a map to another name: the file has what commands see" {
  agentsecrets set DATABASE_URL=1
  map DB DATABASE_URL
  agentsecrets set DATABASE_URL=2
  file DB=2
  run agentsecrets push
  assert_line '1 unchanged'
  sed -i 's/^DB=.*/DB=9/' .env.development
  run agentsecrets diff
  [ "$output" = 'changed here  DATABASE_URL' ]
  agentsecrets push
  [ "$(agentsecrets list)" = DATABASE_URL ]
  [ "$(value DB)" = 9 ]
  printf 'DB=10\n' | agentsecrets import -
  [ "$(agentsecrets list)" = DATABASE_URL ]
  [ "$(value DB)" = 10 ]
}

@test "a map to another name: commands take what commands see" {
  agentsecrets set DATABASE_URL=1
  map DB DATABASE_URL
  run agentsecrets set DB=2
  assert_line 'stored DATABASE_URL in web/development'
  [ "$(agentsecrets list)" = DATABASE_URL ]
  [ "$(value DB)" = 2 ]
  [ "$(agentsecrets get DB)" = 2 ]
  run agentsecrets history DB
  assert_match '^2 +[^ ]+ +current'
  agentsecrets environment copy development staging DB
  [ "$(agentsecrets list -e staging)" = DATABASE_URL ]
  agentsecrets delete DB
  [ -z "$(agentsecrets list)" ]
}

@test "a secret that has the very name is meant before the map" {
  agentsecrets set DB=old DATABASE_URL=1
  map DB DATABASE_URL
  [ "$(agentsecrets get DB)" = old ]
  run agentsecrets delete DB
  assert_line 'deleted DB from web/development'
  [ "$(value DB)" = 1 ]
}

@test "pull --to a file that spells a name otherwise leaves one line" {
  agentsecrets set token=1
  printf 'TOKEN=1\nB=2\n' >other.env
  agentsecrets pull --to other.env
  [ "$(cat other.env)" = $'TOKEN=1\nB=2' ]
  agentsecrets set TOKEN=2
  run agentsecrets pull --to other.env
  assert_status 5
  agentsecrets pull --to other.env --theirs
  [ "$(cat other.env)" = $'B=2\ntoken=2' ]
}
