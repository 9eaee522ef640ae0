#!/usr/bin/env bats
# kill -9 of client, helper and server before each call that others see: what
# the server, the vault and the file have is the old or the new, never a
# mixture, and the same command once more completes it.
# product build only
# shellcheck disable=SC2034 # COMMAND and others, for whole.bash
load lib
remember_passwords
# In torture at each call.
EVERY_CALL=${ROUNDS:+1}
load whole

setup() {
  needs_root # strace(1) of what is not dumpable
  scene
}

killed_anywhere() {
  keep_scene
  old_and_new
  killed_at_each client 6
  killed_at_each helper 2
  killed_at_each server 6
}

@test "push of what was changed in the file" {
  printf 'A=3\nB=1\nC=1\nGONE=1\n' >.env.development
  COMMAND=(agentsecrets push)
  killed_anywhere
}

@test "pull of what was changed and deleted elsewhere" {
  elsewhere() {
    agentsecrets set -q A=3 C=1
    agentsecrets delete -q GONE
  }
  moved_there elsewhere
  COMMAND=(agentsecrets pull)
  killed_anywhere
}

@test "environment copy" {
  COMMAND=(agentsecrets environment copy --force development staging)
  ENVIRONMENTS=(development staging)
  killed_anywhere
}

@test "environment merge" {
  COMMAND=(agentsecrets environment merge --theirs development staging)
  ENVIRONMENTS=(development staging)
  killed_anywhere
}

@test "environment clean" {
  COMMAND=(agentsecrets environment clean -y development)
  ENVIRONMENTS=(development staging)
  killed_anywhere
}

@test "history --restore" {
  COMMAND=(agentsecrets history A --restore 1)
  killed_anywhere
}

# both_changed: A here and there, B only there, C only here.
both_changed() {
  moved_there agentsecrets set -q A=there B=there
  printf 'A=here\nB=1\nC=here\nGONE=1\n' >.env.development
}

@test "push and pull with --ours and --theirs" {
  local command
  for command in 'push --ours' 'push --theirs' 'pull --ours' 'pull --theirs'; do
    both_changed
    # shellcheck disable=SC2206 # two words
    COMMAND=(agentsecrets $command)
    killed_anywhere
    again
  done
}

@test "push --prune" {
  printf 'A=2\nC=1\n' >.env.development
  COMMAND=(agentsecrets push --prune -y)
  killed_anywhere
}

@test "set --all-envs" {
  ENVIRONMENTS=(development staging production)
  COMMAND=(agentsecrets set --all-envs A=3 C=1)
  killed_anywhere
}
