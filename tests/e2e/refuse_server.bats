#!/usr/bin/env bats
# A server that serves what it should not: every lie is refused by whoever
# asks it, nothing is started, and the vault stays as it was.
# shellcheck disable=SC2016
load lib
remember_passwords

setup_file() {
  # Eve's server wraps with the same keys: her rows can be given to Ann.
  fresh_home eve
  new_account theirs >&2
  agentsecrets set ONE=eves >&2
  fresh_home one
  mkdir -m 0700 "$AGENTSECRETS_HOME/server"
  cp -p "$BATS_FILE_TMPDIR/eve/home/.agentsecrets/server/keys" \
    "$AGENTSECRETS_HOME/server/keys"
  new_account web >&2
  agentsecrets set ONE=first TWO=second GONE=third >&2
  agentsecrets set -e staging ONE=staging >&2
  agentsecrets delete GONE >&2
  agentsecrets set ONE=changed >&2
}

setup() {
  use_home one "$BATS_FILE_TMPDIR"
  own_copy
  PROJECT=$(sed -nE 's/^project ([^ ]*) .*/\1/p' "$AGENTSECRETS_HOME/trust")
  VAULT=$AGENTSECRETS_HOME/vault/$PROJECT.development
  DATABASE=$AGENTSECRETS_HOME/server/data.sqlite
  HERE="project_id = '$PROJECT' AND environment = 'development'"
}

# lie SQL: what the server will say from now on.
lie() {
  sqlite3 "$DATABASE" "$1;
    UPDATE environment SET revision = revision + 1 WHERE name = 'development'"
}

# assert_caught PATTERN [STATUS]: by env --fresh, pull and diff.
assert_caught() {
  local kept=$BATS_TEST_TMPDIR/kept command
  cp "$VAULT" "$kept"
  assert_nothing_started 125 "$1" env --fresh --
  for command in pull diff; do
    run agentsecrets "$command"
    assert_status "${2-6}"
    assert_one_error "$1"
  done
  cmp "$VAULT" "$kept"
  # What was accepted before goes on.
  run -0 agentsecrets env -- sh -c 'echo $ONE $TWO'
  [ "$output" = 'changed second' ]
}

@test "without a lie the answer is taken" {
  lie "UPDATE secret SET updated_at = updated_at + 1"
  run -0 agentsecrets env --fresh -- sh -c 'echo $ONE $TWO $GONE'
  [ "$output" = 'changed second' ]
}

@test "two values exchanged" {
  lie "UPDATE secret SET value = (SELECT other.value FROM secret AS other
    WHERE other.project_id = secret.project_id
      AND other.environment = secret.environment
      AND other.name = CASE secret.name WHEN 'ONE' THEN 'TWO' ELSE 'ONE' END)
    WHERE $HERE AND name IN ('ONE', 'TWO')"
  assert_caught "value of '(ONE|TWO)'.* not made for this name"
}

@test "a value of another environment" {
  lie "UPDATE secret SET value = (SELECT value FROM secret
    WHERE environment = 'staging' AND name = 'ONE') WHERE $HERE AND name = 'ONE'"
  assert_caught "value of 'ONE'.* not made for this name"
}

@test "a value under another name, new here" {
  lie "INSERT INTO secret SELECT project_id, environment, 'LD_PRELOAD', 'x',
    1, value, deleted, created_at, updated_at FROM secret
    WHERE $HERE AND name = 'ONE'"
  assert_caught "value of 'LD_PRELOAD'.* not made for this name"
}

@test "a value that another key sealed" {
  lie "ATTACH '$BATS_FILE_TMPDIR/eve/home/.agentsecrets/server/data.sqlite'
    AS eve; UPDATE secret SET value = (SELECT value FROM eve.secret)
    WHERE $HERE AND name = 'ONE'"
  assert_caught "value of 'ONE'.* does not open"
}

@test "an older value" {
  lie "UPDATE secret SET value = (SELECT value FROM secret_version
    WHERE $HERE AND name = 'ONE' AND version = 1) WHERE $HERE AND name = 'ONE'"
  assert_caught "ONE.*older"
}

@test "an older value with the row's own version" {
  lie "UPDATE secret SET version = 1, value = (SELECT value FROM secret_version
    WHERE $HERE AND name = 'ONE' AND version = 1) WHERE $HERE AND name = 'ONE'"
  assert_caught "ONE.*older"
}

@test "a deleted secret that is back" {
  lie "UPDATE secret SET deleted = 0, version = version + 1,
    value = (SELECT value FROM secret_version WHERE $HERE AND name = 'GONE')
    WHERE $HERE AND name = 'GONE'"
  assert_caught "GONE.*older"
}

@test "another value of the same version" {
  cp -a "$AGENTSECRETS_HOME" "$BATS_TEST_TMPDIR/before"
  agentsecrets set TWO=elsewhere >&2
  cp "$DATABASE" "$BATS_TEST_TMPDIR/forked"
  rm -r "$AGENTSECRETS_HOME"
  mv "$BATS_TEST_TMPDIR/before" "$AGENTSECRETS_HOME"
  agentsecrets set TWO=here >&2
  cp "$BATS_TEST_TMPDIR/forked" "$DATABASE"
  lie "SELECT 1"
  run agentsecrets pull
  assert_status 6
  assert_one_error "TWO"
  assert_nothing_started 125 "TWO" env --fresh --
  run -0 agentsecrets get TWO
  [ "$output" = here ]
}

@test "a secret held back" {
  lie "DELETE FROM secret WHERE $HERE AND name = 'ONE'"
  assert_caught 'holds back secrets that were here before: ONE'
}

@test "all secrets held back" {
  lie "DELETE FROM secret WHERE $HERE"
  assert_caught 'holds back secrets that were here before: ONE, TWO'
}

@test "a secret said to be deleted, without proof" {
  lie "UPDATE secret SET deleted = 1, value = NULL WHERE $HERE AND name = 'ONE'"
  assert_caught 'holds back secrets that were here before: ONE'
}

@test "a secret said to be deleted, with the proof of another" {
  lie "UPDATE secret SET deleted = 1, value = (SELECT value FROM secret
    WHERE $HERE AND name = 'GONE') WHERE $HERE AND name = 'ONE'"
  assert_caught "ONE"
}

@test "a value served as the mark of its deletion" {
  lie "UPDATE secret SET deleted = 1 WHERE $HERE AND name = 'ONE'"
  assert_caught "ONE"
}

@test "a name that is none" {
  lie "INSERT INTO secret SELECT project_id, environment, 'a b', 'x',
    1, value, deleted, created_at, updated_at FROM secret
    WHERE $HERE AND name = 'ONE'"
  assert_caught "malformed name 'a b'"
}

@test "the project in another workspace" {
  lie "INSERT INTO workspace SELECT '00000000-0000-4000-8000-000000000000',
      name || '2', type, key_epoch, rotated, created_at, updated_at
      FROM workspace;
    INSERT INTO membership SELECT '00000000-0000-4000-8000-000000000001',
      '00000000-0000-4000-8000-000000000000', principal_id, role, status,
      sealed_key, key_epoch, sealed_name, created_at, updated_at
      FROM membership;
    UPDATE project SET workspace_id = '00000000-0000-4000-8000-000000000000'"
  assert_caught 'the server has this project in another workspace'
}

@test "an older workspace key" {
  lie "UPDATE workspace SET key_epoch = key_epoch - 1"
  assert_caught 'older workspace key'
}

@test "a newer workspace key than this machine knows" {
  lie "UPDATE workspace SET key_epoch = key_epoch + 1"
  assert_caught 'newer key than this machine' 3
}

@test "lies to a machine without a vault: what has no mark is bound still" {
  rm "$VAULT"
  lie "UPDATE secret SET value = (SELECT value FROM secret
    WHERE $HERE AND name = 'TWO') WHERE $HERE AND name = 'ONE'"
  assert_nothing_started 125 "'ONE'.* not made for this name" env --
  [ ! -e "$VAULT" ]
}

@test "a server that lost the project, or its database" {
  lie "DELETE FROM project"
  assert_nothing_started 125 'the server says: Project not found' env --fresh --
  head -c 8192 /dev/urandom >"$DATABASE"
  run -125 agentsecrets env --fresh -- echo started
  assert_line 'agentsecrets: the embedded server ended with status 1'
  run -0 agentsecrets env -- true
}
