# shellcheck shell=bash
# middle.py before the server that was started last. Needs lib.bash.

# start_middle: sets TEAM_URL, for new_team, and MIDDLE, its folder.
start_middle() {
  local port=$SERVER_PORT
  MIDDLE=$BATS_TEST_TMPDIR/middle
  mkdir -p "$MIDDLE"
  start_background middle python3 "$BATS_TEST_DIRNAME/middle.py" "$port" \
    "$MIDDLE"
  wait_for 10 server_port middle || return
  # shellcheck disable=SC2034 # for new_team
  TEAM_URL=http://127.0.0.1:$SERVER_PORT
  SERVER_PORT=$port
}

# rules [LINE...]: what it does from now on; none is to pass all on.
rules() {
  printf '%s\n' "$@" >"$MIDDLE/rules.new"
  mv "$MIDDLE/rules.new" "$MIDDLE/rules"
}

# requests: those since the last call, `METHOD PATH [NAMES]` a line.
requests() {
  [ ! -e "$MIDDLE/requests" ] || cat "$MIDDLE/requests"
  rm -f "$MIDDLE/requests"
}
