# shellcheck shell=bash
# Killing programs at random moments. Needs lib.bash and team.bash.
#
# What runs in between is as short as can be, or most kills would hit the
# stretching of the password: the workspace key is in the session cache of a
# user of the test's own.
ROUNDS=${ROUNDS-20}

# kill_home [INIT-OPTION...]: a home of that user, ready to work in.
kill_home() {
  fresh_home
  set_settings '{"session_cache": 3600}'
  KILL_UID=$(other_uid)
  PASSWORD_FILE=$HOME/password
  random_canary "$PASSWORD_FILE" 24
  give_to "$KILL_UID"
  [ ! -d "${SERVER_DATA-}" ] || chown -R 0:0 "$SERVER_DATA"
  as_victim agentsecrets init --project web --password-file "$PASSWORD_FILE" \
    "$@" && as_victim agentsecrets unlock --password-file "$PASSWORD_FILE"
}

as_victim() { as_user "$KILL_UID" "$@"; }

# nap MS: a random time up to that many milliseconds, without a new process.
nap() {
  local us=$((SRANDOM % ($1 * 1000 + 1)))
  [ -n "${NAP_FD-}" ] || exec {NAP_FD}<> <(:)
  read -r -t "$((us / 1000000)).$(printf %06d $((us % 1000000)))" \
    -u "$NAP_FD" _ || :
}

# how_long COMMAND...: milliseconds.
how_long() {
  local began
  began=$(date +%s%N)
  as_victim "$@" >/dev/null || return
  echo $((($(date +%s%N) - began) / 1000000 + 1))
}

# child_of PID: sets CHILD to its first child. Fails when there is none.
child_of() {
  CHILD=
  { read -r CHILD _ <"/proc/$1/task/$1/children"; } 2>/dev/null || :
  [ -n "$CHILD" ]
}

# find_victim client|helper|server PID: wait for the process to kill, which is
# the command, its helper or the embedded server of that; sets VICTIM.
find_victim() {
  VICTIM=$2
  [ "$1" != client ] || return 0
  until child_of "$2"; do
    kill -0 "$2" 2>/dev/null || return
  done
  VICTIM=$CHILD
  [ "$1" != helper ] || return 0
  until child_of "$VICTIM"; do
    kill -0 "$VICTIM" 2>/dev/null || return
  done
  VICTIM=$CHILD
}

# start_victim COMMAND...: in the background; sets VICTIM_PID.
start_victim() {
  setpriv --reuid="$KILL_UID" --regid="$KILL_UID" --clear-groups -- "$@" \
    >"$BATS_TEST_TMPDIR/killed.log" 2>&1 </dev/null 3>&- &
  VICTIM_PID=$!
}

# end_victim: sets KILLED_STATUS, 0 for a command that was acknowledged.
end_victim() {
  KILLED_STATUS=0
  # shellcheck disable=SC2034 # for the tests
  wait "$VICTIM_PID" || KILLED_STATUS=$?
}

# run_killed WHO MS COMMAND...: kill it at a moment within MS milliseconds.
run_killed() {
  local who=$1 ms=$2
  shift 2
  start_victim "$@"
  if find_victim "$who" "$VICTIM_PID"; then
    nap "$ms"
    kill -9 "$VICTIM" 2>/dev/null || :
  fi
  end_victim
}

# The dead that nobody collects yet do not count.
none_left() {
  # shellcheck disable=SC2009 # pgrep does not tell states
  ! ps -u "$KILL_UID" -o stat=,args= | grep -v '^Z' | grep -q .
}

# nothing_broken: every file is whole, and nobody and no socket is left.
nothing_broken() {
  python3 "$BATS_TEST_DIRNAME/home_check.py" "$AGENTSECRETS_HOME" || return
  wait_for 5 none_left || {
    ps -u "$KILL_UID" -o pid,stat,args >&2
    fail 'a process is left'
  }
  [ -z "$(ls -A "$XDG_RUNTIME_DIR")" ] ||
    fail 'a socket directory is left:' "$(ls -A "$XDG_RUNTIME_DIR")"
}
