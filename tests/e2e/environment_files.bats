#!/usr/bin/env bats
# copy, merge and clean where the environment that is written has a local copy:
# a file, items of the keychain, both. What only the copy has is not lost.
# long with sanitizers
load lib
remember_passwords
load team
load keychain
load items

setup() { :; }
teardown() { end_all; }

# item_in ENVIRONMENT NAME: as another program reads it.
item_in() { item "$2" "$1"; }

# files: storage mode 2; SAME, OTHER differ as in environment_copy.bats.
files() {
  fresh_home
  new_account web --storage-mode 2
  fill
}

fill() {
  agentsecrets set -q SAME=1 OTHER=dev NEW=new
  agentsecrets set -q -e staging SAME=1 OTHER=staging KEPT=kept
}

file() { printf '%s\n' "$@" | diff -u - .env.staging; }

@test "the file of TO follows, and keeps its other lines" {
  files
  printf '# mine\n\n' | cat - .env.staging >with && mv with .env.staging
  file '# mine' '' KEPT=kept OTHER=staging SAME=1
  dev=$(cat .env.development)
  agentsecrets environment copy -q -f development staging
  file '# mine' '' KEPT=kept OTHER=dev SAME=1 NEW=new
  [ "$dev" = "$(cat .env.development)" ]
  agentsecrets environment merge -q --ours staging production
  [ "$(sort .env.production | paste -sd ' ')" = 'KEPT=kept NEW=new OTHER=dev SAME=1' ]
  run -0 agentsecrets diff -e staging
  [ -z "$output" ]
  grep -qx .env.production .gitignore
}

@test "a value that only the file has is another value" {
  files
  echo NEW=mine >>.env.staging
  run -5 agentsecrets environment copy development staging NEW
  assert_one_error 'staging has other values than development: NEW$'
  file KEPT=kept OTHER=staging SAME=1 NEW=mine
  run -0 agentsecrets environment merge --ours development staging
  assert_line 'kept NEW, OTHER in web/staging'
  file KEPT=kept OTHER=staging SAME=1 NEW=mine
  run -0 agentsecrets diff -e staging
  [ "$output" = 'only here     NEW' ]
  run -0 agentsecrets environment merge --theirs development staging
  assert_line 'changed NEW, OTHER in web/staging'
  file KEPT=kept OTHER=dev SAME=1 NEW=new
}

@test "a value that is only left of a deletion is none" {
  files
  AGENTSECRETS_STORAGE_MODE=1 agentsecrets delete -q -e staging OTHER
  file KEPT=kept OTHER=staging SAME=1
  run -0 agentsecrets environment copy development staging
  assert_line 'added NEW, OTHER in web/staging'
  file KEPT=kept OTHER=dev SAME=1 NEW=new
}

@test "what was changed in the file, and is not copied, stays changed" {
  files
  sed -i s/KEPT=kept/KEPT=mine/ .env.staging
  agentsecrets environment copy -q -f development staging
  file KEPT=mine OTHER=dev SAME=1 NEW=new
  run -0 agentsecrets diff -e staging
  [ "$output" = 'changed here  KEPT' ]
  # The same value as FROM has is there already.
  sed -i s/OTHER=dev/OTHER=again/ .env.staging
  run -0 agentsecrets environment copy development staging
  assert_line '3 unchanged'
  file KEPT=mine OTHER=again SAME=1 NEW=new
}

@test "clean empties the file of what the server had" {
  files
  printf '# a note\nMINE=1\n' >>.env.staging
  run -0 agentsecrets environment clean -y staging
  assert_line '3 secrets deleted from web/staging'
  file '# a note' MINE=1
  run -0 agentsecrets diff -e staging
  [ "$output" = 'only here     MINE' ]
  [ "$(agentsecrets list --all-envs --remote | grep -c staging)" = 0 ]
}

@test "clean leaves what was changed in the file, and says so" {
  files
  name=$(sed -n 's/=.*//p' .env.staging | head -n 1)
  sed -i "s/^$name=.*/$name=edited/" .env.staging
  run -0 --separate-stderr agentsecrets environment clean -y staging
  [ "$stderr" = "agentsecrets: changed in the local copy, and kept there: $name" ]
  file "$name=edited"
  run -0 agentsecrets diff -e staging
  [ "$output" = "changed both  $name" ]
  run -0 --separate-stderr agentsecrets environment clean -y -q staging
  [ -z "$stderr" ]
  file "$name=edited"
}

@test "a command that ended before the file, or the vault, was written" {
  files
  AGENTSECRETS_STORAGE_MODE=1 agentsecrets environment copy -q -f \
    development staging
  file KEPT=kept OTHER=staging SAME=1
  run -0 agentsecrets environment copy development staging
  assert_line '3 unchanged'
  file KEPT=kept OTHER=dev SAME=1 NEW=new
  cp -a "$AGENTSECRETS_HOME/vault" .env.staging "$BATS_TEST_TMPDIR"
  agentsecrets environment clean -q -y staging
  rm -r "$AGENTSECRETS_HOME/vault"
  mv "$BATS_TEST_TMPDIR/vault" "$AGENTSECRETS_HOME"
  mv "$BATS_TEST_TMPDIR/.env.staging" .
  run -0 agentsecrets environment clean -y staging
  assert_line '0 secrets deleted from web/staging'
  [ ! -s .env.staging ]
  [ -z "$(agentsecrets list -e staging)" ]
}

@test "set --all-envs writes every file" {
  files
  agentsecrets set -q --all-envs SAME=2
  for environment in development staging production; do
    grep -qx SAME=2 .env.$environment
  done
}

@test "the items of TO follow, those of FROM stay" {
  start_keyring
  keychain_account
  fill
  run -0 agentsecrets environment copy -f development staging
  [ "$(item_in staging OTHER)" = dev ]
  [ "$(item_in staging NEW)" = new ]
  [ "$(item_in staging KEPT)" = kept ]
  run ! item_in development KEPT
  [ "$(behind)" = 0 ]
  run -0 agentsecrets environment clean -y staging
  for name in SAME OTHER NEW KEPT; do
    run ! item_in staging "$name"
  done
  [ "$(item_in development OTHER)" = dev ]
  [ "$(behind)" = 0 ]
}

@test "an item that only the keychain has is another value" {
  start_keyring
  keychain_account
  fill
  printf mine | secret_service store "$(entry NEW staging)"
  run -5 agentsecrets environment copy development staging NEW
  assert_one_error 'staging has other values than development: NEW$'
  [ "$(item_in staging NEW)" = mine ]
  run -0 agentsecrets environment copy -f development staging NEW
  [ "$(item_in staging NEW)" = new ]
}

@test "without its keychain a copy is stored, and completed later" {
  start_keyring
  keychain_account
  fill
  run -1 env -u DBUS_SESSION_BUS_ADDRESS agentsecrets environment copy -f \
    development staging
  assert_match 'stored, but not in the keychain yet: NEW, OTHER: '
  [ "$(item_in staging OTHER)" = staging ]
  run -0 agentsecrets environment copy development staging
  assert_line '3 unchanged'
  [ "$(item_in staging OTHER)" = dev ]
  [ "$(behind)" = 0 ]
}

@test "in storage mode 2 file and items follow" {
  start_keyring
  keychain_account --storage-mode 2
  fill
  agentsecrets environment copy -q -f development staging
  file KEPT=kept OTHER=dev SAME=1 NEW=new
  [ "$(item_in staging NEW)" = new ]
  agentsecrets environment clean -q -y staging
  [ ! -s .env.staging ]
  run ! item_in staging NEW
}

@test "without any copy only the vault follows" {
  fresh_home
  new_account web
  fill
  agentsecrets environment copy -q -f development staging
  [ "$(agentsecrets get -e staging OTHER)" = dev ]
  [ -z "$(find . -name '.env*')" ]
  run -0 agentsecrets diff -e staging
  [ -z "$output" ]
}
