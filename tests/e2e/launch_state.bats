#!/usr/bin/env bats
# A command that we start is in the state in which a plain exec would have
# started it: nothing of ours is left on it, nothing of the caller's is lost.
# product build only
load lib
load ../bench/warm

setup_file() {
  fresh_home
  new_account >&2
  agentsecrets set KEY=value >&2
}

setup() {
  use_home one "$BATS_FILE_TMPDIR"
  # Where other users can run them.
  probe=$BATS_TEST_TMPDIR/probe
  cp "$TOOLS/tests/lib/probe" "$BATS_TEST_DIRNAME/../lib/strange.py" \
    "$BATS_TEST_TMPDIR"
  strange=(/usr/bin/python3 "$BATS_TEST_TMPDIR/strange.py")
}

# assert_same_state COMMAND...: the probe says the same whether the words
# before it are there or not, from the same caller.
assert_same_state() {
  "$probe" "$BATS_TEST_TMPDIR/plain"
  "$@" "$probe" "$BATS_TEST_TMPDIR/launched"
  diff "$BATS_TEST_TMPDIR/plain" "$BATS_TEST_TMPDIR/launched"
}

# assert_same_strange_state COMMAND...: the same for a strange caller.
assert_same_strange_state() {
  "${strange[@]}" "$probe" "$BATS_TEST_TMPDIR/plain"
  "${strange[@]}" "$@" "$probe" "$BATS_TEST_TMPDIR/launched"
  diff "$BATS_TEST_TMPDIR/plain" "$BATS_TEST_TMPDIR/launched"
}

# A comparison proves nothing if the probe does not see what is compared.
@test "the probe tells a strange caller from a plain one" {
  local line
  "$probe" "$BATS_TEST_TMPDIR/plain"
  "${strange[@]}" "$probe" "$BATS_TEST_TMPDIR/strange"
  for line in 'umask: 027' 'personality: 0x40000' 'fd 9: /dev/null 0 0x8800' \
    'fd 63: /dev/null 0 0x8800' 'signal 13: ignored' 'signal 17: ignored' \
    'signal 1: ignored' 'signal 64: ignored' 'limit 4: 12288 40960' \
    'limit 7: 200 300' 'timer 0: runs, every 7 s' 'child subreaper: 1' \
    'timer 1: runs, every 7 s' 'death signal: 23' 'no new privileges: 1' \
    'seccomp: 2' 'timer slack: 123456' 'no huge pages: 1' 'nice: 3' \
    'policy: 3' 'processors: 1' 'i/o priority: 24576' 'oom_score_adj: 200' \
    'coredump_filter: 00000021' $'status: ShdPnd:\t0000000000000200' \
    $'status: SigBlk:\t0000000200005200'; do
    grep -qxF "$line" "$BATS_TEST_TMPDIR/strange" || fail "no line '$line'"
    if grep -qxF "$line" "$BATS_TEST_TMPDIR/plain"; then
      fail "the plain one has '$line', too"
    fi
  done
}

@test "a password is stretched and the state is the same" {
  assert_same_state agentsecrets env --
  assert_same_strange_state agentsecrets env --
}

@test "helper and server were there and the state is the same" {
  assert_same_state agentsecrets env --fresh --
  assert_same_strange_state agentsecrets env --fresh --
}

@test "the workspace key comes from the session cache and the state is the same" {
  needs_root
  warm_home
  as_warm "$probe" plain
  as_warm agentsecrets env -- "$probe" launched
  diff plain launched
  as_warm "${strange[@]}" "$probe" plain
  as_warm "${strange[@]}" agentsecrets env -- "$probe" launched
  diff plain launched
  warm_end
}

@test "core dumps: with --no-core only their limit differs" {
  "${strange[@]}" agentsecrets env --no-core -- "$probe" "$BATS_TEST_TMPDIR/none"
  "${strange[@]}" "$probe" "$BATS_TEST_TMPDIR/plain"
  run diff "$BATS_TEST_TMPDIR/plain" "$BATS_TEST_TMPDIR/none"
  [ "${lines[1]}" = '< limit 4: 12288 40960' ]
  [ "${lines[3]}" = '> limit 4: 1 1' ]
  [ "${#lines[@]}" = 4 ]
}

@test "closed standard descriptors stay closed" {
  local file=$BATS_TEST_TMPDIR/launched
  "$probe" "$BATS_TEST_TMPDIR/plain" <&- >&- 2>&-
  agentsecrets env -- "$probe" "$file" <&- >&- 2>&-
  diff "$BATS_TEST_TMPDIR/plain" "$file"
  agentsecrets env --fresh -- "$probe" "$file" <&- >&- 2>&-
  diff "$BATS_TEST_TMPDIR/plain" "$file"
}

@test "what a descriptor of the caller holds can be read" {
  run agentsecrets env -- cat /dev/fd/63 63< <(echo 'from the caller')
  [ "$output" = 'from the caller' ]
  run agentsecrets env -- cat <(echo 'from a process')
  [ "$output" = 'from a process' ]
  run agentsecrets env -- cat <<<'from standard input'
  [ "$output" = 'from standard input' ]
}

@test "a limit of descriptors that leaves little room is enough" {
  # shellcheck disable=SC2016
  run bash -c 'ulimit -n 12; exec agentsecrets env --fresh -- sh -c "ulimit -n"'
  assert_status 0
  [ "$output" = 12 ]
}

# setuid_copy PROGRAM: one of root's in SETUID, in a home that is not.
setuid_copy() {
  needs_root
  warm_home
  mkdir "$BATS_TEST_TMPDIR/bin"
  SETUID=$BATS_TEST_TMPDIR/bin/$(basename "$1")
  cp "$1" "$SETUID"
  chmod 4755 "$SETUID"
}

@test "a setuid program gets its rights" {
  setuid_copy "$(type -P id)"
  [ "$(as_warm "$SETUID" -u)" = 0 ]
  [ "$(as_warm agentsecrets env -- "$SETUID" -u)" = 0 ]
  warm_end
}

@test "a child of the caller that ends meanwhile is waited for by the command" {
  # The shell becomes us with a child that it never waited for.
  # shellcheck disable=SC2016
  run bash -c '(sleep 0.05; exit 7) &
    exec agentsecrets env --fresh -- /usr/bin/python3 -c "
import os, sys
print(os.waitstatus_to_exitcode(os.waitpid(int(sys.argv[1]), 0)[1]))" $!'
  assert_status 0
  [ "$output" = 7 ]
}

@test "we ourselves do not run with more rights than the caller's" {
  setuid_copy "$PREFIX/bin/agentsecrets"
  run as_warm setpriv --no-new-privs "$SETUID" env -- true
  assert_status 0
  run as_warm "$SETUID" env -- true
  assert_status 125
  assert_one_error "refused: started with other rights than the caller's"
  run as_warm "$SETUID" list
  assert_status 1
  assert_one_error "refused: started with other rights than the caller's"
  warm_end
}
