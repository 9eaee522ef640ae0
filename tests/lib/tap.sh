# shellcheck shell=bash
# Running tests that speak TAP, and counting. Sourced by ./dev.

# tap_start: an empty directory for the results of this run.
tap_start() {
  tap_dir=$(mktemp -d /tmp/agentsecrets-tap.XXXXXX)
}

# tap_count FILE STATUS: print "passed failed skipped" of one TAP output.
# A run whose plan is not kept, or that dies with no failed test to show for
# it, has one failure more than it says. cmocka prints a plan for each group
# and "not ok # SKIP" for a skipped test.
tap_count() {
  awk -v status="$2" '
    /^1\.\.[0-9]+/ { plan += substr($1, 4); next }
    /^(not )?ok [0-9].*# [Ss][Kk][Ii][Pp]/ { skipped++; next }
    /^ok [0-9]/ { passed++; next }
    /^not ok [0-9]/ { failed++ }
    END {
      if (!plan || plan != passed + failed + skipped || (status && !failed))
        failed++
      print passed + 0, failed + 0, skipped + 0
    }' "$1"
}

# tap_report NAME LOG STATUS BEGAN: count one finished run and tell it: a line
# where all is well, its whole output where not. Safe to call several at once.
tap_report() {
  local name=$1 log=$2 status=$3 began=$4 passed failed skipped
  read -r passed failed skipped < <(tap_count "$log" "$status")
  printf '%d %d %d\n' "$passed" "$failed" "$skipped" >"$log.count"
  {
    flock 9
    if [ "$failed" -gt 0 ]; then
      printf 'FAILED %s (status %d)\n' "$name" "$status"
      sed 's/^/    /' "$log"
    else
      printf 'ok %s: %d passed' "$name" "$passed"
      [ "$skipped" = 0 ] || printf ', %d skipped' "$skipped"
      printf ' (%d s)\n' $((SECONDS - began))
      # What was skipped, and what was measured against a budget.
      grep -iE '^(not )?ok .*# skip|\(budget ' "$log" | sed 's/^/    /' || :
    fi
  } 9>"$tap_dir/lock"
}

# tap_run NAME COMMAND...: run one source of TAP.
tap_run() {
  local name=$1 log status=0 began=$SECONDS
  shift
  log=$tap_dir/${name//\//_}.log
  timeout --foreground --kill-after=10 "${TAP_SECONDS:-900}" "$@" >"$log" 2>&1 </dev/null ||
    status=$?
  tap_report "$name" "$log" "$status" "$began"
}

# tap_step NAME COMMAND...: a command or function that is one test of its own.
# Fails where that fails.
tap_step() {
  local name=$1 log status=0 began=$SECONDS
  shift
  log=$tap_dir/${name//\//_}.log
  ("$@") >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" = 0 ]; then
    printf '1..1\nok 1 - %s\n' "$name" >>"$log"
  else
    printf '1..1\nnot ok 1 - %s\n' "$name" >>"$log"
  fi
  tap_report "$name" "$log" "$status" "$began"
  return "$status"
}

# tap_pool LIMIT COMMAND...: start in the background, at most LIMIT at once.
# `wait` afterwards.
tap_pool() {
  local limit=$1
  shift
  while [ "$(jobs -rp | wc -l)" -ge "$limit" ]; do
    wait -n || :
  done
  "$@" &
}

# tap_finish: the closing line. Fails where a test failed or none ran.
tap_finish() {
  local passed failed skipped
  read -r passed failed skipped < <(cat "$tap_dir"/*.count 2>/dev/null |
    awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }')
  rm -rf "$tap_dir"
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}
