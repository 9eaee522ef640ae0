#!/usr/bin/env bats
# project update: a name and a description, at the server, in project.json and
# in what this machine trusts.
load lib
remember_passwords
load team

setup() { fresh_home; }
teardown() { end_all; }

# member KEY: of project.json.
member() {
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' \
    .agentsecrets/project.json "$1"
}

@test "a new name and a description" {
  new_account web
  agentsecrets set -q KEY=value
  run -0 agentsecrets project update --name shop --description 'the "Shop" é'
  assert_line 'project      shop'
  assert_line 'description  the "Shop" é'
  [ "$(member project_name)" = shop ]
  [ "$(member description)" = 'the "Shop" é' ]
  run -0 agentsecrets project list
  [ "$output" = shop ]
  # Directory and vault belong to it as before.
  run -0 agentsecrets env -- sh -c 'echo $KEY $AGENTSECRETS_ACTIVE'
  [ "$output" = 'value shop/development' ]
  cd /
  run -0 agentsecrets get -p shop KEY
  [ "$output" = value ]
  run -1 agentsecrets get -p web KEY
  assert_one_error "'web' is not known"
}

@test "one of the two, and nothing" {
  new_account web
  run -0 agentsecrets project update -q --description one
  [ -z "$output" ]
  run -0 agentsecrets project update --name shop
  assert_line 'description  one'
  run -0 agentsecrets project update --name shop
  assert_line 'nothing changed'
  run -0 agentsecrets project update --description ''
  assert_line 'description  none'
  [ "$(member description)" = '' ]
  run -2 agentsecrets project update
  assert_one_error 'nothing to change, and there is no terminal'
  assert_match 'hint: give --name or --description'
}

@test "names and descriptions that cannot be" {
  local name
  new_account web
  agentsecrets project create -q other
  for name in X 'a b' a 'Ä1' '' "$(printf 'a%.0s' {1..256})"; do
    run -2 agentsecrets project update --name "$name"
    assert_one_error "cannot be a project's name"
  done
  run -2 agentsecrets project update --description $'two\nlines'
  assert_one_error 'one line of UTF-8'
  run -2 agentsecrets project update --description $'\xff'
  assert_one_error 'one line of UTF-8'
  run -2 agentsecrets project update --description "$(printf 'a%.0s' {1..256})"
  assert_one_error 'at most 255 bytes'
  run -5 agentsecrets project update --name web
  assert_one_error "workspace 'Personal' has a project 'web' already"
  [ "$(member project_name)" = other ]
}

@test "asked on a terminal, Enter keeps" {
  new_account web
  agentsecrets project update -q --description old
  run python3 "$BATS_TEST_DIRNAME/terminal.py" \
    'expect:Name of the project [web]: ' 'send:\n' \
    'expect:Description [old] (- for none): ' 'send:new\n' \
    -- agentsecrets project update
  assert_status 0
  assert_line 'project      web'
  assert_line 'description  new'
  run python3 "$BATS_TEST_DIRNAME/terminal.py" \
    'expect:Name of the project [web]: ' 'send:shop\n' \
    'expect:Description [new] (- for none): ' 'send:-\n' \
    -- agentsecrets project update
  assert_status 0
  assert_line 'project      shop'
  assert_line 'description  none'
  [ "$(member project_name)" = shop ]
}

@test "another machine knows it by its old name until it asks" {
  start_server
  new_team web
  agentsecrets set -q KEY=value
  next_machine two
  on one agentsecrets project update -q --name shop
  run -0 agentsecrets pull
  assert_line '1 secret in web/development'
  run -0 agentsecrets project list
  [ "$output" = shop ]
  # Here nothing changes at the server any more.
  run -0 agentsecrets project update --name shop
  assert_line 'nothing changed'
  run -0 agentsecrets pull
  assert_line '1 secret in shop/development'
}

@test "a project that the server does not have any more, and no server" {
  start_server
  new_team web
  next_machine two
  on one agentsecrets project delete -q --yes
  run -1 agentsecrets project update --name shop
  assert_one_error "the server has no project 'web' any more"
  stop_server || :
  run -4 agentsecrets project update --name shop
  assert_one_error 'cannot reach'
}

@test "an untrusted directory, and no project" {
  new_account ''
  run -1 agentsecrets project update --name shop
  assert_one_error 'no project here'
  agentsecrets project create -q web
  agentsecrets trust --remove -q
  run -3 agentsecrets project update --name shop
  assert_one_error 'is not trusted yet'
}

@test "killed between server and machine: the same command completes it" {
  new_account web
  run -0 traced "$BATS_TEST_TMPDIR/trace" rename,renameat,renameat2 \
    agentsecrets project update -q --description x
  grep -q 'project.json' "$BATS_TEST_TMPDIR/trace" ||
    fail 'strace saw no file being replaced'
  chmod a-w .agentsecrets
  mkdir "$BATS_TEST_TMPDIR/away"
  mv .agentsecrets/project.json "$BATS_TEST_TMPDIR/away"
  run agentsecrets project update --name shop -p web
  assert_status 0
  run -0 agentsecrets project list
  [ "$output" = shop ]
  mv "$BATS_TEST_TMPDIR/away/project.json" .agentsecrets
  chmod u+w .agentsecrets
  [ "$(member project_name)" = web ]
  run -0 agentsecrets project update --name shop
  [ "$(member project_name)" = shop ]
}
