#!/usr/bin/env bats
# --fresh asks the server first; without it nobody is asked once there is a
# vault.
# shellcheck disable=SC2016
load lib
remember_passwords

setup() {
  fresh_home one
  start_server
  new_account web --server "$SERVER_URL" --email ann@example.com \
    --name 'Ann Other' >&2
  agentsecrets set KEY=old GONE=here >&2
}

teardown() { end_all; }

# second_machine: the same account in another home, with a kit.
second_machine() {
  local password=$PASSWORD_FILE project=$WORK/.agentsecrets
  random_canary "$BATS_TEST_TMPDIR/phrase" 24
  agentsecrets key export --passphrase-file "$BATS_TEST_TMPDIR/phrase" \
    --out "$BATS_TEST_TMPDIR/kit" >&2
  fresh_home two
  cp "$password" "$HOME/password"
  export AGENTSECRETS_PASSWORD_FILE=$HOME/password
  agentsecrets login --server "$SERVER_URL" --email ann@example.com >&2
  agentsecrets key import "$BATS_TEST_TMPDIR/kit" \
    --passphrase-file "$BATS_TEST_TMPDIR/phrase" >&2
  cp -r "$project" .
  agentsecrets trust >&2
}

show='echo "$KEY ${GONE-gone} ${NEW-}"'

@test "what another machine wrote is there with --fresh, and stays" {
  second_machine
  # The first launch of an environment has no vault: it asks by itself.
  run -0 agentsecrets env -- sh -c "$show"
  [ "$output" = 'old here ' ]
  use_home one
  agentsecrets set KEY=new NEW=added >&2
  agentsecrets delete GONE >&2
  use_home two
  run -0 agentsecrets env -- sh -c "$show"
  [ "$output" = 'old here ' ]
  run -0 agentsecrets env --fresh --dry-run -- true
  [ "$output" = $'KEY\nNEW' ]
  run -0 agentsecrets env --fresh -- sh -c "$show"
  [ "$output" = 'new gone added' ]
  run -0 agentsecrets env -- sh -c "$show"
  [ "$output" = 'new gone added' ]
}

@test "a server that is not there: 125 with --fresh, no matter without" {
  stop_server
  assert_nothing_started 125 'cannot reach|not reachable|connect' env --fresh --
  run -0 agentsecrets env -- sh -c "$show"
  [ "$output" = 'old here ' ]
  # Without a vault there is nothing to go on with.
  rm -r "$AGENTSECRETS_HOME/vault"
  assert_nothing_started 125 'cannot reach|not reachable|connect' env --
}

@test "no session: 125 with --fresh, no matter without" {
  agentsecrets logout >&2
  assert_nothing_started 125 'logged' env --fresh --
  assert_match 'hint: .*login'
  run -0 agentsecrets env -- sh -c "$show"
  [ "$output" = 'old here ' ]
}

@test "another server by the environment is refused, naming both" {
  AGENTSECRETS_SERVER_URL=http://127.0.0.1:1 \
    assert_nothing_started 125 'http://127.0.0.1:1' env --fresh --
  [[ $output == *"$SERVER_URL"* ]]
}

@test "no helper is left, and none is started without need" {
  traced "$BATS_TEST_TMPDIR/trace" execve agentsecrets env --fresh -- true
  grep -q 'execve.*agentsecrets-net' "$BATS_TEST_TMPDIR/trace"
  # The helper is gone before the command begins.
  awk '/execve.*agentsecrets-net/ { helper = $1 }
    $1 == helper && /exited with/ { gone = 1 }
    /execve.*bin\/true/ { seen = 1; if (!gone) exit 1 }
    END { exit !seen }' "$BATS_TEST_TMPDIR/trace"
  traced "$BATS_TEST_TMPDIR/trace" execve agentsecrets env -- true
  # libargon2's threads are no processes.
  run grep -c 'execve(' "$BATS_TEST_TMPDIR/trace"
  [ "$output" = 2 ]
}
