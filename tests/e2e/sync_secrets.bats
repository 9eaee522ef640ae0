#!/usr/bin/env bats
# Two machines and a server: writing, deleting, fetching, comparing, and what
# comes of both having changed the same thing.
# long with sanitizers
load lib
remember_passwords
load team

setup() {
  start_server
  start_recording
}
teardown() { end_all; }

# value NAME VALUE: what is here is that.
value() {
  run agentsecrets get "$1"
  assert_status 0
  [ "$output" = "$2" ] || fail "'$1' is '$output', not '$2'"
}

# on_both: machine one and two have A=1 B=2 and are there in that order.
on_both() {
  new_team
  agentsecrets set A=1 B=2
  next_machine two
  agentsecrets pull
}

vault() { sha256sum "$AGENTSECRETS_HOME/vault"/*; }

@test "push and pull are one request each, and nothing twice" {
  new_team
  printf 'A=1\nB=2\nC=3\n' >.env
  requests >/dev/null
  agentsecrets push .env
  run requests
  [ "$output" = 'POST /api/secrets/' ]
  run agentsecrets push .env
  assert_status 0
  assert_line '3 unchanged'
  run requests
  [ -z "$output" ]
  printf 'A=1\nB=changed\nC=3\n' >.env
  run agentsecrets push .env
  assert_line 'stored B in web/development'
  assert_line '2 unchanged'
  run requests
  [ "$output" = 'POST /api/secrets/' ]
  agentsecrets pull
  run requests
  [ "${#lines[@]}" = 1 ]
  assert_match '^GET /api/secrets/[0-9a-f-]+/\?environment=development$'
  # What did not change is not sent again.
  agentsecrets pull
  sleep 0.2
  grep -aq '^HTTP/1.1 304' "$RECORD/down"
}

@test "set of several names is one request; one bad name and none is stored" {
  new_team
  agentsecrets set A=1
  requests >/dev/null
  agentsecrets set A=new B=2 C=3
  run requests
  [ "$output" = 'POST /api/secrets/' ]
  run agentsecrets set A=lost '1BAD=x' D=4
  assert_status 2
  assert_one_error "1BAD"
  run requests
  [ -z "$output" ]
  value A new
  run agentsecrets set A=lost a=twice
  assert_status 2
  assert_one_error "'A' is given twice"
  run agentsecrets list
  [ "$output" = $'A\nB\nC' ]
}

@test "one name in conflict and none is stored" {
  on_both
  on one agentsecrets set B=theirs
  before=$(vault)
  run agentsecrets set A=mine B=mine C=mine
  assert_status 5
  assert_one_error '^agentsecrets: changed on the server since the last pull: B$'
  assert_line "hint: run 'agentsecrets pull' and look, or write over it with --force"
  [ "$(vault)" = "$before" ]
  value A 1
  agentsecrets pull
  value A 1
  value B theirs
  run agentsecrets get C
  assert_status 1
}

@test "a conflict names every name; push says the same" {
  on_both
  on one agentsecrets set A=theirs B=theirs NEW=theirs
  printf 'A=mine\nB=mine\nNEW=mine\nOTHER=mine\n' >.env
  before=$(vault)
  run agentsecrets push .env
  assert_status 5
  assert_one_error 'changed here and on the server: A, B, NEW$'
  [ "$(vault)" = "$before" ]
  on one agentsecrets pull
  run on one agentsecrets get OTHER
  assert_status 1
}

@test "--force writes over it, and the other machine takes it as newer" {
  on_both
  on one agentsecrets set A=theirs
  run agentsecrets set --force A=mine
  assert_status 0
  value A mine
  run on one agentsecrets pull
  assert_status 0
  assert_line 'changed A'
  run on one agentsecrets get A
  assert_line mine
  # Again, with push, and over something deleted.
  on one agentsecrets delete B
  printf 'A=pushed\nB=back\n' >.env
  run agentsecrets push .env
  assert_status 5
  agentsecrets push --force .env
  on one agentsecrets pull
  run on one agentsecrets get B
  assert_line back
}

@test "the same value on both sides is no conflict" {
  on_both
  on one agentsecrets set A=same
  run agentsecrets set A=same
  assert_status 0
  run agentsecrets diff --exit-code
  assert_status 0
}

@test "delete is all or nothing, travels, and conflicts" {
  on_both
  run agentsecrets delete A NOPE
  assert_status 1
  assert_one_error "no secret 'NOPE' in web/development"
  value A 1
  requests >/dev/null
  run agentsecrets delete A
  assert_status 0
  assert_line 'deleted A from web/development'
  run requests
  [ "${#lines[@]}" = 1 ]
  run agentsecrets get A
  assert_status 1
  # It is no secret that a command gets.
  run agentsecrets env --clean -- env
  [[ $output != *A=1* ]]
  on one agentsecrets set B=theirs
  run agentsecrets delete B
  assert_status 5
  assert_one_error ': B$'
  run on one agentsecrets pull
  assert_line 'deleted A'
  agentsecrets delete --force B
  run on one agentsecrets pull
  assert_line 'deleted B'
  # A deleted name can be set anew, from either side.
  on one agentsecrets set A=again
  agentsecrets pull
  value A again
}

@test "environments are apart" {
  on_both
  agentsecrets set -e production A=live
  value A 1
  run agentsecrets get -e production A
  assert_line live
  run agentsecrets list -e staging
  [ -z "$output" ]
  on one agentsecrets pull -e production
  run on one agentsecrets env -e production -- sh -c 'echo "$A"'
  assert_line live
  run agentsecrets get -e live A
  assert_status 2
  assert_one_error "unknown environment 'live'"
}

@test "-p names a project from anywhere" {
  on_both
  cd /
  run agentsecrets get -p web A
  assert_status 0
  assert_line 1
  agentsecrets set -p web C=3
  run agentsecrets list -p web
  assert_line C
  run agentsecrets get -p nope A
  assert_status 1
  assert_one_error "project 'nope' is not known on this machine"
}

@test "diff in mode 1 compares the vault with the server" {
  on_both
  run agentsecrets diff --exit-code
  assert_status 0
  [ -z "$output" ]
  on one agentsecrets set A=theirs C=new
  on one agentsecrets delete B
  before=$(vault)
  run agentsecrets diff --exit-code
  assert_status 1
  assert_line 'changed there A'
  assert_line 'only there    C'
  assert_line 'changed there B'
  run agentsecrets diff
  assert_status 0
  # It only looks.
  [ "$(vault)" = "$before" ]
  run agentsecrets diff --json
  python3 - "$output" <<'PYTHON'
import json, sys
told = json.loads(sys.argv[1])
assert told["changed_there"] == ["A", "B"], told
assert told["only_remote"] == ["C"], told
assert told["changed_here"] == told["changed_both"] == [], told
PYTHON
  agentsecrets pull
  run agentsecrets diff --exit-code
  assert_status 0
}

@test "what a pull did, for programs" {
  on_both
  on one agentsecrets set A=theirs C=new
  on one agentsecrets delete B
  run agentsecrets pull --json
  assert_status 0
  python3 - "$output" <<'PYTHON'
import json, sys
told = json.loads(sys.argv[1])
assert told["added"] == ["C"], told
assert told["changed"] == ["A"], told
assert told["deleted"] == ["B"], told
assert told["total"] == 2, told
PYTHON
}

@test "a server that is away is 4, and nothing changed" {
  on_both
  before=$(vault)
  kill "$SERVER_PID"
  wait "$SERVER_PID" || :
  for command in 'set A=x' 'delete A' pull diff 'project list'; do
    # shellcheck disable=SC2086 # words
    run agentsecrets $command
    assert_status 4
    assert_one_error 'cannot reach|the connection'
  done
  [ "$(vault)" = "$before" ]
  # Launching needs no server.
  run agentsecrets env -- sh -c 'echo "$A"'
  assert_status 0
  assert_line 1
  run agentsecrets env --fresh -- true
  assert_status 125
}

@test "env --fresh sees what another machine wrote" {
  on_both
  on one agentsecrets set A=fresh
  run agentsecrets env -- sh -c 'echo "$A"'
  assert_line 1
  run agentsecrets env --fresh -- sh -c 'echo "$A"'
  assert_line fresh
}
