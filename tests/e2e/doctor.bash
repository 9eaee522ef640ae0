# shellcheck shell=bash
# For the tests of agentsecrets doctor. Needs lib.bash.

# doctor_setup: a fresh home, and none of the variables that the tests have.
doctor_setup() {
  fresh_home
  unset AGENTSECRETS_PREFIX AGENTSECRETS_TOOLS
  DOCTOR_PY=$BATS_TEST_DIRNAME/doctor.py
}

# finding GROUP NAME [PATTERN]: the last --json of `look` has such a finding;
# sets LEVEL, TEXT, HINT, REPAIRABLE and REPAIRED.
finding() {
  local answer
  answer=$(python3 "$DOCTOR_PY" "$@" <"$BATS_TEST_TMPDIR/report") ||
    fail "no finding $*:" "$(cat "$BATS_TEST_TMPDIR/report")"
  eval "$answer"
}

no_finding() {
  ! python3 "$DOCTOR_PY" "$@" <"$BATS_TEST_TMPDIR/report" >/dev/null ||
    fail "there is a finding $*:" "$(cat "$BATS_TEST_TMPDIR/report")"
}

# look [OPTION...]: --json into a file; what it is, is checked. Sets STATUS.
look() {
  STATUS=0
  agentsecrets doctor --json "$@" >"$BATS_TEST_TMPDIR/report" \
    2>"$BATS_TEST_TMPDIR/said" || STATUS=$?
  # The embedded server speaks for itself.
  ! grep -vE '^(agentsecrets-server|hint): ' "$BATS_TEST_TMPDIR/said" ||
    fail 'that stood on standard error'
  python3 "$DOCTOR_PY" --valid "$STATUS" <"$BATS_TEST_TMPDIR/report"
}

# found LEVEL GROUP NAME [PATTERN]
found() {
  local wanted=$1
  shift
  look
  finding "$@"
  [ "$LEVEL" = "$wanted" ] || fail "'$TEXT' is $LEVEL, not $wanted"
  [ "$LEVEL" = note ] || [ -n "$HINT" ] || fail "nothing to do: $TEXT"
  [ "$wanted" != problem ] || [ "$STATUS" = 1 ] || fail "status $STATUS"
}

# mends GROUP NAME [PATTERN]: --repair says that it did, and a second one has
# nothing to do.
mends() {
  [ "$REPAIRABLE" = 1 ] || fail "not repairable: $TEXT"
  look --repair -y
  finding "$@"
  [ "$REPAIRED" = 1 ] || fail "not mended: $TEXT ($HINT)"
  look --repair -y
  [ "$STATUS" = 0 ] || fail 'still a problem' "$(cat "$BATS_TEST_TMPDIR/report")"
  ! grep -q '"repaired":true' "$BATS_TEST_TMPDIR/report" || fail 'again'
  ! grep -q '"repairable":true' "$BATS_TEST_TMPDIR/report" || fail 'more'
}
