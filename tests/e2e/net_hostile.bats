#!/usr/bin/env bats
# agentsecrets-net in front of servers that are none, or bad ones.
load lib
load net

ID=0b0e4d1c-5c0e-4b8e-9d4a-1f2e3d4c5b6a

setup() {
  fresh_home
  probe_tree
}

teardown() {
  end_all
}

# status_is STATUS PATTERN MODE...: what `status` says of such a server.
status_is() {
  local want=$1 pattern=$2 mode
  shift 2
  for mode in "$@"; do
    start_fake "$mode"
    run probe "$FAKE_URL" status
    echo "# $mode: $output"
    assert_status "$want"
    assert_match "$pattern"
  done
}

# list_is PATTERN MODE...: what `list` says of such a server, status 1.
list_is() {
  local pattern=$1 mode
  shift
  log_in_by_hand
  for mode in "$@"; do
    start_fake "$mode"
    run probe "$FAKE_URL" list $ID 0
    echo "# $mode: $output"
    assert_status 1
    assert_match "$pattern"
  done
}

@test "a server that is none is told apart from one that is not there" {
  status_is 1 'is no AgentSecrets server' garbage ssh html missing \
    list twice trailing nul deep ok unhealthy200 healthy404 alone anyones
  status_is 1 'fails with HTTP status 500' broken
  status_is 1 'fails: no upstream' behind
  status_is 4 'broke: ' short
  status_is 4 'closed the connection without an answer' close
  run probe http://127.0.0.1:1 status
  assert_status 4
  assert_match "cannot reach 'http://127.0.0.1:1': connection refused"
  run probe https://no-such-host.invalid status
  assert_status 4
  assert_match "cannot reach 'https://no-such-host.invalid': no such host"
}

@test "a healthy one is taken, an unhealthy one is called so" {
  status_is 0 'server fake \[one two\] origin= takes=100,2000000,131071$' healthy
  status_is 0 'server unknown \[\] origin= takes=100,2000000,131071$' others
  status_is 0 'server fake .* takes=7,33554432,131071$' limits
  status_is 0 'server fake .* takes=100,2000000,131071$' odd_limits
  status_is 1 'is not healthy' ill
}

@test "an answer about another project is no success" {
  log_in_by_hand
  start_fake renamed_other
  run probe "$FAKE_URL" update $ID $ID old new text
  assert_status 1
  assert_match 'not of the protocol: another project'
  grep -q "^PATCH /api/projects/$ID/old/ HTTP" "$FAKE_LOG"
  grep -qF '{"name":"new","description":"text"}' "$FAKE_LOG"
  run probe "$FAKE_URL" drop $ID a/b
  grep -q "^DELETE /api/projects/$ID/a%2Fb/ HTTP" "$FAKE_LOG"
}

@test "no redirect is followed" {
  status_is 1 "redirects to 'http://127.0.0.1:[0-9]+/elsewhere/'" redirect
  [ "$(fake_requests)" = 1 ]
}

@test "an answer without an end is cut off" {
  local before=$SECONDS
  status_is 1 'larger than 64 MiB' endless
  [ $((SECONDS - before)) -lt 25 ]
}

# time_of FAKE_URL NAME: run `status` in the background; afterwards NAME.out
# holds what it said and NAME.took its seconds.
time_of() {
  local before=$SECONDS
  probe "$1" status >"$2.out" 2>&1 || :
  echo $((SECONDS - before)) >"$2.took"
}

@test "a slow answer is waited for, one that stands still is not" {
  local mode waits=()
  for mode in slow trickle silent; do
    start_fake "$mode"
    time_of "$FAKE_URL" "$mode" &
    waits+=($!)
  done
  wait "${waits[@]}"
  head ./*.out ./*.took
  grep '^server fake' slow.out
  [ "$(<slow.took)" -gt 31 ]
  for mode in trickle silent; do
    grep "^error 4: cannot reach 'http://.*': timed out" "$mode.out"
    [ "$(<"$mode.took")" -ge 18 ]
    [ "$(<"$mode.took")" -le 32 ]
  done
}

@test "addresses that are refused before anything is sent" {
  local url
  start_fake healthy
  for url in http://example.org ftp://127.0.0.1 https://u@127.0.0.1 \
    "http://u:p@127.0.0.1:$SERVER_PORT" "http://127.0.0.1:$SERVER_PORT/?a" \
    "http://127.0.0.1:$SERVER_PORT/#a" http://127.0.0.1.example.org \
    "file:///etc/passwd" "http://127.0.0.1:99999" "http://[::1" \
    "http://127.0.0.1:$SERVER_PORT/a b"; do
    run probe "$url" status
    echo "# $url: $output"
    assert_status 1
  done
  [ ! -s "$FAKE_LOG" ]
}

@test "a path in the address is kept, /api stands in for none" {
  start_fake healthy
  probe "$FAKE_URL" status
  probe "$FAKE_URL/" status
  probe "$FAKE_URL/team/v1/" status
  run grep -c '^GET /api/status/ HTTP/1.1' "$FAKE_LOG"
  [ "$output" = 2 ]
  grep '^GET /team/v1/status/ HTTP/1.1' "$FAKE_LOG"
}

@test "what a request says" {
  log_in_by_hand
  start_fake rows
  probe "$FAKE_URL" list $ID 7
  cat "$FAKE_LOG"
  grep "^GET /api/secrets/$ID/?environment=development HTTP/1.1" "$FAKE_LOG"
  grep -E '^User-Agent: agentsecrets/[0-9.]+.$' "$FAKE_LOG"
  grep '^Accept: application/json' "$FAKE_LOG"
  grep '^Authorization: Bearer token' "$FAKE_LOG"
  grep '^If-None-Match: "7".$' "$FAKE_LOG"
  run grep -iE '^(Expect|Cookie|Referer|Accept-Encoding|Proxy)' "$FAKE_LOG"
  assert_status 1
}

@test "rows and tombstones are read" {
  log_in_by_hand
  start_fake rows
  run probe "$FAKE_URL" list $ID 0
  assert_status 0
  assert_line 'row A version=1 blob=x'
  assert_line 'row B version=1 blob=y'
  assert_line 'row C version=1 deleted blob='
}

@test "a list that is not what was asked for is refused" {
  list_is "another project's secrets" other_project
  list_is "broken secret 'A'" not_base64 loose_base64 bad_version long_value
  list_is 'broken secret' long_name no_name
  list_is 'workspace_id' bad_workspace
  list_is 'no secrets' nothing
  list_is 'no success and no error' failure200
}

@test "the server's words are shown, its escapes are not" {
  log_in_by_hand
  start_fake escapes
  run probe "$FAKE_URL" list $ID 0
  assert_status 1
  assert_line 'error 1: the server says: no\u{1b}[31m such\u{a}thing []'
}

@test "a server that is busy says for how long" {
  log_in_by_hand
  start_fake busy
  run probe "$FAKE_URL" list $ID 0
  assert_status 1
  assert_match 'too many attempts; try again in 7 s'
}

@test "an old workspace key is a conflict of its own" {
  log_in_by_hand
  start_fake stale
  run probe "$FAKE_URL" write $ID 1 A blob -
  assert_status 5
  assert_match 'workspace key was replaced'
}

@test "a session that cannot be renewed is over" {
  log_in_by_hand
  start_fake expired
  run probe "$FAKE_URL" list $ID 0
  assert_status 3
  assert_line "error 3: your session is over [run 'agentsecrets login']"
  [ "$(fake_requests)" = 2 ]
  grep '"kept":1' "$TOKENS"
}

@test "without a session nothing is sent" {
  start_fake rows
  run probe "$FAKE_URL" list $ID 0
  assert_status 3
  assert_line "error 3: not logged in [run 'agentsecrets login']"
  [ ! -s "$FAKE_LOG" ]
}

@test "a token that would break out of its header is refused" {
  # shellcheck disable=SC1003 # an escape of JSON
  log_in_by_hand 'token\r\nX-Injected: 1'
  start_fake rows
  run probe "$FAKE_URL" list $ID 0
  assert_status 3
  assert_line "error 3: your session is over [run 'agentsecrets login']"
  [ ! -s "$FAKE_LOG" ]
}

# make_certificate NAME: a certificate that vouches for itself, in cert.pem,
# and with its key in both.pem.
make_certificate() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" \
    -addext "subjectAltName=DNS:$1" -keyout key.pem -out cert.pem 2>/dev/null
  cat key.pem cert.pem >both.pem
}

# trusting FILE COMMAND...: as on a machine whose only authority is FILE.
trusting() {
  # shellcheck disable=SC2016 # for the inner shell
  unshare --mount sh -c 'mount --bind "$1" \
    /etc/ssl/certs/ca-certificates.crt && shift && exec "$@"' sh "$@"
}

@test "a certificate that the machine trusts, for that name only" {
  needs_root
  make_certificate localhost
  start_fake healthy both.pem
  run trusting cert.pem "$PROBE" "https://localhost:$SERVER_PORT" "$DATA" \
    "$TOKENS" status
  assert_status 0
  assert_match 'server fake'
  make_certificate elsewhere.example
  start_fake rows both.pem
  run trusting cert.pem "$PROBE" "https://localhost:$SERVER_PORT" "$DATA" \
    "$TOKENS" status
  assert_status 4
  assert_match "cannot verify the certificate of 'https://localhost"
}

@test "a certificate that nobody vouches for" {
  make_certificate localhost
  start_fake healthy both.pem
  run probe "https://localhost:$SERVER_PORT" status
  assert_status 4
  assert_match "cannot verify the certificate of 'https://localhost"
  [ ! -s "$FAKE_LOG" ]
}

@test "TLS with a server that speaks none" {
  start_fake ssh
  run probe "https://localhost:$SERVER_PORT" status
  assert_status 4
  assert_match 'no TLS connection'
}

@test "a hostile environment does not reach the helper" {
  start_fake healthy
  cat >openssl.cnf <<<'openssl_conf = x'
  export SSLKEYLOGFILE=$WORK/keylog OPENSSL_CONF=$WORK/openssl.cnf \
    http_proxy=http://127.0.0.1:1 HTTP_PROXY=http://127.0.0.1:1 \
    ALL_PROXY=socks5h://127.0.0.1:1 CURL_CA_BUNDLE=/nonexistent \
    SSL_CERT_FILE=/nonexistent LD_BIND_NOW=1 MALLOC_PERTURB_=1 \
    GCONV_PATH=/nonexistent AGENTSECRETS_TOKEN=sentinel
  coproc CLIENT { exec "$PROBE" "$FAKE_URL" "$DATA" "$TOKENS" pause , status; }
  # shellcheck disable=SC2154 # coproc sets it
  echo "$CLIENT_PID" >>"$BATS_TEST_TMPDIR/pids"
  read -r _ pid <&"${CLIENT[0]}"
  run sh -c "tr '\\0' '\\n' </proc/$pid/environ | sort"
  echo go >&"${CLIENT[1]}"
  read -r answer <&"${CLIENT[0]}"
  echo "# $output # $answer"
  [[ $answer == 'server fake'* ]]
  [ "$output" = "HOME=$HOME
LANG=C.UTF-8
LC_ALL=C.UTF-8
PATH=/usr/bin:/bin
XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR" ]
  [ ! -e keylog ]
}

@test "the helper starts for nobody else" {
  run "$PREFIX/libexec/agentsecrets/agentsecrets-net" </dev/null 3>&-
  assert_status 1
  assert_match 'agentsecrets starts this, not you'
}
