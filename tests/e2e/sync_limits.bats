#!/usr/bin/env bats
# A server that takes less than a change has: the change is split, resumed, and
# says how far it got.
# long with sanitizers
load lib
remember_passwords
load team
load middle

teardown() { end_all; }

# small_server [OPTION...]: an account at a server behind a middle.
small_server() {
  start_server server "$@"
  start_middle
  new_team
  requests >/dev/null
}

# write_many N [VALUE]: many.env with N names.
write_many() {
  local i
  for ((i = 1; i <= $1; i++)); do
    printf 'NAME_%04d=%s-%d\n' "$i" "${2-value}" "$i"
  done >many.env
}

# stored N: what many.env says is what the server has, N names.
stored() {
  agentsecrets env --fresh --clean=PATH -- env | grep '^NAME_' | sort >seen
  sort many.env | cmp - seen
  [ "$(wc -l <seen)" = "$1" ]
}

# parts PATTERN: how many of the last requests it matches.
parts() { requests | grep -c -- "$1" || :; }

vault() { sha256sum "$AGENTSECRETS_HOME/vault"/*; }

@test "what one request takes is one request" {
  small_server --secrets-per-request 150
  write_many 100
  agentsecrets push -q many.env
  run requests
  [ "$output" = 'POST /api/secrets/ 100' ]
  write_many 150 other
  agentsecrets push -q many.env
  run requests
  [ "$output" = $'GET /api/status/\nPOST /api/secrets/ 150' ]
  stored 150
}

@test "more names than it takes go in parts" {
  small_server --secrets-per-request 150
  write_many 401
  agentsecrets push -q many.env
  requests | sed -E 's,/[0-9a-f-]{36}/,/ID/,' | diff -u - <(printf '%s\n' \
    'GET /api/status/' 'GET /api/secrets/ID/?environment=development' \
    'POST /api/secrets/ 150' 'POST /api/secrets/ 150' 'POST /api/secrets/ 101')
  stored 401
}

@test "more bytes than it takes go in parts that it just takes" {
  local n
  small_server --request-bytes 100000
  # 866 KiB of values, which are 1.2 MB of base64.
  awk 'BEGIN {
    for (i = 0; i < 90; i++)
      printf "NAME_%04d=%0*d\n", i, 20 + i * 977 % 20000, 0
  }' >many.env
  agentsecrets push -q many.env
  n=$(parts POST)
  [ "$n" -ge 12 ]
  [ "$n" -le 17 ]
  stored 90
}

@test "what older servers take: 100 names, two million bytes" {
  small_server
  rules old
  write_many 250
  agentsecrets push -q many.env
  run requests
  [ "$(grep -c 'POST /api/secrets/ 100' <<<"$output")" = 2 ]
  assert_line 'POST /api/secrets/ 50'
  awk 'BEGIN {
    for (i = 0; i < 40; i++)
      printf "NAME_%04d=%0120000d\n", i, 0
  }' >many.env
  agentsecrets push -q many.env
  [ "$(parts POST)" = 4 ]
  agentsecrets env --fresh --only NAME_0039 --clean=PATH -- env >seen
  [ "$(grep ^NAME_0039 seen | wc -c)" = 120011 ]
}

@test "set, delete and import are split as well" {
  small_server --secrets-per-request 2
  agentsecrets set -q A=1 B=2 C=3
  run agentsecrets get C
  [ "$output" = 3 ]
  agentsecrets delete -q A B C
  [ -z "$(agentsecrets list)" ]
  printf 'D=1\nE=2\nF=3\n' >some.env
  agentsecrets import -q some.env
  [ "$(agentsecrets list | wc -l)" = 3 ]
  # Three names are usual, so that all three are tried first.
  run requests
  [ "$(grep -c 'POST /api/secrets/ 3' <<<"$output")" = 3 ] || fail "$output"
  [ "$(grep -c 'POST /api/secrets/ 2' <<<"$output")" = 3 ] || fail "$output"
  [ "$(grep -c 'POST /api/secrets/ 1' <<<"$output")" = 3 ] || fail "$output"
}

@test "a failure half-way says how far it got, and the rest follows" {
  small_server --secrets-per-request 100
  write_many 1000
  rules 'fail 3 503'
  run agentsecrets push -q many.env
  assert_status 1
  assert_one_error '^agentsecrets: stored 200 of 1000 names, then: .*try later'
  [ "${lines[1]}" = 'hint: the same command sends the rest' ]
  requests >/dev/null
  rules
  agentsecrets push -q many.env
  [ "$(parts 'POST /api/secrets/ 100')" = 8 ]
  stored 1000
}

@test "the status and the hint are those of what failed" {
  small_server --secrets-per-request 100
  write_many 300
  rules 'fail 2 drop'
  run agentsecrets push -q many.env
  assert_status 4
  assert_one_error '^agentsecrets: stored 100 of 300 names, then: .*closed the'
  [ "${lines[1]}" = 'hint: check the address and the network; after that the same command sends the rest' ]
  rules
  agentsecrets push -q many.env
  stored 300
}

@test "killed between two parts, the next one sends the rest" {
  small_server --secrets-per-request 100
  write_many 300
  rules 'before 2 kill -KILL $(cat '"$WORK/pid"')'
  (
    echo "$BASHPID" >pid
    exec agentsecrets push -q many.env
  ) || status=$?
  [ "$status" = 137 ]
  rules
  # The second part was stored, and nobody here knows.
  requests >/dev/null
  agentsecrets push -q many.env
  [ "$(parts 'POST /api/secrets/ 100')" = 2 ]
  stored 300
}

@test "a conflict is found before the first part" {
  small_server --secrets-per-request 100
  write_many 300
  agentsecrets push -q many.env
  next_machine two
  agentsecrets pull -q
  agentsecrets set -q NAME_0299=theirs
  use_home one
  write_many 300 other
  vault >before
  requests >/dev/null
  run agentsecrets push many.env
  assert_status 5
  assert_match NAME_0299
  [ "$(parts POST)" = 0 ]
  vault | cmp - before
  agentsecrets push -q --force many.env
  stored 300
}

@test "what was deleted or added there is found as well" {
  small_server --secrets-per-request 100
  write_many 300
  agentsecrets push -q many.env
  next_machine two
  agentsecrets pull -q
  agentsecrets delete -q NAME_0250
  agentsecrets set -q NAME_0301=theirs
  use_home one
  write_many 301 other
  run agentsecrets push many.env
  assert_status 5
  assert_match NAME_0250
  assert_match NAME_0301
  [[ $output != *NAME_0001* ]]
}

@test "a conflict after the first part says what was stored" {
  small_server --secrets-per-request 100
  write_many 300
  agentsecrets push -q many.env
  next_machine two
  agentsecrets pull -q
  use_home one
  write_many 300 other
  cat >"$BATS_TEST_TMPDIR/meanwhile" <<SH
export HOME=$BATS_TEST_TMPDIR/two/home
export AGENTSECRETS_HOME=\$HOME/.agentsecrets
export AGENTSECRETS_PASSWORD_FILE=\$HOME/password
cd $BATS_TEST_TMPDIR/two/work && agentsecrets set -q NAME_0299=theirs
SH
  rules "before 3 sh $BATS_TEST_TMPDIR/meanwhile"
  run agentsecrets push many.env
  assert_status 5
  assert_one_error '^agentsecrets: stored 200 of 300 names, then: .*NAME_0299'
  rules
  agentsecrets push -q --force many.env
  stored 300
}

@test "what another command of this home wrote between two parts stays" {
  small_server --secrets-per-request 2
  write_many 6
  agentsecrets push -q many.env
  write_many 6 other
  cat >"$BATS_TEST_TMPDIR/meanwhile" <<SH
export HOME=$HOME AGENTSECRETS_HOME=$AGENTSECRETS_HOME
export AGENTSECRETS_PASSWORD_FILE=$PASSWORD_FILE
cd $WORK && agentsecrets set -q NAME_0005=meanwhile
SH
  rules "before 2 sh $BATS_TEST_TMPDIR/meanwhile"
  run agentsecrets push many.env
  assert_status 5
  assert_one_error '^agentsecrets: stored 4 of 6 names, then: .*NAME_0005'
  run -0 agentsecrets get NAME_0005
  [ "$output" = meanwhile ]
}

@test "what is stored is no change of the copy, also half-way" {
  start_server server --secrets-per-request 100
  start_middle
  fresh_home one
  new_account web --server "$TEAM_URL" --email alice@example.com --name 'A L' \
    --storage-mode 2
  write_many 300
  cp many.env .env.development
  rules 'fail 2 503'
  run agentsecrets push
  assert_status 1
  assert_match 'stored 100 of 300 names'
  # One that was stored is edited before the rest is sent.
  sed -i 's/^NAME_0001=.*/NAME_0001=edited/' .env.development many.env
  rules
  agentsecrets push -q
  stored 300
}

@test "a value that the server does not take is named before anything is sent" {
  small_server --secrets-per-request 2 --value-bytes 1000
  awk 'BEGIN {
    for (i = 0; i < 120; i++)
      printf "NAME_%04d=%0*d\n", i, i == 119 ? 1001 : 3, 0
  }' >many.env
  run agentsecrets push many.env
  assert_status 1
  assert_one_error \
    "value of 'NAME_0119' is larger than the 1000 bytes that the server takes"
  [ "$(parts POST)" = 0 ]
  # Also where the server was not asked before.
  run agentsecrets set A=1 "C=$(printf %01001d 0)"
  assert_status 1
  assert_one_error "value of 'C' is larger than the 1000 bytes that the server"
  [ -z "$(agentsecrets list)" ]
}

@test "a value for which no request is large enough is named, too" {
  small_server --request-bytes 1024
  printf 'A=1\nB=%0700d\n' 0 >some.env
  run agentsecrets push some.env
  assert_status 1
  assert_one_error "value of 'B' does not fit into the 1024 bytes of a request"
  [ -z "$(agentsecrets list)" ]
}

@test "a refusal that no limit explains is told in words of ours" {
  small_server
  rules 'fail 1 413'
  run agentsecrets set A=1 B=2
  assert_status 1
  assert_one_error 'takes no request as large as this \(2 names, about [0-9]+ b'
  [[ ${lines[1]} == 'hint: a proxy in front of it may take less than it '* ]]
  rules 'fail 1 422'
  run agentsecrets set A=1 B=2
  assert_status 1
  assert_one_error '2 names were refused: the server says: Invalid Entry'
  run agentsecrets set A=1
  assert_one_error "'A' was refused: the server says: Invalid Entry"
}
