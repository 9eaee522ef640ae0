#!/usr/bin/env bats
# .env text: what the page says of it, and that others read it as we do.
load lib

# Debian's, which has python3-dotenv.
SYSTEM_PYTHON=/usr/bin/python3
PROBE=$TOOLS/tests/lib/dotenv_probe
MODULE=$BATS_TEST_DIRNAME/../../build/npm/node_modules/dotenv

setup() { cd "$BATS_TEST_TMPDIR" || return; }

@test "the examples of agentsecrets-formats(5) are so" {
  run -0 python3 "$BATS_TEST_DIRNAME/dotenv_page.py" "$PROBE" \
    "$BATS_TEST_DIRNAME/../../man/agentsecrets-formats.5"
  # Nothing of them was passed over.
  [ "${#lines[@]}" -ge 50 ] || fail "only ${#lines[@]} examples"
}

# same_values COUNT [MODULE]: the same values each time; others in ./dev torture.
same_values() {
  local seed=${DOTENV_SEED-1}
  echo "DOTENV_SEED=$seed"
  run -0 "$SYSTEM_PYTHON" "$BATS_TEST_DIRNAME/dotenv_readers.py" "$PROBE" \
    "${2--}" "$seed" "$1"
  echo "$output"
  assert_match "of [0-9]+ values refused$"
}

@test "random values are the same for python-dotenv and this reader" {
  same_values 2400
}

@test "random values are the same for dotenv of npm as well" {
  [ -d "$MODULE" ] || skip './dev setup could not fetch dotenv from npm'
  same_values "${DOTENV_VALUES-4800}" "$MODULE"
}
