#!/usr/bin/env bats
# status: what lies here and how old it is, without asking anybody.
load lib
remember_passwords

setup() { fresh_home; }
teardown() { end_all; }

# pulled SECONDS: as if the last pull was so long ago.
pulled() {
  local vault before
  vault=$(echo "$AGENTSECRETS_HOME"/vault/*.development)
  before=$(sed -n 's/^\(pulled [0-9]*\).*/\1/p' "$vault")
  python3 "$BATS_TEST_DIRNAME/../lib/vault.py" "$vault" replace \
    "$before" "pulled $(($(date +%s) - $1))"
}

json() {
  agentsecrets status --json |
    python3 -c 'import json, sys; print(json.load(sys.stdin).get(sys.argv[1]))' "$1"
}

@test "a vault of no secrets, one that was written here, one that was pulled" {
  new_account web
  run -0 agentsecrets status
  assert_line 'vault        no secrets yet'
  agentsecrets set -q A=1
  run -0 agentsecrets status
  assert_line 'vault        1 secret, written here and never pulled'
  [ "$(json vault_age)" = None ]
  [ "$(json pulled_at)" = '' ]
  agentsecrets set -q B=2
  agentsecrets pull -q
  run -0 agentsecrets status
  assert_line 'vault        2 secrets, pulled just now'
  [ "$(json vault_age)" -lt 60 ]
  [ "$(json secrets)" = 2 ]
}

@test "its age in words and in seconds" {
  local age words
  new_account web
  agentsecrets set -q A=1
  agentsecrets pull -q
  while read -r age words; do
    pulled "$age"
    run -0 agentsecrets status
    assert_line "vault        1 secret, pulled $words"
    [ "$(json vault_age)" -ge "$age" ]
    [ "$(json vault_age)" -lt $((age + 60)) ]
  done <<'AGES'
90 1 minute ago
600 10 minutes ago
3700 1 hour ago
10900 3 hours ago
90000 1 day ago
2600000 30 days ago
AGES
  # A clock that was put back.
  pulled -1000
  run -0 agentsecrets status
  assert_line 'vault        1 secret, pulled just now'
  [ "$(json vault_age)" = 0 ]
}

@test "no account, no project, another environment" {
  run -0 agentsecrets status
  assert_line "account      none (run 'agentsecrets init')"
  new_account ''
  run -0 agentsecrets status
  assert_match 'project +none: no project here'
  [[ $output != *vault* ]]
  agentsecrets project create -q web
  agentsecrets set -q -e production A=1
  run -0 agentsecrets status -e production
  assert_line 'vault        1 secret, written here and never pulled'
  assert_line 'environment  production'
}
