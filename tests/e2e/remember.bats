#!/usr/bin/env bats
# remember_passwords gives what Argon2id gives, and does save computing it.
load lib

setup() {
  fresh_home
  new_account >&2
  agentsecrets set KEY=value >&2
  remember_passwords
  TABLE=$BATS_FILE_TMPDIR/argon2id/table
  rm -f "$TABLE"
}

value() { agentsecrets env --clean=PATH -- printenv KEY; }

@test "what was made without it opens with it, twice, and the other way round" {
  [ "$(value)" = value ]
  [ "$(stat -c %s "$TABLE")" = 64 ]
  [ "$(value)" = value ]
  [ "$(stat -c %s "$TABLE")" = 64 ]
  fresh_home two
  new_account >&2
  agentsecrets set KEY=other
  [ "$(stat -c %s "$TABLE")" -gt 64 ]
  unset LD_LIBRARY_PATH
  [ "$(value)" = other ]
}

@test "a second time comes from the table, and another password does not" {
  value
  # With the last byte of the result changed.
  python3 - "$TABLE" <<'PYTHON'
import sys
with open(sys.argv[1], "r+b") as file:
    record = bytearray(file.read())
    record[-1] ^= 1
    file.seek(0)
    file.write(record)
PYTHON
  run value
  assert_status 125
  rm "$TABLE"
  value
  printf wrong >"$AGENTSECRETS_PASSWORD_FILE"
  run value
  assert_status 125
  assert_one_error password
}

@test "a table that cannot be written does no harm" {
  mkdir "$TABLE"
  [ "$(value)" = value ]
  rmdir "$TABLE"
}
