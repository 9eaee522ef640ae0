# agentsecrets doctor: the server and the session with it.
load lib
remember_passwords
load net
load doctor

setup() { doctor_setup; }

teardown() { end_all; }

@test 'the embedded server: data that is missing or damaged' {
  new_account
  look
  finding server reachable "'embedded' answers"
  [ "$LEVEL" = ok ]
  cd "$AGENTSECRETS_HOME/server"
  mv keys "$BATS_TEST_TMPDIR/keys"
  found problem server data "server/keys' is missing"
  [ ! -e keys ]
  echo nonsense >keys
  chmod 0600 keys
  found problem server reachable
}

@test 'a server: away, another one, silent, foreign, of another time' {
  start_server
  new_account '' --server "$SERVER_URL" --email a@example.com --name 'A B'
  look
  [ "$STATUS" = 0 ]
  finding server reachable 'answers, version'
  finding server session 'takes the session'
  finding account kit
  [ "$LEVEL" = warning ]
  AGENTSECRETS_SERVER_URL=https://other.example found problem server choice \
    'other\.example'
  kill -STOP "$SERVER_PID"
  SECONDS=0
  found problem server reachable 'timed out'
  [ "$SECONDS" -lt 10 ]
  kill -CONT "$SERVER_PID"
  stop_server
  found problem server reachable 'cannot reach'
  # Before there is an account, too.
  fresh_home two
  start_fake early
  AGENTSECRETS_SERVER_URL=$FAKE_URL found warning server clock \
    "minutes ahead of the server's"
  start_fake html
  AGENTSECRETS_SERVER_URL=$FAKE_URL found problem server reachable \
    'no AgentSecrets server'
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj /CN=localhost -keyout "$BATS_TEST_TMPDIR/key.pem" \
    -out "$BATS_TEST_TMPDIR/cert.pem" 2>/dev/null
  cat "$BATS_TEST_TMPDIR/key.pem" >>"$BATS_TEST_TMPDIR/cert.pem"
  start_fake healthy "$BATS_TEST_TMPDIR/cert.pem"
  AGENTSECRETS_SERVER_URL=https://127.0.0.1:$SERVER_PORT \
    found problem server reachable certificate
  [[ $HINT == *ca-certificates* ]]
}

@test 'a session: its renewal is left to --repair' {
  start_server
  new_account '' --server "$SERVER_URL" --email a@example.com --name 'A B'
  cd "$AGENTSECRETS_HOME"
  sed -i 's/"access_token":.*"[^"]*"/"access_token": "x"/' token.json
  cp token.json "$BATS_TEST_TMPDIR/token"
  look
  finding server session 'the next command renews it'
  [ "$LEVEL" = ok ]
  cmp token.json "$BATS_TEST_TMPDIR/token"
  look --repair
  finding server session 'takes the session'
  ! cmp -s token.json "$BATS_TEST_TMPDIR/token" || fail 'not renewed'
  cp "$BATS_TEST_TMPDIR/token" token.json
  look --repair
  finding server session
  [ "$LEVEL" = problem ]
  [[ $HINT == *login* ]]
  rm token.json
  found warning server session 'not logged in'
  [ "$STATUS" = 0 ]
  echo '{"access_token": 1}' >token.json
  chmod 0600 token.json
  look --repair
  finding server session
  [ "$LEVEL" = problem ]
  [[ $HINT == *login* ]]
}
