#!/usr/bin/env bats
# A workspace that other clients write too: their values say nothing of their
# place. They are taken with a warning where the user said so, and a value
# that is seen in two places is not.
# long with sanitizers
# shellcheck disable=SC2016
load lib
remember_passwords

setup() {
  fresh_home one
  start_server
  export SERVER_URL
  new_account web --server "$SERVER_URL" --email ann@example.com \
    --name 'Ann Other' >&2
  agentsecrets set OURS=bound >&2
  PROJECT=$(sed -nE 's/^project ([^ ]*) .*/\1/p' "$AGENTSECRETS_HOME/trust")
  VAULT=$AGENTSECRETS_HOME/vault/$PROJECT.development
}

teardown() { end_all; }

# be MODE: strict or compat, as trust has it.
be() {
  local before=strict
  [ "$1" = compat ] || before=compat
  /usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/vault.py" \
    "$AGENTSECRETS_HOME/trust" replace " $before " " $1 "
}

other() {
  /usr/bin/python3 "$BATS_TEST_DIRNAME/other_client.py" \
    "$1" "$PROJECT" "${ENVIRONMENT-development}" "${@:2}"
}

# seal VERSION|unbound NAME VALUE
seal() {
  printf %s "$3" |
    "$TOOLS/tests/lib/forge" "$PROJECT" development "$1" "$2"
}

# others_set NAME VALUE
others_set() { seal unbound "$1" "$2" | other put; }

# mark_of NAME: epoch and version in the vault.
mark_of() { awk -v name="$1" '$2 == name { print $1, $3, $4 }' "$VAULT"; }

warning='values were written by another client'

@test "strict: an unbound value is refused, and nothing changes" {
  local before
  before=$(cat "$VAULT")
  others_set THEIRS value
  run -6 agentsecrets pull
  assert_one_error "'THEIRS' was not made for this name"
  assert_nothing_started 125 "'THEIRS' was not made for this name" env --fresh --
  [ "$(cat "$VAULT")" = "$before" ]
}

@test "compat: it is taken, warned about once a start, and -q is silent" {
  be compat
  others_set THEIRS value
  others_set MORE 'two'
  run -0 --separate-stderr agentsecrets pull
  # shellcheck disable=SC2154
  [[ $stderr == *'not bound to their names'*'MORE, THEIRS'* ]] || fail "$stderr"
  [ "$(mark_of THEIRS)" = 'secret 0 0' ]
  run -0 --separate-stderr agentsecrets env -- \
    sh -c 'echo $OURS $THEIRS $MORE'
  [ "$output" = 'bound value two' ]
  [ "$(grep -c . <<<"$stderr")" = 1 ]
  [[ $stderr == *"warning: 2 of 3 $warning"* ]] || fail "$stderr"
  run -0 --separate-stderr agentsecrets env -q -- true
  [ -z "$stderr" ]
  run -0 --separate-stderr agentsecrets env --only OURS -- true
  [ -z "$stderr" ]
  run -0 --separate-stderr agentsecrets env --fresh -- true
  [ "$(grep -c . <<<"$stderr")" = 1 ]
  run -0 --separate-stderr agentsecrets get THEIRS
  [ "$output" = value ]
  # Back to strict, what lies in the vault is refused as well.
  be strict
  assert_nothing_started 125 "'(MORE|THEIRS)' was not made for this" env --
  run -0 agentsecrets env --only OURS -- true
}

@test "compat: ours over theirs and theirs over ours; the mark only grows" {
  be compat
  others_set NAME first
  agentsecrets pull -q
  agentsecrets set NAME=second >&2
  [ "$(mark_of NAME | cut -d' ' -f3)" = 1 ]
  run -0 --separate-stderr agentsecrets env --only NAME -- sh -c 'echo $NAME'
  [ "$output" = second ]
  [ -z "$stderr" ]
  mark=$(mark_of NAME)
  others_set NAME third
  run -0 --separate-stderr agentsecrets pull --json
  [[ $output == *'"changed":["NAME"]'* ]] || fail "$output"
  [ "$(mark_of NAME)" = "$mark" ]
  [ "$(agentsecrets get NAME)" = third ]
  agentsecrets set NAME=fourth >&2
  [ "$(mark_of NAME | cut -d' ' -f3)" = 2 ]
  # With --force over what the others wrote meanwhile.
  others_set NAME fifth
  run -5 agentsecrets set NAME=sixth
  run -0 agentsecrets set --force NAME=sixth
  [ "$(mark_of NAME | cut -d' ' -f3)" = 3 ]
  [ "$(agentsecrets get NAME)" = sixth ]
}

@test "compat: a value that was seen under another name is refused" {
  local blob
  be compat
  others_set ONE value
  agentsecrets pull -q
  blob=$(other list | sed -n 's/^ONE //p')
  echo "TWO $blob" | other put
  run -6 agentsecrets pull
  assert_one_error "is that of another name or environment \(relabelled\)"
  assert_nothing_started 125 relabelled env --fresh --
  # In another environment of the project, too.
  other delete TWO
  agentsecrets pull -q
  echo "ONE $blob" | ENVIRONMENT=staging other put
  run -6 agentsecrets pull -e staging
  assert_one_error "'ONE' is that of another name or environment"
}

@test "compat: twice in one answer, seen nowhere before" {
  local blob
  be compat
  blob=$(seal unbound ONE value | cut -d' ' -f2)
  printf '%s\n' "ONE $blob" "TWO $blob" | other put
  run -6 agentsecrets pull
  assert_one_error relabelled
}

@test "compat: a bound value does not pass for one of another name" {
  be compat
  other list | sed -n 's/^OURS /OTHER /p' | other put
  run -6 agentsecrets pull
  assert_one_error "'OTHER' is that of another name"
  # Nor in the vault itself.
  others_set OTHER legacy
  agentsecrets pull -q
  run -0 agentsecrets env -q -- true
  /usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/vault.py" "$VAULT" \
    swap OURS OTHER
  assert_nothing_started 125 "'(OURS|OTHER)' was not made" env -q --
}

@test "compat: ours of an older version is a rollback all the same" {
  be compat
  other list >old
  agentsecrets set OURS=newer >&2
  other put <old
  run -6 agentsecrets pull
  assert_one_error rollback
}

@test "what others delete: strict refuses, compat follows and keeps the mark" {
  local mark
  be compat
  others_set THEIRS value
  agentsecrets pull -q
  be strict
  mark=$(mark_of OURS | cut -d' ' -f2,3)
  other list | sed -n 's/^OURS //p' >old
  other delete THEIRS
  other delete OURS
  run -6 agentsecrets pull
  assert_one_error 'holds back secrets .*: OURS, THEIRS'
  be compat
  run -0 --separate-stderr agentsecrets pull --json
  [[ $stderr == *'deleted without a proof'*'OURS, THEIRS'* ]] || fail "$stderr"
  [ "$(mark_of OURS)" = "deleted $mark" ]
  [ "$(mark_of THEIRS)" = 'deleted 0 0' ]
  run -0 agentsecrets list
  [ -z "$output" ]
  assert_nothing_started 125 "OURS" env --only OURS --
  # The old value does not come back; a new one does.
  echo "OURS $(cat old)" | other put
  run -6 agentsecrets pull
  assert_one_error 'same version'
  run -0 agentsecrets set --force THEIRS=again
  run -0 agentsecrets get THEIRS
  [ "$output" = again ]
}

@test "compat: --force over what others deleted meanwhile" {
  be compat
  other delete OURS
  run -5 agentsecrets set OURS=new
  run -0 agentsecrets set --force OURS=new
  run -0 agentsecrets pull
  [ "$(agentsecrets get OURS)" = new ]
}

@test "compat: what others deleted before it was ever seen here is written" {
  be compat
  others_set THEIRS value
  other delete THEIRS
  # Gone is gone: there is no value that this could write over.
  run -0 agentsecrets set THEIRS=new
  [ "$(agentsecrets get THEIRS)" = new ]
  others_set MORE value
  other delete MORE
  agentsecrets pull -q
  run -0 agentsecrets set MORE=new
  run -0 agentsecrets pull
  [ "$(agentsecrets get MORE)" = new ]
}
