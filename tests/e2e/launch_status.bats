#!/usr/bin/env bats
# What the caller of `agentsecrets env` learns: one process, the command's own
# end, and 125, 126, 127 where there is no command.
load lib
remember_passwords
load ../bench/warm

setup_file() {
  fresh_home
  new_account >&2
  agentsecrets set KEY=value >&2
}

setup() { use_home one "$BATS_FILE_TMPDIR"; }

teardown() { end_all; }

# script NAME MODE TEXT: a file to run.
script() {
  printf '%s' "$3" >"$BATS_TEST_TMPDIR/$1"
  chmod "$2" "$BATS_TEST_TMPDIR/$1"
}

# assert_untouched COMMAND...: `agentsecrets env` with these words neither
# opens anything of ours nor starts a process, whatever it says.
assert_untouched() {
  local trace=$BATS_TEST_TMPDIR/trace
  run -127 traced "$trace" file,process,network agentsecrets env "$@"
  assert_one_error
  grep -q 'execve.*agentsecrets' "$trace"
  [ "$(grep -c 'execve(' "$trace")" = 1 ]
  if grep -E '\.agentsecrets|agentsecrets-|clone|fork|socket|connect' "$trace"; then
    fail 'it did more than look for the command'
  fi
}

@test "the command has the process of the launcher" {
  # shellcheck disable=SC2016
  run sh -c 'echo $$; exec agentsecrets env -- sh -c "echo \$\$"'
  assert_status 0
  [ "${#lines[@]}" = 2 ]
  [ "${lines[0]}" = "${lines[1]}" ]
  # shellcheck disable=SC2016
  run sh -c 'echo $$; exec agentsecrets env --fresh -- sh -c "echo \$\$"'
  assert_status 0
  [ "${lines[0]}" = "${lines[1]}" ]
}

@test "every status of the command is the launcher's, 0 to 255" {
  needs_root
  warm_home
  # shellcheck disable=SC2016
  run as_warm bash -c 'for n in {0..255}; do
      agentsecrets env -- sh -c "exit $n"
      [ $? = "$n" ] || echo "not $n"
    done'
  [ -z "$output" ]
  run -37 as_warm agentsecrets env --fresh -- sh -c 'exit 37'
  warm_end
}

@test "a command that a signal kills is seen to die of it" {
  local name
  cat >"$BATS_TEST_TMPDIR/die.py" <<'PYTHON'
import os, signal, subprocess, sys
number = getattr(signal, sys.argv[1])
run = subprocess.run(["agentsecrets", "env", "--", "sh", "-c",
                      f"ulimit -c 0; kill -{int(number)} $$; sleep 9"])
sys.exit(0 if run.returncode == -number else f"{sys.argv[1]} {run.returncode}")
PYTHON
  for name in SIGTERM SIGKILL SIGSEGV SIGINT SIGHUP SIGPIPE; do
    /usr/bin/python3 "$BATS_TEST_TMPDIR/die.py" "$name"
  done
}

@test "a signal from outside reaches the command" {
  local ready=$BATS_TEST_TMPDIR/ready rc=0
  start_background signalled agentsecrets env -- sh -c \
    "trap 'echo got TERM; exit 3' TERM; touch '$ready'; while :; do sleep 0.05; done"
  wait_for 20 test -e "$ready"
  kill "$BACKGROUND_PID"
  wait "$BACKGROUND_PID" || rc=$?
  [ "$rc" = 3 ]
  [ "$(cat "$BATS_TEST_TMPDIR/signalled.log")" = 'got TERM' ]
}

@test "a command that is not found is 127 before anything is touched" {
  assert_untouched no-such-command-anywhere
  assert_untouched --fresh --only NOPE -- no-such-command-anywhere
  assert_untouched -- ./no-such-file
  assert_untouched -- "$BATS_TEST_TMPDIR/no/such/folder/file"
  assert_untouched -- ''
  run -127 env PATH=/nonexistent "$PREFIX/bin/agentsecrets" env sh
  assert_one_error "'sh': command not found"
}

@test "a command that is not found is so without a home, too" {
  fresh_home other
  rm -r "$AGENTSECRETS_HOME"
  run -127 agentsecrets env -- no-such-command-anywhere
  assert_one_error "'no-such-command-anywhere': command not found"
}

@test "a file that cannot be run is 126" {
  script plain 0644 $'#!/bin/sh\nexit 0\n'
  script lost 0755 $'#!/no/such/interpreter\n'
  cp "$BATS_TEST_TMPDIR/lost" "$BATS_TEST_TMPDIR/loop"
  mkfifo "$BATS_TEST_TMPDIR/pipe"
  chmod 0755 "$BATS_TEST_TMPDIR/pipe"
  printf '#!%s\n' "$BATS_TEST_TMPDIR/plain" >"$BATS_TEST_TMPDIR/loop"
  run -126 agentsecrets env -- "$BATS_TEST_TMPDIR"
  assert_one_error 'is a directory'
  run -126 agentsecrets env -- "$BATS_TEST_TMPDIR/plain"
  assert_one_error 'permission denied'
  run -126 agentsecrets env -- "$BATS_TEST_TMPDIR/pipe"
  assert_one_error 'permission denied'
  run -126 agentsecrets env -- "$BATS_TEST_TMPDIR/lost"
  assert_one_error 'its interpreter is missing'
  run -126 agentsecrets env -- "$BATS_TEST_TMPDIR/loop"
  assert_one_error 'permission denied'
  run -126 agentsecrets env -- "$BATS_TEST_TMPDIR/plain/below"
  assert_one_error
  PATH=$BATS_TEST_TMPDIR:$PATH run -126 agentsecrets env -- plain
  assert_one_error 'permission denied'
}

@test "a script without a first line goes to the shell with its arguments" {
  # shellcheck disable=SC2016
  script bare 0755 'printf "%s|" "$KEY" "$0" "$@"; exit 9'
  run -9 agentsecrets env -- "$BATS_TEST_TMPDIR/bare" 'a b' '' -c
  [ "$output" = "value|$BATS_TEST_TMPDIR/bare|a b||-c|" ]
  PATH=$BATS_TEST_TMPDIR:$PATH run -9 agentsecrets env bare
  [ "$output" = "value|$BATS_TEST_TMPDIR/bare|" ]
  : >"$BATS_TEST_TMPDIR/empty"
  chmod 0755 "$BATS_TEST_TMPDIR/empty"
  run -0 agentsecrets env -- "$BATS_TEST_TMPDIR/empty"
}

@test "an empty element of PATH is the working directory" {
  script here 0755 $'#!/bin/sh\necho here\n'
  cp "$BATS_TEST_TMPDIR/here" "$WORK/here"
  for path in ":/usr/bin" "/usr/bin:" "/usr/bin::/bin"; do
    PATH=$path run -0 "$PREFIX/bin/agentsecrets" env here
    [ "$output" = here ]
  done
  PATH=/usr/bin:/bin run -127 "$PREFIX/bin/agentsecrets" env here
  rm "$WORK/here"
}

@test "what cannot be run is passed over for what can" {
  mkdir "$BATS_TEST_TMPDIR/first" "$BATS_TEST_TMPDIR/first/id"
  PATH=$BATS_TEST_TMPDIR/first:$PATH run -0 agentsecrets env id -u
  [ "$output" = "$(id -u)" ]
}

@test "where nobody may look nothing is found" {
  needs_root
  local closed=$BATS_TEST_TMPDIR/closed
  mkdir -m 0700 "$closed"
  script plain 0644 ''
  give_to "$(other_uid)"
  chown 0:0 "$closed"
  PATH=$closed:/usr/bin run -127 as_user "$(other_uid)" \
    "$PREFIX/bin/agentsecrets" env no-such-command
  assert_one_error "'no-such-command': command not found"
  # A file that is there, but may not be run, is another matter.
  PATH=$closed:$BATS_TEST_TMPDIR run -126 "$PREFIX/bin/agentsecrets" env plain
  assert_one_error "'plain': permission denied"
}

@test "without PATH the system's own is searched" {
  run -0 env -u PATH "$PREFIX/bin/agentsecrets" env -- sh -c 'echo found'
  [ "$output" = found ]
}

@test "the command's argv[0] is as typed" {
  # shellcheck disable=SC2016
  run -0 agentsecrets env bash -c 'tr "\0" "\n" </proc/$$/cmdline | head -n 1'
  [ "$output" = bash ]
}

@test "everything of ours that stops env is 125" {
  run -125 agentsecrets env
  assert_one_error
  run -125 agentsecrets env --
  assert_one_error
  run -125 agentsecrets env --bogus -- true
  assert_one_error "'--bogus'"
  run -125 agentsecrets env --only
  assert_one_error
  run -125 agentsecrets env --only NOPE -- true
  assert_one_error 'NOPE'
  AGENTSECRETS_PASSWORD_FILE='' run -125 agentsecrets env -- true
  assert_one_error 'locked'
  random_canary "$BATS_TEST_TMPDIR/wrong" 24
  run -125 agentsecrets env --password-file "$BATS_TEST_TMPDIR/wrong" -- true
  assert_one_error 'password'
  run -125 agentsecrets env --password-file "$BATS_TEST_TMPDIR/none" -- true
  assert_one_error
  cd /
  run -125 agentsecrets env -- true
  assert_one_error 'no project here'
  fresh_home other
  run -125 agentsecrets env -- true
  assert_one_error 'no account on this machine'
}

@test "nothing is said when all is well" {
  run -0 agentsecrets env -- true
  [ -z "$output" ]
  run -0 agentsecrets env --fresh -- true
  [ -z "$output" ]
  run -0 agentsecrets run true
  [ -z "$output" ]
}

@test "the command has the launcher's standard streams" {
  # shellcheck disable=SC2016
  run -0 --separate-stderr agentsecrets env -- \
    sh -c 'read -r line; echo "out $line"; echo "err $line" >&2' <<<'line'
  [ "$output" = 'out line' ]
  # shellcheck disable=SC2154
  [ "$stderr" = 'err line' ]
}
