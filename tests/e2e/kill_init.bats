#!/usr/bin/env bats
# kill -9 of init at any moment: the next init completes, with an embedded and
# with a networked server, and no account is left whose keys nobody has.
# product build only
load lib
load team
load kill

setup() {
  needs_root
  KILL_UID=$(other_uid)
}
teardown() { end_all; }

# new_home NAME: an empty one of the victim's.
new_home() {
  fresh_home "$1"
  # So that what follows an init needs no password.
  set_settings '{"session_cache": 3600}'
  cp "$BATS_TEST_TMPDIR/password" "$HOME/password"
  chown -R "$KILL_UID:$KILL_UID" "$BATS_TEST_TMPDIR/$1"
}

prepare() {
  random_canary "$BATS_TEST_TMPDIR/password" 24
  give_to "$KILL_UID"
}

# init_and_use: a whole init, and the account does what it is for.
init_and_use() {
  as_victim agentsecrets "$@" || return
  nothing_broken || return
  [ ! -e "$AGENTSECRETS_HOME/account.pending" ] || return
  export AGENTSECRETS_PASSWORD_FILE=$HOME/password
  as_victim agentsecrets project create "$PROJECT" || return
  as_victim agentsecrets set KEY=value &&
    as_victim agentsecrets pull && [ "$(as_victim agentsecrets get KEY)" = value ]
}

# init_round WHO MS OPTION...: killed as often as it takes, then completed.
init_round() {
  local who=$1 ms=$2
  shift 2
  run_killed "$who" "$ms" agentsecrets init --password-file "$HOME/password" "$@"
  nothing_broken || return
  if [ -e "$AGENTSECRETS_HOME/account.json" ]; then
    # It had ended, or nearly: there is nothing left to do.
    export AGENTSECRETS_PASSWORD_FILE=$HOME/password
    as_victim agentsecrets project create "$PROJECT" &&
      as_victim agentsecrets set KEY=value
    return
  fi
  # Once more, killed again; and then to the end.
  run_killed "$who" "$ms" agentsecrets init --password-file "$HOME/password" "$@"
  nothing_broken || return
  if [ ! -e "$AGENTSECRETS_HOME/account.json" ]; then
    init_and_use init --password-file "$HOME/password" "$@"
  fi
}

# rounds WHO [network]: half as many as elsewhere, since each stretches a
# password several times.
rounds() {
  local n ms options=() count=$(((ROUNDS + 1) / 2))
  for n in $(seq 0 "$count"); do
    new_home "home$n"
    PROJECT=project-$n
    [ "${2-}" != network ] || options=(--server "$SERVER_URL"
      --email "person-$n@example.com" --name 'A Person')
    if [ "$n" = 0 ]; then
      ms=$(how_long agentsecrets init --password-file "$HOME/password" \
        "${options[@]}")
      continue
    fi
    init_round "$1" "$ms" "${options[@]}" ||
      fail "round $n" "$(cat "$BATS_TEST_TMPDIR/killed.log")"
    unset AGENTSECRETS_PASSWORD_FILE
    rm -rf "${BATS_TEST_TMPDIR:?}/home$n"
  done
}

@test "embedded: init is killed" {
  prepare
  rounds client
}

@test "embedded: its server is killed" {
  prepare
  rounds server
}

@test "networked: init is killed" {
  start_server server --attempts 0
  prepare
  chown -R 0:0 "$SERVER_DATA"
  rounds client network
}

# Every step that changes a file or speaks to the server, one after the other.
@test "init is killed before each of its writes in turn" {
  local n options
  start_server server --attempts 0
  prepare
  chown -R 0:0 "$SERVER_DATA"
  for n in $(seq 12); do
    new_home "home$n"
    PROJECT=project-$n
    options=(--server "$SERVER_URL" --email "person-$n@example.com"
      --name 'A Person' --password-file "$HOME/password")
    as_victim strace -qq -o /dev/null -e trace=renameat \
      -e "inject=renameat:signal=KILL:when=$n" \
      agentsecrets init "${options[@]}" >"$BATS_TEST_TMPDIR/killed.log" 2>&1 &&
      break
    nothing_broken
    [ ! -e "$AGENTSECRETS_HOME/account.json" ]
    init_and_use init "${options[@]}"
    unset AGENTSECRETS_PASSWORD_FILE
  done
  # account.pending, trust, token.json, config.json and account.json.
  [ "$n" = 6 ] || fail "init has $((n - 1)) writes"
}
