#!/usr/bin/env bats
# The examples of the manual pages, run as they stand there; only the server's
# address and the memory disk are those of the test.
# product build only
load lib
load keychain

setup() {
  MAN=$BATS_TEST_DIRNAME/../../man
  fresh_home
  at_home
}
teardown() { end_all; }

# at_home: what the examples take for granted, in this home.
at_home() {
  local command
  mkdir -p ~/src/shop ~/src/shop-staging ~/bin
  export PATH=$HOME/bin:$PATH
  cd ~/src/shop || return
  printf 'API_KEY=a-key\nDB_URL=a-database\nSTRIPE_KEY=a-stripe\n' >.env
  printf 'a-key-file\n' >key.pem
  random_canary key
  random_canary ~/password 24
  export AGENTSECRETS_PASSWORD_FILE=$HOME/password
  # What is started says what it got.
  for command in npm psql docker curl make jq migrate report build.sh deploy; do
    printf '#!/bin/sh\necho "%s $*:" $(env | sed -n "s/=a-/+&/p" | sort)\n' \
      "$command" >~/bin/"$command"
    chmod +x ~/bin/"$command"
  done
  printf '#!/bin/sh\necho '\''{"FROM_SOPS": "a-value"}'\''\n' >~/bin/sops
  chmod +x ~/bin/sops
  cp ~/bin/{migrate,report,build.sh,deploy} .
}

# examples PAGE [MACHINE]: the command lines of its EXAMPLES, into ./script.
examples() {
  mandoc -Tascii -O width=200 "$MAN/$1" | sed 's/.\x08//g' |
    awk -v prompt="${2-}\$ " '
      /^[A-Z]/ { inside = /^EXAMPLES/; next }
      !inside { next }
      { sub(/^ +/, "") }
      index($0, prompt) == 1 { $0 = substr($0, length(prompt) + 1); more = 1 }
      more { print; more = /[\\|]$/ }' |
    sed "s,https://secrets.example.com,${SERVER_URL-},; s,/dev/shm,$WORK," \
      >"$BATS_TEST_TMPDIR/script"
  [ -s "$BATS_TEST_TMPDIR/script" ]
}

# do_lines RANGE [STEP...]: these lines of it, at a terminal where the steps
# answer what is asked; one that fails ends it.
do_lines() {
  sed -n "$1p" "$BATS_TEST_TMPDIR/script" >"$BATS_TEST_TMPDIR/part"
  [ -s "$BATS_TEST_TMPDIR/part" ]
  shift
  run python3 "$BATS_TEST_DIRNAME/terminal.py" "$@" -- \
    bash -e "$BATS_TEST_TMPDIR/part"
  assert_status 0
}

@test "agentsecrets(1)" {
  start_server
  examples agentsecrets.1
  do_lines '1,$'
  run agentsecrets get STRIPE_KEY
  [ "$output" = "$(cat key)" ]
  fresh_home first
  at_home
  examples agentsecrets.1 one
  do_lines '1,$' 'expect:Passphrase for the kit' 'send:correct horse battery\n' \
    'expect:Once more' 'send:correct horse battery\n'
  fresh_home two
  at_home
  cp "$BATS_TEST_TMPDIR/first/home/"{password,src/shop/kit.txt} .
  mv password ~/password
  examples agentsecrets.1 two
  do_lines '1,$' 'expect:Passphrase of the kit' 'send:correct horse battery\n'
  run agentsecrets get DB_URL
  assert_line a-database
}

@test "agentsecrets-account(1)" {
  start_server
  examples agentsecrets-account.1
  do_lines 1,2
  agentsecrets logout --forget --yes
  do_lines 3
  agentsecrets logout --forget --yes
  do_lines 4,5 'expect:Project for this directory' 'send:-\n'
  agentsecrets project create shop
  set_settings '{"session_cache": 60}'
  do_lines '6,$' "expect:Type 'ada@example.com' to go on: " \
    'send:ada@example.com\n'
  assert_match 'make test'
  [ ! -e ~/.agentsecrets/account.json ]
}

@test "agentsecrets-doctor(1)" {
  new_account
  examples agentsecrets-doctor.1
  do_lines '1,$'
  assert_match 'jq -r .checks'
}

@test "agentsecrets-env(1)" {
  new_account shop
  agentsecrets push .env
  agentsecrets push -e production .env
  agentsecrets set -q DATABASE_PASSWORD=a-password
  examples agentsecrets-env.1
  printf 'npm again\nexit\n' >commands
  do_lines '1,$' 'expect:deploy : ' 'send:npm again\nexit\n'
  assert_line 'npm start: API_KEY+=a-key DATABASE_PASSWORD+=a-password DB_URL+=a-database STRIPE_KEY+=a-stripe'
  assert_line 'migrate : API_KEY+=a-key DB_URL+=a-database'
  assert_line DATABASE_PASSWORD
  assert_match 'psql : .*PGPASSWORD\+=a-password'
  assert_match 'build.sh : API_KEY'
  assert_match 'deploy : API_KEY'
  assert_match 'npm again: API_KEY'
  assert_match 'docker run --env API_KEY image: API_KEY'
  assert_match 'curl -H X-Key: a-key https://example.com'
}

@test "agentsecrets-environment(1)" {
  new_account shop
  agentsecrets set -q API_URL=a-dev API_KEY=a-dev
  agentsecrets set -q -e staging STRIPE_KEY=a-staging
  agentsecrets set -q -e production STRIPE_KEY=a-production
  examples agentsecrets-environment.1
  do_lines '1,$' 'expect:STRIPE_KEY: [m]ine (what production has), ' \
    'send:t\n' "expect:Type the environment's name to go on: " \
    'send:staging\n'
  assert_match 'staging +1 secret  active'
  assert_match 'differs +STRIPE_KEY'
  assert_match 'added API_KEY, API_URL in shop/staging'
  [ "$(agentsecrets get -e production STRIPE_KEY)" = a-staging ]
  [ -z "$(agentsecrets list -e staging)" ]
}

@test "agentsecrets-key(1)" {
  start_server
  new_account shop --server "$SERVER_URL" --email ada@example.com \
    --name 'Ada Lovelace'
  examples agentsecrets-key.1
  do_lines 1 'expect:Passphrase for the kit' 'send:correct horse battery\n' \
    'expect:Once more' 'send:correct horse battery\n'
  cp kit.txt ~/password "$BATS_TEST_TMPDIR"
  fresh_home two
  at_home
  cp "$BATS_TEST_TMPDIR/kit.txt" .
  cp "$BATS_TEST_TMPDIR/password" ~
  start_keyring
  do_lines '2,$' 'expect:Passphrase of the kit' 'send:correct horse battery\n'
  assert_match 'key number'
  run agentsecrets key-store
  assert_line keychain
}

@test "agentsecrets-log(1)" {
  new_account shop
  agentsecrets set -q -e production STRIPE_KEY=1
  agentsecrets env -e production -- true
  examples agentsecrets-log.1
  do_lines '1,$'
  assert_match 'production.*true'
  assert_match 'jq -r select'
}

@test "agentsecrets-project(1)" {
  new_account ''
  git init -q ~/src
  examples agentsecrets-project.1
  do_lines 1,2
  agentsecrets push -e production .env
  do_lines '3,$'
  assert_line shop
  run git -C ~/src diff --cached --name-only
  assert_line shop-staging/.agentsecrets/project.json
}

@test "agentsecrets-secrets(1)" {
  new_account shop
  agentsecrets set -q OLD_KEY=1 OLDER_KEY=2
  (cd ~/src/shop-staging && agentsecrets project create -q other)
  examples agentsecrets-secrets.1
  do_lines '1,$' 'expect:Value of STRIPE_KEY: ' 'send:typed\n'
  run agentsecrets list -p other
  assert_line TOKEN
  run agentsecrets list
  assert_line FROM_SOPS
  [[ $output != *OLD* ]]
  cmp key.pem <(agentsecrets get TLS_KEY)
}

@test "agentsecrets-server(1)" {
  start_server
  examples agentsecrets-server.1
  do_lines '1,$'
  assert_match "server +$SERVER_URL"
}

@test "agentsecrets-trust(1)" {
  new_account shop
  agentsecrets trust --remove
  examples agentsecrets-trust.1
  do_lines '1,$'
  assert_match 'trusted: .*shop'
}

@test "no page with examples is left out" {
  for page in "$MAN"/agentsecrets*.1; do
    page=$(basename "$page" .1)
    grep -qxF "@test \"$page(1)\" {" "$BATS_TEST_FILENAME" ||
      fail "the examples of $page(1) are not run"
  done
}
