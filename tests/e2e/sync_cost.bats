#!/usr/bin/env bats
# What a secret costs does not hang on how many there are, and the memory of
# launcher, helper and server has a limit.
# product build only
# runs alone
load lib
load team

setup() {
  needs_root
  start_server
  fresh_home
  # Without stretching, which costs more than all the rest.
  set_settings '{"session_cache": 3600}'
  PASSWORD_FILE=$HOME/password
  random_canary "$PASSWORD_FILE" 24
  MEMBER=$(other_uid)
  give_to "$MEMBER"
  chown -R 0:0 "$SERVER_DATA"
  as_member agentsecrets init --server "$SERVER_URL" --email alice@example.com \
    --name 'A L' --storage-mode 2 --password-file "$PASSWORD_FILE"
  as_member agentsecrets unlock --password-file "$PASSWORD_FILE"
}
teardown() { end_all; }

as_member() { as_user "$MEMBER" "$@"; }

# cost COMMAND...: sets CPU (microseconds of launcher, helper and server), and
# LAUNCHER, HELPER, SERVER (the most memory, in KiB).
cost() {
  python3 "$BATS_TEST_DIRNAME/../lib/cost.py" "$SERVER_PID" \
    setpriv --reuid="$MEMBER" --regid="$MEMBER" --clear-groups -- "$@" \
    >"$BATS_TEST_TMPDIR/cost" || fail "failed: $1 $2" || return
  read -r CPU LAUNCHER HELPER SERVER < <(tail -n 1 "$BATS_TEST_TMPDIR/cost")
}

# write_many FILE N: N names with values of 64 letters that nobody saw before;
# every other name is in lower case, and so has an entry in the map.
write_many() {
  head -c $((48 * $2)) /dev/urandom | base64 -w 64 |
    awk '{ printf "%s_%d=%s\n", NR % 2 ? "NAME" : "name", NR, $0 }' >"$1"
  chown "$MEMBER" "$1"
}

# measure N: COST[operation N] is the least of three, as others may disturb.
measure() {
  local args op
  as_member agentsecrets project create "p$1" >/dev/null
  for _ in 1 2 3; do
    write_many .env.development "$1"
    note push "$1" agentsecrets push -q
    write_many many.env "$1"
    mapfile -t args <many.env
    note set "$1" agentsecrets set -q "${args[@]}"
    rm "$AGENTSECRETS_HOME/vault"/* .env.development
    note pull "$1" agentsecrets pull -q
    write_many .env.development "$1"
    note diff "$1" agentsecrets diff
    note env "$1" agentsecrets env -- true
    note fresh "$1" agentsecrets env --fresh -- true
  done
}

note() {
  local key=$1.$2
  shift 2
  cost "$@" || return
  [ -n "${COST[$key]-}" ] && [ "${COST[$key]}" -le "$CPU" ] || COST[$key]=$CPU
}

@test "the cost of a secret is flat from 100 to 10,000" {
  local -A COST
  local n op bad=0
  for n in 1 100 1000 10000; do
    measure "$n"
  done
  for op in push set pull diff env fresh; do
    # Above what a command costs with one secret, in nanoseconds.
    awk -v op="$op" -v c1="${COST[$op.1]}" -v c100="${COST[$op.100]}" \
      -v c1000="${COST[$op.1000]}" -v c10000="${COST[$op.10000]}" 'BEGIN {
        small = (c1000 - c1) / 999
        large = (c10000 - c1) / 9999
        printf "# %s: %.1f ms with one; a secret: %.1f us of 100, " \
          "%.1f of 1000, %.1f of 10000\n", op, c1 / 1000, c100 / 100,
          c1000 / 1000, c10000 / 10000
        exit !(large <= 2 * small && c10000 / 10000 <= c100 / 100)
      }' >&3 || bad=1
  done
  [ "$bad" = 0 ]
}

@test "10,000 secrets and a password: launcher, helper and server stay small" {
  local op
  as_member agentsecrets project create large >/dev/null
  as_member agentsecrets lock
  set_settings '{"session_cache": 0}'
  export AGENTSECRETS_PASSWORD_FILE=$PASSWORD_FILE
  write_many .env.development 10000
  for op in 'push -q' 'pull -q --force' 'diff' 'env -- true' \
    'env --fresh -- true' 'import -q many.env' 'delete'; do
    write_many many.env 10000
    if [ "$op" = delete ]; then
      mapfile -t names < <(as_member agentsecrets list)
      cost agentsecrets delete -q "${names[@]}"
    else
      # shellcheck disable=SC2086 # words
      cost agentsecrets $op
    fi
    echo "# $op: launcher $((LAUNCHER >> 10)) MiB, helper $((HELPER >> 10))," \
      "server $((SERVER >> 10))" >&3
    [ "$LAUNCHER" -lt $((96 << 10)) ]
    [ "$HELPER" -lt $((96 << 10)) ]
    [ "$SERVER" -lt $((96 << 10)) ]
  done
}
