#!/usr/bin/env bats
# An init that broke off between the server and account.json is taken up by
# the next one: no account is left whose keys nobody has.
load lib

setup() { start_server; }
teardown() { end_all; }

init_at_server() {
  agentsecrets init --server "$SERVER_URL" --email "${1-a@example.com}" \
    --name 'Ann Other'
}

# break_off: as if init had died before it wrote anything but what it must
# have written first. What it writes there is what is in account.json later.
break_off() {
  mv "$AGENTSECRETS_HOME/account.json" "$AGENTSECRETS_HOME/account.pending"
  rm -f "$AGENTSECRETS_HOME"/{trust,token.json,config.json}
}

prepare() {
  fresh_home
  new_account web "$@"
  agentsecrets set KEY=kept
  number=$(agentsecrets whoami --json)
  break_off
}

networked() {
  prepare --server "$SERVER_URL" --email a@example.com --name 'Ann Other'
}

# the_same: account and secrets are those of before.
the_same() {
  [ ! -e "$AGENTSECRETS_HOME/account.pending" ]
  [ "$(agentsecrets whoami --json)" = "$number" ]
  agentsecrets project use web
  agentsecrets pull
  run agentsecrets get KEY
  assert_status 0
  assert_line kept
}

@test "networked: the next init goes on with the same keys" {
  networked
  run init_at_server
  assert_status 0
  the_same
}

@test "networked: it registers when the server never heard of it" {
  networked
  stop_server || :
  rm -r "$SERVER_DATA"
  start_server "server" --listen "127.0.0.1:$SERVER_PORT"
  run init_at_server
  assert_status 0
  [ "$(agentsecrets whoami --json)" = "$number" ]
  agentsecrets project create other
  agentsecrets set KEY=new
}

@test "embedded: the next init goes on with the same keys" {
  prepare
  run agentsecrets init
  assert_status 0
  the_same
}

@test "another password is told, and loses nothing" {
  networked
  random_canary other 24
  run agentsecrets init --server "$SERVER_URL" --email a@example.com \
    --name 'Ann Other' --password-file other
  assert_status 3
  assert_one_error "an 'init' that broke off was given another password"
  run init_at_server
  assert_status 0
  assert_line "next: 'agentsecrets project create NAME' in a project's directory"
  the_same
}

@test "another e-mail does not throw away the keys of an open init" {
  networked
  run init_at_server b@example.com
  assert_status 1
  assert_one_error "an 'init' for 'a@example.com' at .* broke off"
  run init_at_server
  assert_status 0
  the_same
}

@test "an account that somebody else has is not taken for ours" {
  networked
  # The record of another machine under the same e-mail: its keys are others.
  fresh_home two
  new_account '' --server "$SERVER_URL" --email b@example.com --name 'Bo B'
  sed 's/b@example.com/a@example.com/' "$AGENTSECRETS_HOME/account.json" \
    >"$AGENTSECRETS_HOME/account.pending"
  chmod 0600 "$AGENTSECRETS_HOME/account.pending"
  rm "$AGENTSECRETS_HOME"/{account.json,trust,token.json,config.json}
  run init_at_server
  assert_status 1
  assert_one_error "'a@example.com' already has an account at"
  assert_line "hint: run 'agentsecrets login'"
  [ ! -e "$AGENTSECRETS_HOME/account.json" ]
}

@test "a refused registration leaves no record" {
  fresh_home
  new_account '' --server "$SERVER_URL" --email a@example.com --name 'A A'
  fresh_home two
  run new_account '' --server "$SERVER_URL" --email a@example.com --name 'A A'
  assert_status 1
  assert_one_error "'a@example.com' already has an account at"
  run ls -A "$AGENTSECRETS_HOME"
  assert_line settings.json
  [[ $output != *account* ]]
}

@test "embedded: without a record, an account with secrets is not replaced" {
  prepare
  rm "$AGENTSECRETS_HOME/account.pending"
  run agentsecrets init
  assert_status 1
  assert_one_error 'already has an account, but account.json is missing'
  [ ! -e "$AGENTSECRETS_HOME/account.json" ]
}

@test "logout --forget forgets the record too" {
  fresh_home
  new_account ''
  cp -p "$AGENTSECRETS_HOME/account.json" "$AGENTSECRETS_HOME/account.pending"
  agentsecrets logout --forget --yes
  [ ! -e "$AGENTSECRETS_HOME/account.pending" ]
}
