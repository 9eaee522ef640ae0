# product build only
# agentsecrets doctor: a machine that gives less memory than is wanted.
load lib
load doctor

setup() { doctor_setup; }

@test 'memory that cannot be locked, and a kernel that keeps no key' {
  local without=$TOOLS/tests/lib/without
  "$without" memfd_secret "$PREFIX/bin/agentsecrets" doctor --json \
    >"$BATS_TEST_TMPDIR/report"
  finding memory arena 'locked memory'
  [ "$LEVEL" = note ]
  "$without" memfd_secret,mlock2 "$PREFIX/bin/agentsecrets" doctor --json \
    >"$BATS_TEST_TMPDIR/report"
  finding memory arena 'ordinary memory'
  [ "$LEVEL" = warning ]
  set_settings '{"hardening": "require"}'
  "$without" memfd_secret,mlock2 "$PREFIX/bin/agentsecrets" doctor --json \
    >"$BATS_TEST_TMPDIR/report" || :
  finding files hardening
  [ "$LEVEL" = problem ]
  set_settings '{}'
  "$without" keyctl,add_key "$PREFIX/bin/agentsecrets" doctor --json \
    >"$BATS_TEST_TMPDIR/report"
  finding memory keyring
  [ "$LEVEL" = warning ]
  (
    ulimit -l 64
    found warning memory locked '64 KiB'
  )
  (
    ulimit -c unlimited
    found note memory core 'core file'
  )
}

@test 'no memory for the password' {
  (
    ulimit -v 60000
    found problem crypto argon2id 'no password can be used'
  )
}
