#!/usr/bin/env bats
# What a new user does wrong: each time one line that says what and why, a
# hint that says what to do, the right status, and nothing changed. Ctrl-C at
# a prompt is in prompts.bats.
load lib
remember_passwords
load team

setup() { fresh_home; }
teardown() { end_all; }

# mistake STATUS ERROR HINT COMMAND...: exactly that comes of it.
mistake() {
  local wanted=$1 error=$2 hint=$3
  shift 3
  run -"$wanted" "$@"
  [ "${#lines[@]}" = 2 ] || fail 'not two lines:' "$output"
  [ "${lines[0]}" = "agentsecrets: $error" ] ||
    fail "the error is not '$error':" "$output"
  [ "${lines[1]}" = "hint: $hint" ] || fail "the hint is not '$hint':" "$output"
}

first_steps="run 'agentsecrets init' (new) or 'agentsecrets login' (you have an account)"
by_kit="run 'agentsecrets key import KIT' with your recovery kit"
how_to_write='write it as https://HOST or https://HOST:PORT'
try_again="check the address and the network"
no_server="check the address; a server behind others may need its path, as in https://HOST/PATH"

# init_at URL
init_at() {
  random_canary password 24
  agentsecrets init --server "$1" --email ann@example.com --name 'Ann Other' \
    --password-file password
}

no_account() { [ ! -e "$AGENTSECRETS_HOME/account.json" ]; }

@test "1: env before init" {
  rm -r "$AGENTSECRETS_HOME"
  mistake 125 "not set up yet: there is no '$AGENTSECRETS_HOME'" \
    "$first_steps" agentsecrets env -- true
  mistake 3 "not set up yet: there is no '$AGENTSECRETS_HOME'" \
    "$first_steps" agentsecrets set KEY=value
  [ ! -e "$AGENTSECRETS_HOME" ]
}

@test "2: init twice" {
  local before
  new_account
  before=$(sha256sum "$AGENTSECRETS_HOME"/{account.json,trust})
  mistake 1 "already set up: '$AGENTSECRETS_HOME' holds the account '$(
    agentsecrets whoami | sed -n 's/^account *//p')'" \
    "'agentsecrets status' shows it; 'agentsecrets logout --forget' removes it" \
    agentsecrets init
  [ "$(sha256sum "$AGENTSECRETS_HOME"/{account.json,trust})" = "$before" ]
}

@test "4: a typo in --server" {
  mistake 2 "'htps://secrets.example.com' is no server URL: it does not begin with 'https://'" \
    "$how_to_write" init_at htps://secrets.example.com
  mistake 2 "'secrets.example.com' is no server URL: it does not begin with 'https://'" \
    "$how_to_write" init_at secrets.example.com
  mistake 2 "'https://secrets.example.com:80x' is no server URL: its port is not 1 to 65535" \
    "$how_to_write" init_at https://secrets.example.com:80x
  mistake 4 "cannot reach 'https://no-such-host.invalid': no such host" \
    "$try_again" init_at https://no-such-host.invalid
  no_account
}

@test "5: http:// to a far host" {
  mistake 2 "'http://secrets.example.com' is not encrypted" \
    'use https; http is for a server on this machine only' \
    init_at http://secrets.example.com
  no_account
}

@test "6: a host that is no AgentSecrets server" {
  local url
  start_background plain python3 -u -m http.server --bind 127.0.0.1 \
    --directory "$TMPDIR" 0
  wait_for 10 grep -q 'port [0-9]' "$BATS_TEST_TMPDIR/plain.log"
  url=http://127.0.0.1:$(sed -nE 's/.*port ([0-9]+).*/\1/p' \
    "$BATS_TEST_TMPDIR/plain.log")
  mistake 1 "'$url' answers, but is no AgentSecrets server (HTTP status 404)" \
    "$no_server" init_at "$url"
  no_account
}

@test "6: nobody there at all" {
  local url
  start_server
  url=$SERVER_URL
  stop_server || :
  mistake 4 "cannot reach '$url': connection refused" "$try_again" \
    init_at "$url"
  no_account
}

@test "7: get of a name that is not there" {
  new_account
  mistake 1 "no secret 'NOPE' in web/development" \
    "'agentsecrets list' shows what there is, 'agentsecrets pull' brings what others wrote" \
    agentsecrets get NOPE
}

@test "8: env --only of a name that is not there" {
  new_account
  agentsecrets set KEY=value
  mistake 125 'secret not found: NOPE' \
    "'agentsecrets list' shows what there is" \
    agentsecrets env --only NOPE -- touch "$WORK/started"
  [ ! -e started ]
}

@test "9: env with an option that does not exist" {
  new_account
  mistake 125 "unknown option '--bogus'" "see 'agentsecrets env --help'" \
    agentsecrets env --bogus -- touch "$WORK/started"
  [ ! -e started ]
}

@test "10: env without a command" {
  new_account
  mistake 125 'env: no command to start' \
    "see 'agentsecrets env --help'" agentsecrets env
  mistake 125 'env: no command to start' \
    "see 'agentsecrets env --help'" agentsecrets env --
}

@test "11: push in a folder whose .env is elsewhere" {
  new_account
  printf 'A=1\n' >.env
  mkdir src
  cd src
  mistake 1 "cannot read '.env': there is no such file" \
    "did you mean '$WORK/.env'?" agentsecrets push .env
  mistake 1 "cannot read 'other.env': there is no such file" \
    'give the path of the file' agentsecrets push other.env
  run agentsecrets push
  assert_status 0
  assert_line 'agentsecrets: there is nothing to push'
  assert_line "hint: name the file: 'agentsecrets push FILE'"
  # Where it is, nobody said that it is meant.
  cd ..
  mistake 2 "'.env' is there, but nobody said that it is meant" \
    "run 'agentsecrets push .env'" agentsecrets push
  # And outside of any project there is no place for it.
  cd "$BATS_TEST_TMPDIR"
  mistake 1 'no project here: neither this directory nor one above it has .agentsecrets/project.json' \
    "run 'agentsecrets project create NAME' or 'agentsecrets project use NAME'" \
    agentsecrets push
  run agentsecrets list -p web
  [ -z "$output" ]
}

@test "12: a second machine without the kit" {
  local password command error
  start_server
  new_team
  password=$PASSWORD_FILE
  fresh_home two
  export AGENTSECRETS_PASSWORD_FILE=$password
  run agentsecrets login --server "$SERVER_URL" --email alice@example.com
  assert_status 0
  assert_line "agentsecrets: this machine does not have the account's key yet"
  assert_line "hint: $by_kit"
  cp -r ../../one/work/.agentsecrets .
  error="this machine does not have the key of 'alice@example.com'"
  for command in pull list trust unlock 'set KEY=value' 'get KEY' diff \
    'project list' 'project use web' 'key export'; do
    # shellcheck disable=SC2086 # words
    mistake 3 "$error" "$by_kit" agentsecrets $command
  done
  mistake 125 "$error" "$by_kit" agentsecrets env -- true
}

@test "the wrong password at login" {
  start_server
  new_team
  fresh_home two
  random_canary wrong 24
  mistake 3 "wrong password, or no account 'alice@example.com' at this server" \
    'if both are right, the account was made under another address of this server' \
    agentsecrets login --server "$SERVER_URL" --email alice@example.com \
    --password-file wrong
  no_account
}

@test "a question without a terminal names its flag" {
  start_server
  run agentsecrets init --server "$SERVER_URL"
  assert_status 2
  assert_one_error '^agentsecrets: --email is needed, and there is no terminal'
  run agentsecrets init --server "$SERVER_URL" --email ann@example.com
  assert_status 2
  assert_one_error '^agentsecrets: --name is needed'
  run agentsecrets init
  assert_status 2
  assert_one_error 'give --password-file FILE'
  run agentsecrets login
  assert_status 2
  assert_one_error 'give --server URL'
  no_account
}

@test "who somebody is, without the server that is told" {
  random_canary password 24
  mistake 2 '--email is for an account at a server, and none is named' \
    'give --server URL as well' \
    agentsecrets init --email ann@example.com --password-file password
  mistake 2 '--name is for an account at a server, and none is named' \
    'give --server URL as well' \
    agentsecrets init --name 'Ann Other' --password-file password
  no_account
}

@test "set without a place or a name for the value does not read it" {
  new_account ''
  printf 'one\ntwo\n' >lines
  # unread STATUS ERROR COMMAND...: and what is on standard input stays there.
  unread() {
    run -0 sh -c 'rc=$1 && shift && { "$@"; [ $? = "$rc" ] && cat; } <lines' \
      sh "$1" "${@:3}"
    assert_match "agentsecrets: $2"
    assert_line one
    assert_line two
  }
  unread 1 'no project here' agentsecrets set KEY=-
  agentsecrets project create web
  unread 2 "invalid name 'NO-NAME'" agentsecrets set KEY=- NO-NAME=-
  unread 2 "unknown environment 'test'" agentsecrets set -e test KEY=-
  cp -r .agentsecrets ../copied
  mkdir ../elsewhere
  mv ../copied ../elsewhere/.agentsecrets
  cp lines ../elsewhere
  cd ../elsewhere
  unread 3 'directory .* is not trusted yet' agentsecrets set KEY=-
  rm -r "$AGENTSECRETS_HOME"
  unread 3 'not set up yet' agentsecrets set KEY=-
}

@test "a command that does not exist, and one without its operand" {
  mistake 2 "unknown command 'frobnicate'" "see 'agentsecrets --help'" \
    agentsecrets frobnicate
  mistake 2 "unknown command 'project frobnicate'" \
    "see 'agentsecrets project --help'" agentsecrets project frobnicate
  mistake 2 'no command given' "see 'agentsecrets --help'" agentsecrets
  run agentsecrets set
  assert_status 2
  assert_one_error 'is missing'
}

@test "help about a command, a group, and what is neither" {
  run -0 agentsecrets help project
  assert_line 'usage: agentsecrets project command [options] [operands]'
  run -0 agentsecrets help project list
  assert_match 'usage: agentsecrets project list'
  run -0 agentsecrets help
  assert_line 'usage: agentsecrets command [options] [operands]'
  run -2 agentsecrets help lst
  assert_one_error "unknown command 'lst'"
  [ "${lines[1]}" = "hint: did you mean 'agentsecrets list'?" ]
}

@test "what was mistyped is suggested" {
  new_account
  agentsecrets set -q STRIPE_KEY=value
  mistake 2 "unknown command 'sett'" "did you mean 'agentsecrets set'?" \
    agentsecrets sett
  mistake 2 "unknown command 'projcet'" \
    "did you mean 'agentsecrets project'?" agentsecrets projcet list
  mistake 2 "unknown command 'secrets lits'" \
    "did you mean 'agentsecrets secrets list'?" agentsecrets secrets lits
  mistake 2 "unknown option '--enviroment'" "did you mean '--environment'?" \
    agentsecrets list --enviroment=staging
  mistake 1 "no secret 'STRIPE_KY' in web/development" \
    "did you mean 'STRIPE_KEY'?" agentsecrets get STRIPE_KY
  mistake 1 "no secret 'stripe_kye' in web/development" \
    "did you mean 'STRIPE_KEY'?" agentsecrets delete stripe_kye
  mistake 125 'secret not found: STRIPEKEY' "did you mean 'STRIPE_KEY'?" \
    agentsecrets env --only STRIPEKEY -- true
}
