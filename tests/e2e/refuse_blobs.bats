#!/usr/bin/env bats
# A vault whose text is whole, but whose ciphertext is not what this machine
# accepted last: the command is not started.
# shellcheck disable=SC2016
load lib
remember_passwords

setup_file() {
  fresh_home
  new_account >&2
  agentsecrets set ONE=first TWO=second >&2
  agentsecrets set ONE=third >&2
  agentsecrets set -e staging ONE=staging >&2
}

setup() {
  use_home one "$BATS_FILE_TMPDIR"
  own_copy
  PROJECT=$(sed -nE 's/^project ([^ ]*) .*/\1/p' "$AGENTSECRETS_HOME/trust")
  VAULT=$AGENTSECRETS_HOME/vault/$PROJECT.development
}

# edit CHANGE...: change the vault file and give it a right trailer.
edit() {
  /usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/vault.py" "$VAULT" "$@"
}

# forge VERSION NAME...: a blob for standard input, sealed with the right key.
forge() { "$TOOLS/tests/lib/forge" "$PROJECT" development "$@"; }

refused() { assert_nothing_started 125 "$@"; }

@test "the vault is edited as the program would write it" {
  local before
  before=$(cat "$VAULT")
  edit swap ONE TWO
  edit swap ONE TWO
  [ "$(cat "$VAULT")" = "$before" ]
  run -0 agentsecrets env -- sh -c 'echo $ONE $TWO'
  [ "$output" = 'third second' ]
}

@test "a forged blob opens: what is refused below is refused for a reason" {
  printf forged | forge 7 TWO | edit put 7
  run -0 agentsecrets env -- sh -c 'echo $ONE $TWO'
  [ "$output" = 'third forged' ]
}

@test "one bit of a blob: nonce, ciphertext, tag" {
  local byte before
  before=$(cat "$VAULT")
  for byte in 0 3 11 12 16 17 -1; do
    edit flip ONE "$byte"
    refused "'ONE' does not open" env --
    printf '%s\n' "$before" >"$VAULT"
  done
  # What is not selected is not opened, what is stops the rest.
  edit flip ONE 12
  run -0 agentsecrets env --only TWO -- true
  refused "'ONE' does not open" env --only 'ONE,TWO' --
  refused "'ONE' does not open" env --map X=ONE --
}

@test "a blob of another name" {
  edit swap ONE TWO
  refused "'ONE' was not made for this name" env --
  refused "'TWO' was not made for this name" env --only TWO --
}

@test "a blob of another environment" {
  local other
  other=$(/usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/vault.py" \
    "$AGENTSECRETS_HOME/vault/$PROJECT.staging" get ONE)
  echo "ONE $other" | edit put 1
  refused "'ONE' was not made for this name" env --
}

@test "a blob of another project" {
  printf x | "$TOOLS/tests/lib/forge" 00000000-0000-4000-8000-000000000000 \
    development 2 ONE | edit put 2
  refused "'ONE' was not made for this name" env --
}

@test "a tombstone in the place of a value" {
  forge deleted:2 ONE </dev/null | edit put 2
  refused "'ONE' was not made for this name" env --
}

# One below its mark was accepted from a restored server (rollback.bats).
@test "a version newer than recorded" {
  edit mark ONE 1
  refused "'ONE' is of another version than recorded" env --
}

@test "a value with a NUL" {
  printf 'a\0b' | forge 3 TWO | edit put 3
  refused "'TWO' holds a NUL byte" env --
  printf '\0' | forge 4 TWO | edit put 4
  refused "'TWO' holds a NUL byte" env --
  run -0 agentsecrets env --except TWO -- true
}

@test "an entry that the kernel would not take is named" {
  # With its name and '=' 131,071 bytes are allowed.
  head -c 131067 /dev/zero | tr '\0' x | forge 3 TWO | edit put 3
  run -0 agentsecrets env -- sh -c 'test ${#TWO} = 131067'
  refused "'LONGER' is too large.*131074 bytes, 131071 allowed" \
    env --map LONGER=TWO --
  refused "'PP_TWO' is too large" env --prefix PP_ --
  head -c 131068 /dev/zero | tr '\0' x | forge 4 TWO | edit put 4
  refused "'TWO' is too large.*131072 bytes, 131071 allowed" env --
}

@test "more than the stack limit leaves is said before the kernel does" {
  head -c 120000 /dev/zero | tr '\0' x >value
  # shellcheck disable=SC2046
  forge 1 $(seq -f 'BIG%g' 20) <value | edit put 1
  refused 'environment and arguments are too large: [0-9]+ bytes, the stack' env --
  assert_match "hint: .*BIG"
  (
    ulimit -s 65536
    run -0 agentsecrets env -- sh -c 'test ${#BIG20} = 120000'
  )
  # As much as fits is started.
  run -0 agentsecrets env --only 'BIG1?' --clean -- true
}

@test "a damaged vault file" {
  local before
  before=$(cat "$VAULT")
  sed -i 's/^secret TWO/secret TWX/' "$VAULT"
  refused damaged env --
  printf '%s' "$before" | head -c 200 >"$VAULT"
  refused damaged env --
  : >"$VAULT"
  refused damaged env --
  head -c 4096 /dev/urandom >"$VAULT"
  refused damaged env --
  printf '%s\nmore\n' "$before" >"$VAULT"
  refused damaged env --
  printf '%s\n' "$before" | tr -d '\n' >"$VAULT"
  refused damaged env --
}

@test "a vault file that is whole, but says nonsense" {
  local before old new why
  before=$(cat "$VAULT")
  while IFS='|' read -r old new why; do
    edit replace "$old" "$new"
    refused "$why" env --
    printf '%s\n' "$before" >"$VAULT"
  done <<TABLE
development embedded|staging embedded|another project or environment
$PROJECT |00000000-0000-4000-8000-000000000000 |another project
secret ONE|secret one|line 4: it is not a name
secret ONE|secret ZZZ|line 5: names are not sorted
secret TWO|secret ONE|line 5: names are not sorted
pulled |pulled -|line 3: it is not a 'pulled' line
secret TWO|deleted TWO|line 5: its ciphertext has an impossible length
secret TWO|SECRET TWO|line 5: it is neither
agentsecrets-vault 1|agentsecrets-vault 2|the first line is not
TABLE
  edit mark TWO 16777216
  refused 'line 5: it has an impossible version' env --
}

@test "a vault file that is no plain file of ours" {
  local kept=$BATS_TEST_TMPDIR/kept
  mv "$VAULT" "$kept"
  ln -s "$kept" "$VAULT"
  refused 'reached by a symbolic link' env --
  rm "$VAULT"
  mkfifo -m 0600 "$VAULT"
  refused 'not a regular file' env --
  rm "$VAULT"
  mkdir "$VAULT"
  refused 'not a regular file' env --
  rmdir "$VAULT"
  cp "$kept" "$VAULT"
  chmod 0666 "$VAULT"
  refused 'other users may write it' env --
  chmod 0600 "$VAULT"
  chmod 0777 "$AGENTSECRETS_HOME"
  refused 'other users may write it' env --
}

@test "a damaged or missing trust file" {
  local trust=$AGENTSECRETS_HOME/trust before
  before=$(cat "$trust")
  sed -i 's/ web$/ wab/' "$trust"
  refused "damaged" env --
  : >"$trust"
  refused "damaged" env --
  printf '%s\n' "$before" | head -n 3 >"$trust"
  refused "damaged" env --
  rm "$trust"
  refused "trust.*missing" env --
  refused "trust.*missing" env --fresh --
  ln -s /dev/null "$trust"
  refused 'reached by a symbolic link' env --
}

@test "a workspace key that this machine does not trust" {
  local trust=$AGENTSECRETS_HOME/trust fingerprint
  fingerprint=$(awk '$1 == "workspace" { print $4 }' "$trust")
  VAULT=$trust edit replace "$fingerprint" "$(printf %064d 0)"
  refused 'is not the one this machine trusts' env --
}
