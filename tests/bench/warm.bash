# shellcheck shell=bash
# A home whose next launch is warm: 20 secrets in the vault, the workspace key
# in the session cache of a user of its own. Needs tests/e2e/lib.bash.

# warm_home: sets WARM_UID and makes as_warm run in it.
warm_home() {
  local n
  fresh_home
  set_settings '{"session_cache": 3600}'
  WARM_UID=$(other_uid)
  random_canary "$HOME/password" 24
  for n in $(seq 20); do
    random_canary "$HOME/value" 64
    printf 'SECRET_%d=%s\n' "$n" "$(<"$HOME/value")"
  done >"$WORK/secrets.env"
  give_to "$WARM_UID"
  export AGENTSECRETS_PASSWORD_FILE=$HOME/password
  as_warm agentsecrets init --project warm &&
    as_warm agentsecrets push "$WORK/secrets.env" &&
    as_warm agentsecrets unlock
}

as_warm() { as_user "$WARM_UID" "$@"; }

# cold: the same home with the session cache dropped.
warm_end() { as_warm agentsecrets lock; }
