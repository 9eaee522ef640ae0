#!/usr/bin/env bats
# server get, set, reset: which server init and login will use, and that an
# account stays with its own.
load lib
remember_passwords

setup() { fresh_home; }
teardown() { end_all; }

json() { python3 -c 'import json, sys; print(json.load(sys.stdin)["server"])' <<<"$output"; }

@test "chosen, asked for, and taken back" {
  run -0 agentsecrets server get
  [ "$output" = embedded ]
  run -0 agentsecrets server set https://Secrets.example.com/
  [ "$output" = 'server  https://secrets.example.com' ]
  run -0 agentsecrets server get
  [ "$output" = https://secrets.example.com ]
  run -0 agentsecrets server reset
  [ "$output" = 'server  embedded' ]
  run -0 agentsecrets server get
  [ "$output" = embedded ]
  run -0 agentsecrets server set -q https://secrets.example.com
  [ -z "$output" ]
  run -0 agentsecrets server reset --json
  [ "$(json)" = embedded ]
  run -0 agentsecrets server reset
  [ ! -s "$AGENTSECRETS_HOME/config.json" ] ||
    run ! grep -q server_url "$AGENTSECRETS_HOME/config.json"
}

@test "what else is in config.json stays" {
  printf '{"theirs": {"a": 1}, "server_url": "https://a.example"}' \
    >"$AGENTSECRETS_HOME/config.json"
  chmod 0600 "$AGENTSECRETS_HOME/config.json"
  agentsecrets server reset -q
  grep -q '"theirs"' "$AGENTSECRETS_HOME/config.json"
  run ! grep -q server_url "$AGENTSECRETS_HOME/config.json"
}

@test "a variable counts before it, and that is said" {
  export AGENTSECRETS_SERVER_URL=https://b.example
  run -0 --separate-stderr agentsecrets server reset
  [ "$output" = 'server  embedded' ]
  # shellcheck disable=SC2154 # run sets it
  [[ $stderr == 'agentsecrets: warning: AGENTSECRETS_SERVER_URL is set'* ]]
  run -0 agentsecrets server get
  [ "$output" = https://b.example ]
}

@test "init takes the embedded one again after reset" {
  agentsecrets server set -q http://127.0.0.1:1
  agentsecrets server reset -q
  new_account web
  run -0 agentsecrets server get
  [ "$output" = embedded ]
}

@test "an account stays with its server" {
  start_server
  agentsecrets server set -q "$SERVER_URL"
  new_account web --email ann@example.com --name 'Ann Other'
  run -3 agentsecrets server reset
  assert_one_error "this home holds an account of '$SERVER_URL', which stays"
  assert_match 'hint: use another AGENTSECRETS_HOME'
  run -3 agentsecrets server set https://b.example
  assert_one_error 'which stays with its server'
  # Its own may be named again.
  run -0 agentsecrets server set "$SERVER_URL/"
  run -0 agentsecrets list
}

@test "an account of the embedded server, and a config.json that names another" {
  new_account web
  run -3 agentsecrets server set https://b.example
  assert_one_error 'an account of its embedded server'
  python3 - "$AGENTSECRETS_HOME/config.json" <<'PYTHON'
import json, sys
with open(sys.argv[1]) as file:
    it = json.load(file)
it["server_url"] = "https://b.example"
with open(sys.argv[1], "w") as file:
    json.dump(it, file)
PYTHON
  run -3 agentsecrets list
  assert_one_error "'https://b.example' is asked for, but this belongs to 'embedded'"
  assert_match "hint: config.json names it; run 'agentsecrets server reset'"
  run -0 agentsecrets server reset
  run -0 agentsecrets list
  AGENTSECRETS_SERVER_URL=https://b.example run -3 agentsecrets list
  assert_one_error 'is asked for'
  assert_match 'hint: leave --server and AGENTSECRETS_SERVER_URL out'
}

@test "no operand, and no URL" {
  run -2 agentsecrets server reset https://a.example
  assert_one_error 'one too many'
  run -2 agentsecrets server set
  assert_one_error 'URL is missing'
  run -2 agentsecrets server set nonsense
  assert_one_error "'nonsense' is no server URL"
}

@test "a damaged config.json is not replaced" {
  printf '{' >"$AGENTSECRETS_HOME/config.json"
  chmod 0600 "$AGENTSECRETS_HOME/config.json"
  run -1 agentsecrets server reset
  assert_one_error 'config.json'
  [ "$(cat "$AGENTSECRETS_HOME/config.json")" = '{' ]
}
