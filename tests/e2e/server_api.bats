#!/usr/bin/env bats
# The server by itself: each story is a program under tests/hostile/server.

load lib

setup() { fresh_home; }
teardown() { end_all; }

story() {
  python3 "$BATS_TEST_DIRNAME/../hostile/server/$1.py"
}

@test "every endpoint answers bad input with a JSON error and lives" {
  story bad_input
}

@test "the role and action table holds as a matrix" {
  story roles
}

@test "sessions rotate, end and are not guessed" {
  story tokens
}

@test "writes obey if_version, tombstones and epochs" {
  story conditions
}

@test "the database holds no blob, password or token" {
  story at_rest
}

# ROUNDS in the environment says how often.
@test "kill -9 during bulk writes loses nothing acknowledged" {
  story crash
}

@test "embedded, it serves its parent only and leaves nothing behind" {
  story embedded
}

@test "one request, list or account leaves the server to the others" {
  story limits
}

@test "a database that is busy or gone is told apart" {
  story trouble
}
