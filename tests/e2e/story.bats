#!/usr/bin/env bats
# The story that the program is for: somebody keeps a hand-written .env, and
# a second machine starts commands with the very same bytes.
load lib
load team

setup() {
  FIXTURES=$BATS_TEST_DIRNAME/../fixtures
  start_server
  start_recording
}
teardown() { end_all; }

story() { python3 "$BATS_TEST_DIRNAME/story.py" "$@"; }

# seen: what a command is given, of what the fixture names.
seen() {
  agentsecrets env --clean -- env -0 |
    story restrict "$FIXTURES/story.json"
}

# push_story: machine `one` has pushed the fixture.
push_story() {
  new_team shop
  cp "$FIXTURES/story.env" .env
  agentsecrets push .env
}

@test "a second machine gets every byte of a hand-written .env" {
  story expected "$FIXTURES/story.json" >"$BATS_TEST_TMPDIR/expected"
  push_story
  seen >"$BATS_TEST_TMPDIR/seen.one"
  next_machine two
  agentsecrets pull
  seen >"$BATS_TEST_TMPDIR/seen.two"
  cmp "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/seen.one"
  cmp "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/seen.two"
}

@test "project use binds a folder that has no project.json" {
  push_story
  next_machine two
  rm -r .agentsecrets
  run agentsecrets project use shop
  assert_status 0
  assert_line "this directory is project 'shop' of workspace 'Alice's workspace'"
  agentsecrets pull
  # Without the map of project.json a name is the one that is stored.
  run agentsecrets get SMTP_PASSWORD
  assert_status 0
  assert_line lower-Case-Name-p4Xz
}

@test "what was pulled to a file is pushed from there as the same bytes" {
  push_story
  next_machine two
  # Four are not the same for every reader of such a file.
  run agentsecrets pull --to copy.env
  assert_status 1
  assert_match "'BARE_DOLLAR' and 3 more \(DOUBLE_DOLLAR, DOUBLE_ESCAPES, LATIN1\) cannot be"
  [ ! -e copy.env ]
  agentsecrets pull
  agentsecrets delete BARE_DOLLAR DOUBLE_DOLLAR DOUBLE_ESCAPES LATIN1
  agentsecrets pull --to copy.env
  [ "$(stat -c %a copy.env)" = 600 ]
  run agentsecrets push copy.env
  assert_status 0
  run agentsecrets diff --exit-code
  assert_status 0
  [ -z "$output" ]
  # Another project, filled from the copy alone.
  mkdir "$WORK/other"
  cd "$WORK/other"
  agentsecrets project create other
  agentsecrets push ../copy.env
  seen >"$BATS_TEST_TMPDIR/seen.copy"
  story expected "$FIXTURES/story.json" |
    grep -zv '^BARE_DOLLAR=\|^DOUBLE_DOLLAR=\|^LATIN1=\|^DOUBLE_ESCAPES=' |
    cmp - "$BATS_TEST_TMPDIR/seen.copy"
}

@test "neither server nor wire nor home shows a value, password or key" {
  local secrets=$BATS_TEST_TMPDIR/secrets server=$BATS_TEST_TMPDIR/server
  mkdir "$secrets"
  push_story
  next_machine two
  agentsecrets pull
  seen >/dev/null
  sleep 0.2

  story secrets "$FIXTURES/story.json" "$secrets"
  cp "$PASSWORD_FILE" "$secrets/password"
  cp "$KIT_PASSPHRASE" "$secrets/passphrase"
  "$TOOLS/tests/e2e/account_keys" "$PASSWORD_FILE" "$secrets"
  mv "$secrets/log-in-secret" "$BATS_TEST_TMPDIR/log-in-secret"
  [ -s "$secrets/private-key" ] && [ -s "$secrets/workspace-key" ]

  # The server is alive: its journal files are there to be looked at.
  ls -l "$server" "$RECORD"
  [ -s "$server/data.sqlite" ] && [ -s "$server/keys" ]
  [ -s "$RECORD/up" ] && [ -s "$RECORD/down" ]
  assert_no_leak "$secrets" "$server" "$RECORD" "$BATS_TEST_TMPDIR/server.log"
  for name in one two; do
    assert_no_leak "$secrets" "$BATS_TEST_TMPDIR/$name/home/.agentsecrets" \
      "$BATS_TEST_TMPDIR/$name/run" "$BATS_TEST_TMPDIR/$name/tmp"
  done

  # The server knows what logs in only as a hash; and the wire, which carries
  # it, shows that the search sees what is there.
  assert_no_leak "$BATS_TEST_TMPDIR/log-in-secret" "$server"
  assert_leak "$BATS_TEST_TMPDIR/log-in-secret" "$RECORD/up"
  assert_leak "$secrets/STRIPE_KEY" "$BATS_TEST_TMPDIR/one/work"
}

@test "the server keeps tokens as hashes" {
  local tokens=$BATS_TEST_TMPDIR/tokens
  mkdir "$tokens"
  push_story
  for kind in access refresh; do
    sed -nE "s/.*\"${kind}_token\": *\"([^\"]*)\".*/\1/p" \
      "$AGENTSECRETS_HOME/token.json" | tr -d '\n' >"$tokens/$kind"
    [ -s "$tokens/$kind" ]
  done
  assert_no_leak "$tokens" "$BATS_TEST_TMPDIR/server"
  assert_leak "$tokens/access" "$AGENTSECRETS_HOME"
}
