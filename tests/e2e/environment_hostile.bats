#!/usr/bin/env bats
# A server that lies about one of two environments: copy, merge, clean and
# diff --from --to refuse it, and neither home nor server is changed.
# long with sanitizers
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
  agentsecrets set -e staging ONE=staging TWO=second >&2
  agentsecrets delete GONE >&2
  agentsecrets set ONE=changed >&2
}

setup() {
  use_home one "$BATS_FILE_TMPDIR"
  own_copy
  PROJECT=$(sed -nE 's/^project ([^ ]*) .*/\1/p' "$AGENTSECRETS_HOME/trust")
  DATABASE=$AGENTSECRETS_HOME/server/data.sqlite
}

# lie ENVIRONMENT SQL: what the server says of it from now on; @HERE is its rows.
lie() {
  local here="project_id = '$PROJECT' AND environment = '$1'"
  sqlite3 "$DATABASE" "${2//@HERE/$here};
    UPDATE environment SET revision = revision + 1 WHERE name = '$1'"
}

state() {
  find "$AGENTSECRETS_HOME" -type f ! -path '*/server/*' -exec sha256sum {} + | sort
  sqlite3 "$DATABASE" 'SELECT environment, name, version, hex(value), deleted
    FROM secret ORDER BY 1, 2'
}

# assert_refused PATTERN COMMAND...
assert_refused() {
  local pattern=$1 before
  shift
  before=$(state)
  run agentsecrets "$@"
  assert_status 6
  assert_one_error "$pattern"
  [ "$before" = "$(state)" ] || fail "'$*' changed something"
}

# both_ways PATTERN: development has the lie; as FROM and as TO.
both_ways() {
  assert_refused "$1" environment copy development staging
  assert_refused "$1" environment copy --force development production
  assert_refused "$1" environment copy --force staging development
  assert_refused "$1" environment merge --theirs development staging
  assert_refused "$1" environment merge --ours staging development
  assert_refused "$1" environment clean --yes development
  assert_refused "$1" diff --from development --to staging
  assert_refused "$1" diff --from staging --to development
  assert_refused "${1#development: }" list --remote
  assert_refused "$1" list --remote --all-envs
  # What is not about it goes on.
  run -0 agentsecrets diff --from staging --to production
}

@test "without a lie they do what they should" {
  lie development 'SELECT 1'
  run -0 agentsecrets environment copy --force development staging
  [ "$(agentsecrets get -e staging ONE)" = changed ]
}

@test "a value that does not open" {
  lie development "UPDATE secret SET value = (SELECT value FROM secret_version
    WHERE @HERE AND name = 'TWO') WHERE @HERE AND name = 'ONE'"
  both_ways "development: .*'ONE'"
}

@test "a value that another key sealed" {
  lie development "ATTACH '$BATS_FILE_TMPDIR/eve/home/.agentsecrets/server/data.sqlite'
    AS eve; UPDATE secret SET value = (SELECT value FROM eve.secret)
    WHERE @HERE AND name = 'ONE'"
  both_ways "development: the server's value of 'ONE' does not open"
}

@test "a value that was made for another environment" {
  lie development "UPDATE secret SET value = (SELECT value FROM secret
    WHERE environment = 'staging' AND name = 'ONE') WHERE @HERE AND name = 'ONE'"
  both_ways "development: the server's value of 'ONE'.* not made for this name, project and environment"
}

@test "a row that was added from another environment" {
  lie production "INSERT INTO environment SELECT project_id, 'production', 1
    FROM environment WHERE name = 'staging' AND NOT EXISTS
      (SELECT 1 FROM environment WHERE name = 'production');
    INSERT INTO secret SELECT project_id, 'production', name, id || 'x', version,
      value, deleted, created_at, updated_at FROM secret
      WHERE environment = 'staging' AND name = 'ONE'"
  assert_refused "production: the server's value of 'ONE'.* not made for" \
    environment copy production development
  assert_refused "production: the server's value of 'ONE'.* not made for" \
    environment clean --yes production
}

@test "an older value" {
  lie development "UPDATE secret SET value = (SELECT value FROM secret_version
    WHERE @HERE AND name = 'ONE' AND version = 1) WHERE @HERE AND name = 'ONE'"
  both_ways "development: .*ONE.*older"
}

@test "a deleted secret that is back" {
  lie development "UPDATE secret SET deleted = 0, version = version + 1,
    value = (SELECT value FROM secret_version WHERE @HERE AND name = 'GONE')
    WHERE @HERE AND name = 'GONE'"
  both_ways "development: .*GONE.*older"
}

@test "a secret held back" {
  lie development "DELETE FROM secret WHERE @HERE AND name = 'ONE'"
  both_ways 'development: the server holds back secrets that were here before: ONE'
}

@test "a vault whose value does not open: the first stops it all" {
  vault=$AGENTSECRETS_HOME/vault/$PROJECT.development
  /usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/vault.py" "$vault" flip ONE 12
  assert_refused "development: .*'ONE'" environment copy --force development staging
  assert_refused "development: .*'ONE'" environment copy --force development staging TWO ONE
  assert_refused "development: .*'ONE'" diff --from development --to staging
}
