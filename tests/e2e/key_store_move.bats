#!/usr/bin/env bats
# Bringing keys and session from each store to each other, killed at every
# step: nothing is lost, the same command again completes it, and what was in
# the old store is gone.
# product build only
load lib
remember_passwords
load keychain
load team
load key_store

# What changes something: a file that takes its name, and a word to a helper,
# which takes up to four calls. Torture looks closer than a check.
CALLS=('renameat 1' "sendto ${ROUNDS:+2}")

setup() {
  needs_root # strace(1) of what is not dumpable
  fresh_home
  start_keyring
  start_server
}
teardown() { end_all; }

account() {
  new_account web --server "$SERVER_URL" --email ada@example.com \
    --name 'Ada Byron' --key-store "$1"
  agentsecrets set KEY=value
}

# nothing_lost: keys and session are still there, whatever is half done.
nothing_lost() {
  [[ " $(facts) " == *' sealed '* ]] || fail 'no keys' "$(facts)" || return
  agentsecrets pull || fail 'the session is lost' || return
  [ "$(agentsecrets get KEY)" = value ] || fail 'the value does not open'
}

# killed_at CALL N COMMAND...: fails when it was killed before its N-th CALL.
killed_at() {
  local call=$1 n=$2
  shift 2
  strace -qq -o /dev/null -e "trace=$call" \
    -e "inject=$call:signal=KILL:when=$n" "$@" \
    >"$BATS_TEST_TMPDIR/killed.log" 2>&1
}

# each_step FROM TO: killed at each, then completed, then back to the start.
each_step() {
  local call every n steps=0
  account "$1"
  arrived "$1"
  for call in "${CALLS[@]}"; do
    read -r call every <<<"$call"
    for n in $(seq 1 "${every:-7}" 99); do
      ! killed_at "$call" "$n" agentsecrets key-store "$2" || break
      nothing_lost || fail "lost at $call $n"
      if ! agentsecrets key-store "$2" || ! arrived "$2"; then
        fail "not completed after $call $n"
      fi
      agentsecrets key-store "$1"
      steps=$((steps + 1))
    done
    # It came through in the end, and did what it should.
    arrived "$2"
    nothing_lost
    agentsecrets key-store "$1"
  done
  echo "# killed at $steps steps" >&3
  [ "$steps" -ge 4 ]
}

@test "sealed to keychain" { each_step sealed keychain; }
@test "sealed to config" { each_step sealed config; }
@test "keychain to sealed" { each_step keychain sealed; }
@test "keychain to config" { each_step keychain config; }
@test "config to sealed" { each_step config sealed; }
@test "config to keychain" { each_step config keychain; }

@test "a change that broke off is told, and another way is open as well" {
  account sealed
  for n in 1 2 3 4; do
    run ! killed_at renameat "$n" agentsecrets key-store keychain
    # Nothing is copied before there is a note.
    found=$(facts)
    if [ "$found" != 'sealed sealed session-in-file' ]; then
      [[ $found == *' moving-'* ]] || fail "after $n: $found"
      run --separate-stderr agentsecrets key-store
      # shellcheck disable=SC2154 # run sets it
      [[ $stderr == *"'agentsecrets key-store "*"' completes it"* ]]
      [ -n "$(agentsecrets key-store --json 2>/dev/null | jq_text .also_in)" ]
    fi
    agentsecrets key-store config
    arrived config
    nothing_lost
    agentsecrets key-store sealed
    arrived sealed
  done
}

@test "values leave the keychain with the keys, and come with the next pull" {
  account keychain
  project=$(jq_text .project_id <.agentsecrets/project.json)
  item=$project:development:KEY
  [ "$(secret_service get "$item")" = value ]
  printf theirs | secret_service store "$item:policy"
  agentsecrets key-store sealed
  [ "$(secret_service count "$item")" = 0 ]
  [ "$(secret_service count "$item:policy")" = 1 ]
  agentsecrets key-store keychain
  # That they are not there yet is no deletion.
  agentsecrets push
  nothing_lost
  [ "$(secret_service get "$item")" = value ]
}

@test "each store again changes nothing" {
  account sealed
  for store in sealed keychain config; do
    agentsecrets key-store "$store"
    arrived "$store"
    agentsecrets key-store "$store"
    arrived "$store"
    nothing_lost
  done
}

@test "init into the keychain is killed before each of its writes in turn" {
  random_canary "$BATS_TEST_TMPDIR/password" 24
  for n in $(seq 12); do
    fresh_home "init$n"
    options=(--server "$SERVER_URL" --email "person-$n@example.com"
      --name 'A Person' --password-file "$BATS_TEST_TMPDIR/password"
      --key-store keychain)
    ! killed_at renameat "$n" agentsecrets init "${options[@]}" || break
    [ ! -e "$AGENTSECRETS_HOME/account.json" ]
    agentsecrets init "${options[@]}"
    arrived keychain
    agentsecrets project create "project-$n"
  done
  # account.pending, trust, token.json, config.json and account.json.
  [ "$n" = 6 ] || fail "init has $((n - 1)) writes"
}

@test "key import into the keychain is killed before each write" {
  new_team
  agentsecrets key export --out "$KIT" --passphrase-file "$KIT_PASSPHRASE"
  for n in $(seq 12); do
    another_machine "import$n"
    import=(agentsecrets key import "$KIT" --key-store keychain
      --passphrase-file "$KIT_PASSPHRASE")
    ! killed_at renameat "$n" "${import[@]}" || break
    # A machine that has the key by now goes on with key-store.
    "${import[@]}" || agentsecrets key-store keychain
    arrived keychain
    agentsecrets project list
  done
  arrived keychain
  [ "$n" -ge 5 ]
}
