#!/usr/bin/env bats
# kill -9 of client, helper and server at any moment of set, push and pull:
# what was acknowledged is there, nothing is half-written, and the same command
# once more completes.
# product build only
load lib
load team
load kill

setup() { needs_root; }
teardown() { end_all; }

# write_batch GENERATION: a file of 40 names whose values are of one generation.
write_batch() {
  local n
  for n in $(seq 40); do
    printf 'BATCH_%d=generation-%d-%d\n' "$n" "$1" "$n"
  done >"$WORK/batch.env"
}

# generations: those that the vault's batch is of; one line when it is whole.
generations() {
  as_victim agentsecrets env --clean -- env |
    sed -nE 's/^BATCH_[0-9]+=generation-([0-9]+)-.*/\1/p' | sort -u
}

single() { as_victim agentsecrets get SINGLE; }

# measure: how long each command takes here, in SET_MS, PUSH_MS, PULL_MS.
measure() {
  write_batch 0
  SET_MS=$(how_long agentsecrets set SINGLE=0)
  PUSH_MS=$(how_long agentsecrets push batch.env)
  PULL_MS=$(how_long agentsecrets pull)
}

# one_round N VICTIM: one of the three commands is killed; then all is well.
one_round() {
  local n=$1 victim=$2 command ms
  case $((n % 3)) in
  0) command=(agentsecrets set "SINGLE=$n") ms=$SET_MS ;;
  1)
    write_batch "$n"
    command=(agentsecrets push batch.env) ms=$PUSH_MS
    ;;
  2) command=(agentsecrets pull) ms=$PULL_MS ;;
  esac
  was_single=$(single) was_batch=$(generations)
  "$victim" "$ms" "${command[@]}"
  nothing_broken || return
  # Half of the time somebody looks first, the other half tries again.
  if [ $((SRANDOM % 2)) = 0 ] || [ $((n % 3)) = 2 ]; then
    as_victim agentsecrets pull || return
    is_old_or_new "$n" || return
  fi
  [ $((n % 3)) = 2 ] || as_victim "${command[@]}" || return
  case $((n % 3)) in
  0) [ "$(single)" = "$n" ] ;;
  1) [ "$(generations)" = "$n" ] ;;
  esac
}

is_old_or_new() {
  local now_single now_batch
  now_single=$(single) now_batch=$(generations)
  case $(($1 % 3)) in
  0)
    [ "$now_single" = "$1" ] ||
      { [ "$KILLED_STATUS" != 0 ] && [ "$now_single" = "$was_single" ]; } ||
      fail "round $1: '$now_single' after '$was_single', status $KILLED_STATUS"
    ;;
  1)
    [ "$now_batch" = "$1" ] ||
      { [ "$KILLED_STATUS" != 0 ] && [ "$now_batch" = "$was_batch" ]; } ||
      fail "round $1: '$now_batch' after '$was_batch', status $KILLED_STATUS"
    ;;
  2) [ "$now_single $now_batch" = "$was_single $was_batch" ] ;;
  esac
}

rounds() {
  local n
  for n in $(seq "$ROUNDS"); do
    one_round "$n" "$1" || fail "round $n" "$(cat "$BATS_TEST_TMPDIR/killed.log")"
  done
  [ -z "$(find "$AGENTSECRETS_HOME/vault" -name '*.tmp')" ] ||
    fail 'what a killed writer left is still there'
}

kill_client() { run_killed client "$@"; }
# They live for a part of the command only.
kill_embedded() { run_killed server $(($1 / 4)) "${@:2}"; }
kill_helper() {
  run_killed helper $(($1 / 2)) "${@:2}"
  # Nobody is left to remove the socket of a helper that is killed.
  rm -rf "$XDG_RUNTIME_DIR"/agentsecrets-??????
}

# A server that is killed comes back under the same address.
kill_networked() {
  local ms=$1
  shift
  start_victim "$@"
  nap "$ms"
  kill -9 "$SERVER_PID"
  wait "$SERVER_PID" || :
  end_victim
  start_server server --listen "127.0.0.1:$SERVER_PORT" --attempts 0
}

networked_home() {
  start_server server --attempts 0
  kill_home --server "$SERVER_URL" --email alice@example.com --name 'A L'
}

# the_same_elsewhere: a second machine gets what this one has.
the_same_elsewhere() {
  local one two
  one=$(as_victim agentsecrets env --clean=PATH -- env | sort)
  # shellcheck disable=SC2034 # for next_machine
  KIT=$BATS_TEST_TMPDIR/kit KIT_PASSPHRASE=$BATS_TEST_TMPDIR/passphrase
  random_canary "$KIT_PASSPHRASE" 24
  chown -R 0:0 "$HOME" "$WORK"
  export AGENTSECRETS_PASSWORD_FILE=$PASSWORD_FILE
  set_settings '{"session_cache": 0}'
  next_machine two
  agentsecrets pull
  two=$(agentsecrets env --clean=PATH -- env | sort)
  [ "$one" = "$two" ]
}

@test "embedded: the client is killed" {
  kill_home
  measure
  rounds kill_client
}

@test "embedded: the server is killed" {
  kill_home
  measure
  rounds kill_embedded
}

@test "embedded: the helper is killed" {
  kill_home
  measure
  rounds kill_helper
}

@test "networked: the client is killed" {
  networked_home
  measure
  rounds kill_client
  the_same_elsewhere
}

@test "networked: the server is killed" {
  networked_home
  measure
  rounds kill_networked
  the_same_elsewhere
}
