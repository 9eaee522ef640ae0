#!/usr/bin/env bats
# The scanners see what they are there for: without this, a test that finds
# no secret proves nothing.
# product build only
load ../e2e/lib

setup() {
  fresh_home
  random_canary canary
  scan=$TOOLS/tests/lib/memscan
}

@test "every form in a file is found" {
  local offset
  mkdir forms
  cat canary >forms/plain
  xxd -p -c 200 canary | tr -d '\n' >forms/hex
  xxd -u -p -c 200 canary | tr -d '\n' >forms/HEX
  sed 's/./&\x00/g' canary >forms/utf16
  for offset in '' x xy; do
    { printf %s "$offset" && cat canary && printf end; } | base64 -w0 \
      >"forms/base64$offset"
  done
  { head -c 1500000 /dev/zero && cat canary; } >forms/large
  head -c 30 canary >forms/piece
  run "$scan" canary forms
  assert_status 1
  for form in plain hex HEX utf16 base64 base64x base64xy large piece; do
    assert_match "forms/$form 0x"
  done
}

@test "what a URL escapes is found in both spellings" {
  printf 'a b/c+\303\251=end' >text
  mkdir forms
  printf 'x%%3Da%%20b%%2Fc%%2B%%C3%%A9%%3Dend' >forms/upper
  printf 'x%%3da%%20b%%2fc%%2b%%c3%%a9%%3dend' >forms/lower
  run "$scan" text forms
  assert_status 1
  assert_match 'text url forms/upper'
  assert_match 'text url forms/lower'
}

@test "nothing is found where there is nothing" {
  head -c 10 canary >other
  run "$scan" canary other
  assert_status 0
  [ -z "$output" ]
}

@test "a copy in the memory of a process is found at its exec" {
  needs_root
  # shellcheck disable=SC2016
  run "$TOOLS/tests/lib/execstop" 2 "$scan" canary -- \
    bash -c 'read -r x <canary; exec true'
  assert_status 1
  assert_match 'canary plain [0-9]+:\[heap\]'
}

@test "no copy, no find" {
  needs_root
  run "$TOOLS/tests/lib/execstop" 2 "$scan" canary -- bash -c 'exec true'
  assert_status 0
}

@test "a program that never comes to the stop is told apart" {
  needs_root
  run "$TOOLS/tests/lib/execstop" 2 "$scan" canary -- true
  assert_status 99
}

@test "the exit of a child is a place to stop" {
  needs_root
  # shellcheck disable=SC2016
  run "$TOOLS/tests/lib/execstop" exit:cat "$scan" canary -- \
    bash -c 'x=$(cat canary); true'
  assert_status 1
}
