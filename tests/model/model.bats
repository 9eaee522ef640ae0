#!/usr/bin/env bats
# Random sequences of what people do with their secrets, on three machines and
# one server, compared with a model after every step. One that fails is
# printed, as short as it can be; `sync_model ... replay FILE` does it again.
load ../e2e/lib

# The same steps each time, so that a change is not blamed for what it did not
# do; ./dev torture model asks for a million others, MODEL_SEED=N for yours.
case $TOOLS in
*/asan) : "${MODEL_STEPS:=1000}" "${MODEL_ROUNDS:=200}" ;;
*) : "${MODEL_STEPS:=10000}" "${MODEL_ROUNDS:=1200}" ;;
esac
: "${MODEL_SEED:=1}"

# The tree as it is installed, with sync_model in it, on a file system that
# need not wait for a disk; sets TREE.
setup() {
  local memory=/dev/shm
  [ -w "$memory" ] || memory=$BATS_TEST_TMPDIR
  TREE=$(mktemp -d "$memory/agentsecrets-model.XXXXXX")
  mkdir "$TREE/bin"
  cp "$TOOLS/tests/model/sync_model" "$TREE/bin/"
  ln -s "$PREFIX/libexec" "$TREE/libexec"
}

teardown() { rm -rf "$TREE"; }

# sync_model LIMIT ARGUMENT...: in a new directory.
sync_model() {
  rm -rf "$TREE/data"
  mkdir "$TREE/data"
  run "$TREE/bin/sync_model" "$TREE/data" "$PREFIX/bin/agentsecrets-server" "$@"
  echo "sync_model DIRECTORY SERVER $*"
  echo "$output"
  [ "$status" = 0 ]
}

@test "$MODEL_STEPS random steps end as the model says" {
  local left now
  # Each 20,000 in a process of their own, which keeps what it allocated.
  for ((left = MODEL_STEPS; left > 0; left -= now)); do
    now=$((left < 20000 ? left : 20000))
    sync_model 0 steps "$now" "$MODEL_SEED"
    MODEL_SEED=$((MODEL_SEED + 1))
  done
}

@test "the same with a server that takes two secrets in one request" {
  sync_model 2 steps "$((MODEL_STEPS / 10))" "$MODEL_SEED"
}

@test "two who write one name at once, $MODEL_ROUNDS times" {
  sync_model 0 race "$MODEL_ROUNDS" "$MODEL_SEED"
}

@test "what was found once stays mended" {
  local limit
  for limit in 0 2; do
    sync_model "$limit" replay "$BATS_TEST_DIRNAME"/found/*.steps
  done
}
