# shellcheck shell=bash
# What every end-to-end test stands on. A bats file says
#
#	load lib
#	setup() { fresh_home; }
#	teardown() { end_all; }
#
# AGENTSECRETS_PREFIX is the installed tree that is tested, AGENTSECRETS_TOOLS
# the build that has the test tools; ./dev sets both. Nothing of the caller's
# is touched: home, temporary files and runtime directory lie in the test's
# own directory, and what a test starts it ends.
#
# A file with "# product build only" in its first lines is about the binaries
# as they are shipped and is not run with sanitizers.
bats_require_minimum_version 1.5.0

# In setup_file, what all tests of the file share: end_all in teardown_file.
: "${BATS_TEST_TMPDIR:=$BATS_FILE_TMPDIR}"
PREFIX=${AGENTSECRETS_PREFIX:?run this with ./dev test NAME}
TOOLS=${AGENTSECRETS_TOOLS:?run this with ./dev test NAME}
PATH=$PREFIX/bin:$PATH
export LC_ALL=C.UTF-8
unset AGENTSECRETS_{HOME,TOKEN,TOKEN_FILE,PASSWORD_FILE,SERVER_URL,PROJECT} \
  AGENTSECRETS_{ENV,STORAGE_MODE,DEBUG,ACTIVE} "${!DBUS_@}" "${!LD_@}" no_proxy http_proxy \
  https_proxy NO_PROXY HTTP_PROXY HTTPS_PROXY CDPATH DISPLAY WAYLAND_DISPLAY \
  XAUTHORITY

# fresh_home [NAME]: an empty home and a working directory inside the test's
# own directory, and go there. More homes are more machines.
fresh_home() {
  local base=$BATS_TEST_TMPDIR/${1:-one}
  export HOME=$base/home TMPDIR=$base/tmp XDG_RUNTIME_DIR=$base/run
  export AGENTSECRETS_HOME=$HOME/.agentsecrets
  WORK=$base/work
  mkdir -p "$HOME" "$TMPDIR" "$XDG_RUNTIME_DIR" "$WORK"
  chmod 0700 "$HOME" "$XDG_RUNTIME_DIR"
  set_settings '{"session_cache": 0}'
  cd "$WORK" || return
}

# use_home NAME [DIRECTORY]: back to a home that fresh_home made; in setup_file,
# if the directory is $BATS_FILE_TMPDIR.
use_home() {
  local base=${2:-$BATS_TEST_TMPDIR}/$1
  export HOME=$base/home TMPDIR=$base/tmp XDG_RUNTIME_DIR=$base/run
  export AGENTSECRETS_HOME=$HOME/.agentsecrets
  export AGENTSECRETS_PASSWORD_FILE=$HOME/password
  WORK=$base/work
  cd "$WORK" || return
}

# own_copy: go on in a copy of the present home, in this test's directory; the
# working directory and its project stay where they are.
own_copy() {
  cp -a "$HOME" "$BATS_TEST_TMPDIR/copy"
  export HOME=$BATS_TEST_TMPDIR/copy
  export AGENTSECRETS_HOME=$HOME/.agentsecrets
}

# remember_passwords: what Argon2id gives for a password and a salt, which costs
# more than all else that most commands do, is computed once a file; the result
# is the same. After `load lib`. Not for a file that is about passwords, their
# cost, memory, system calls or libraries. A networked server does without.
remember_passwords() {
  local dir=$BATS_FILE_TMPDIR/argon2id
  if [ ! -d "$dir" ]; then
    mkdir "$dir"
    chmod 0777 "$dir"
    cp "$TOOLS/tests/lib/libargon2.so.1" "$dir/"
  fi
  export LD_LIBRARY_PATH=$dir
}

# set_settings JSON: settings.json, whole.
set_settings() {
  mkdir -p "$AGENTSECRETS_HOME"
  chmod 0700 "$AGENTSECRETS_HOME"
  printf '%s\n' "$1" >"$AGENTSECRETS_HOME/settings.json"
  chmod 0600 "$AGENTSECRETS_HOME/settings.json"
}

# The leak checker traces its own process, which a traced one cannot.
strace() {
  ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 command strace "$@"
}

# random_canary FILE [LENGTH]: letters and digits that nobody saw before,
# without a line end; never in an argument or the environment.
random_canary() {
  local text
  text=$(head -c $((8 * ${2:-40} + 512)) /dev/urandom |
    LC_ALL=C tr -dc 'A-Za-z0-9')
  printf '%s' "${text:0:${2:-40}}" >"$1"
}

# start_background NAME COMMAND...: run until end_all, output in NAME.log of
# the test's directory; sets BACKGROUND_PID.
start_background() {
  local name=$1
  shift
  "$@" >"$BATS_TEST_TMPDIR/$name.log" 2>&1 </dev/null 3>&- &
  BACKGROUND_PID=$!
  echo "$BACKGROUND_PID" >>"$BATS_TEST_TMPDIR/pids"
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.05
  done
}

server_port() {
  SERVER_PORT=$(sed -nE 's/.*127\.0\.0\.1:([1-9][0-9]*).*/\1/p' \
    "$BATS_TEST_TMPDIR/$1.log" | head -n 1)
  [ -n "$SERVER_PORT" ]
}

# start_server [NAME [OPTION...]]: a networked server on a free port with its
# data in the test's directory NAME; sets SERVER_URL, SERVER_PID, SERVER_DATA.
# The same NAME again is the same data.
start_server() {
  local name=${1:-server}
  shift || :
  SERVER_DATA=$BATS_TEST_TMPDIR/$name
  mkdir -p "$SERVER_DATA"
  chmod 0700 "$SERVER_DATA"
  start_background "$name" env -u LD_LIBRARY_PATH \
    agentsecrets-server --listen 127.0.0.1:0 \
    --db "sqlite:$SERVER_DATA/data.sqlite" --keys "$SERVER_DATA/keys" \
    --open-registration "$@"
  SERVER_PID=$BACKGROUND_PID
  if ! wait_for 10 server_port "$name"; then
    cat "$BATS_TEST_TMPDIR/$name.log" >&2
    return 1
  fi
  # shellcheck disable=SC2034 # for the tests
  SERVER_URL=http://127.0.0.1:$SERVER_PORT
}

# stop_server: end the last one that was started; its status is the server's.
stop_server() {
  kill "$SERVER_PID"
  wait "$SERVER_PID"
}

# end_all: end what start_background started; for teardown.
end_all() {
  local pid
  [ -f "$BATS_TEST_TMPDIR/pids" ] || return 0
  while read -r pid; do
    # One that a test stopped would not end. First this: afterwards it would
    # take the stop away with which the leak checker of a dying process waits.
    kill -CONT "$pid" 2>/dev/null || :
    kill "$pid" 2>/dev/null || :
  done <"$BATS_TEST_TMPDIR/pids"
  while read -r pid; do
    wait "$pid" 2>/dev/null || :
  done <"$BATS_TEST_TMPDIR/pids"
  rm -f "$BATS_TEST_TMPDIR/pids"
}

# new_account [PROJECT [OPTION...]]: init in this home with a made-up password
# in PASSWORD_FILE, which later commands use unless they name another. The
# embedded server, unless OPTIONs say --server URL --email E --name N.
new_account() {
  local project=${1-web}
  shift || :
  PASSWORD_FILE=$HOME/password
  random_canary "$PASSWORD_FILE" 24
  chmod 0600 "$PASSWORD_FILE"
  export AGENTSECRETS_PASSWORD_FILE=$PASSWORD_FILE
  agentsecrets init --password-file "$PASSWORD_FILE" \
    ${project:+--project "$project"} "$@"
}

# traced FILE CALLS COMMAND...: run it with its children under strace(1), their
# system calls of these kinds in FILE. The leak checker cannot be traced.
traced() {
  local file=$1 calls=$2
  shift 2
  ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 \
    strace -f -q -o "$file" -e trace="$calls" "$@"
}

# What `run` left, against what it should have.
fail() {
  printf '%s\n' "$@" >&2
  return 1
}

assert_status() {
  # shellcheck disable=SC2154 # run sets them
  [ "$status" = "$1" ] ||
    fail "status is $status, not $1; the output:" "$output" "${stderr-}"
}

# assert_line TEXT: one line of the output is exactly this.
assert_line() {
  local line
  # shellcheck disable=SC2154
  for line in "${lines[@]}"; do
    [ "$line" != "$1" ] || return 0
  done
  fail "no line is '$1'; the output:" "$output"
}

# assert_match PATTERN: the output has a part that matches the expression.
assert_match() {
  [[ $output =~ $1 ]] || fail "nothing matches '$1'; the output:" "$output"
}

# assert_one_error [PATTERN]: one line `agentsecrets: what: why`, and at most
# one `hint:` line after it, in the output of `run`.
assert_one_error() {
  [[ ${lines[0]} == agentsecrets:\ * ]] ||
    fail 'the first line is no error of ours:' "$output"
  case ${#lines[@]} in
  1) ;;
  2) [[ ${lines[1]} == hint:\ * ]] || fail 'a second line:' "$output" ;;
  *) fail 'more than an error and a hint:' "$output" ;;
  esac
  [[ ${lines[0]} =~ ${1-} ]] || fail "the error is not '$1':" "$output"
}

# assert_nothing_started STATUS PATTERN COMMAND...: `agentsecrets` with these
# words and, after them, a command that leaves a mark, fails as it should and
# starts nothing.
assert_nothing_started() {
  local expected=$1 pattern=$2
  shift 2
  rm -f "$BATS_TEST_TMPDIR/started"
  run agentsecrets "$@" touch "$BATS_TEST_TMPDIR/started"
  assert_status "$expected"
  assert_one_error "$pattern"
  [ ! -e "$BATS_TEST_TMPDIR/started" ] || fail 'it was started all the same'
}

# assert_no_leak SECRETS PATH...: no file below has the secret (a file, or a
# folder of them) in plain, hex, base64 at any alignment or UTF-16.
assert_no_leak() {
  "$TOOLS/tests/lib/memscan" "$@" >&2
}

# assert_leak: the other way round, to prove that assert_no_leak looks.
assert_leak() {
  run "$TOOLS/tests/lib/memscan" "$@"
  assert_status 1
}

# other_uid: a user id of this test's own, so that kernel keyrings are too.
other_uid() {
  printf '%d\n' $((60000 + (BASHPID + BATS_TEST_NUMBER) % 4000 + 1))
}

# give_to UID: let that user work in this test's directory.
give_to() {
  local folder=$BATS_TEST_TMPDIR
  chown -R "$1:$1" "$BATS_TEST_TMPDIR"
  while [ "$folder" != / ] && [ "$folder" != /tmp ]; do
    chmod o+x "$folder" 2>/dev/null || :
    folder=$(dirname "$folder")
  done
}

# as_user UID COMMAND...: run as that user, with no other right and with a
# session keyring of its own. Needs root, as the tests that use it say.
as_user() {
  local uid=$1
  shift
  setpriv --reuid="$uid" --regid="$uid" --clear-groups -- "$@"
}

needs_root() {
  [ "$(id -u)" = 0 ] || skip 'needs root'
}
