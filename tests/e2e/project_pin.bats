#!/usr/bin/env bats
# project pin: the names, and the versions, that `env` insists on.
# shellcheck disable=SC2016
load lib
remember_passwords

setup() {
  fresh_home
  new_account web >&2
  agentsecrets set -q KEY=value SECOND=two
}
teardown() { end_all; }

refused() { assert_nothing_started 125 "$@"; }

# pinned PATH...: that part of project.json as JSON, sorted.
pinned() {
  python3 -c '
import json, sys
it = json.load(open(".agentsecrets/project.json"))
for key in sys.argv[1:]:
    it = it.get(key) if it is not None else None
print(json.dumps(it, sort_keys=True))' "$@"
}

@test "env gives out the pinned names and no other, and misses what is gone" {
  run -0 agentsecrets project pin
  assert_line 'pinned 2 names of web/development in project.json'
  [ "$(pinned names)" = '{"development": ["KEY", "SECOND"]}' ]
  [ "$(pinned minimum)" = null ]
  # The directory is bound to it: nobody is asked.
  agentsecrets set -q THIRD=three
  run -0 agentsecrets env --dry-run -- true
  [ "$output" = $'KEY\nSECOND' ]
  agentsecrets delete -q SECOND
  refused 'SECOND' env --
  run -0 agentsecrets project pin
  [ "$(pinned names development)" = '["KEY", "THIRD"]' ]
  run -0 agentsecrets env --dry-run -- true
  [ "$output" = $'KEY\nTHIRD' ]
}

@test "each environment has its own" {
  agentsecrets set -q -e production PROD=1
  agentsecrets project pin -q -e production
  run -0 agentsecrets project pin
  [ "$(pinned names)" = '{"development": ["KEY", "SECOND"], "production": ["PROD"]}' ]
  run -0 agentsecrets project pin --remove -e production
  assert_line 'web/production is not pinned any more'
  [ "$(pinned names)" = '{"development": ["KEY", "SECOND"]}' ]
  run -0 agentsecrets project pin --remove -e production
  assert_line 'web/production was not pinned'
  run -0 agentsecrets project pin --remove
  [ "$(pinned names)" = null ]
  run -0 agentsecrets env --dry-run -- true
  [ "$output" = $'KEY\nSECOND' ]
}

@test "with --versions an older state is refused" {
  local epoch
  epoch=$(awk '$1 == "workspace" { print $3 }' "$AGENTSECRETS_HOME/trust")
  cp -a "$AGENTSECRETS_HOME/vault" "$BATS_TEST_TMPDIR/old"
  agentsecrets set -q KEY=newer
  run -0 agentsecrets project pin --versions
  assert_line 'pinned 2 names and their versions of web/development in project.json'
  [ "$(pinned minimum development)" = "{\"KEY\": \"$epoch.2\", \"SECOND\": \"$epoch.1\"}" ]
  run -0 agentsecrets env -- sh -c 'echo $KEY'
  [ "$output" = newer ]
  cp -a "$AGENTSECRETS_HOME/vault" "$BATS_TEST_TMPDIR/new"
  cp "$BATS_TEST_TMPDIR"/old/* "$AGENTSECRETS_HOME/vault"
  refused "'KEY' is older than project.json asks for" env --
  assert_match "hint: run 'agentsecrets pull'"
  # Nor is the floor lowered to what lies here.
  run -6 agentsecrets project pin --versions
  assert_one_error "'KEY' is older than project.json asks for"
  run -6 agentsecrets project pin
  [ "$(pinned minimum development)" = "{\"KEY\": \"$epoch.2\", \"SECOND\": \"$epoch.1\"}" ]
  agentsecrets pull -q
  run -0 agentsecrets env -- true
}

@test "without --versions the marks of the names that stay are kept" {
  local epoch
  epoch=$(awk '$1 == "workspace" { print $3 }' "$AGENTSECRETS_HOME/trust")
  agentsecrets project pin -q --versions
  agentsecrets delete -q SECOND
  agentsecrets set -q KEY=newer THIRD=three
  agentsecrets project pin -q
  [ "$(pinned minimum)" = "{\"development\": {\"KEY\": \"$epoch.1\"}}" ]
  [ "$(pinned names development)" = '["KEY", "THIRD"]' ]
  run -0 agentsecrets project pin
  assert_line 'nothing changed'
  agentsecrets project pin -q --remove
  [ "$(pinned minimum)" = null ]
}

@test "members of others, the map and their order stay" {
  agentsecrets set -q lower=1
  sed -i 's/^{/{ "theirs": [1],/' .agentsecrets/project.json
  agentsecrets project pin -q
  [ "$(pinned theirs)" = '[1]' ]
  [ "$(pinned map)" = '{"lower": "LOWER"}' ]
  [ "$(pinned names development)" = '["KEY", "LOWER", "SECOND"]' ]
  run -0 agentsecrets env -- sh -c 'echo $lower'
  [ "$output" = 1 ]
  [[ $(tr -d ' \n' <.agentsecrets/project.json) == '{"theirs":[1],'* ]]
}

@test "a clone with a pin has to be trusted anew" {
  agentsecrets project pin -q
  cp .agentsecrets/project.json "$BATS_TEST_TMPDIR/pinned"
  agentsecrets project pin -q --remove
  cp "$BATS_TEST_TMPDIR/pinned" .agentsecrets/project.json
  run -3 agentsecrets project pin
  assert_one_error 'names, minimum or map changed'
}

@test "what cannot be pinned" {
  run -1 agentsecrets project pin -e staging
  assert_one_error 'nothing to pin: web/staging has no secrets'
  run -2 agentsecrets project pin -e nowhere
  assert_one_error "unknown environment 'nowhere'"
  run -2 agentsecrets project pin --versions --remove
  assert_one_error 'exclude each other'
  cd "$BATS_TEST_TMPDIR"
  run -1 agentsecrets project pin
  assert_one_error 'no project here'
  AGENTSECRETS_PROJECT=web run -2 agentsecrets project pin
  assert_one_error "not the directory of project 'web'"
}
