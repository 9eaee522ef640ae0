# shellcheck shell=bash
# ./dev bench: a table for people. Sourced by ./dev.
# shellcheck disable=SC2034,SC2154 # top, trees, prefix: shared with the others

# In a subshell: the library is made for bats.
bench_in() {
  BATS_TEST_TMPDIR=$1
  BATS_TEST_NUMBER=1
  bats_require_minimum_version() { :; }
  test_environment gcc
  # shellcheck source=tests/e2e/lib.bash
  . "$top/tests/e2e/lib.bash"
  # shellcheck source=tests/bench/warm.bash
  . "$top/tests/bench/warm.bash"
  warm_home >/dev/null
  bench_launch
  warm_end
  bench_sync
}

# dotenvx of npm, where npm can have it; prints the script to run with node.
bench_dotenvx() {
  local folder=$BATS_TEST_TMPDIR/npm
  command -v npm >/dev/null || return 1
  mkdir -p "$folder" && (cd "$folder" && HOME=$folder npm install --silent \
    --no-audit --no-fund @dotenvx/dotenvx >/dev/null 2>&1) || return 1
  chmod -R a+rX "$folder"
  printf '%s\n' "$folder/node_modules/@dotenvx/dotenvx/src/cli/dotenvx.js"
}

bench_launch() {
  local others=() script
  if command -v envdir >/dev/null; then
    mkdir "$WORK/envdir"
    while IFS='=' read -r name value; do
      printf '%s\n' "$value" >"$WORK/envdir/$name"
    done <"$WORK/secrets.env"
    chmod -R a+rX "$WORK/envdir"
    others+=(::: "$(command -v envdir)" "$WORK/envdir" /usr/bin/true)
  fi
  if script=$(bench_dotenvx); then
    others+=(::: "$(command -v node)" "$script" run --quiet
      -f "$WORK/secrets.env" -- /usr/bin/true)
  else
    say 'bench: npm cannot have dotenvx here; left out'
  fi
  {
    echo 'microseconds ratio KiB command'
    as_warm "$TOOLS/tests/bench/launch_ratio" -n 200 ::: /usr/bin/true \
      ::: /usr/bin/env FOO=bar /usr/bin/true \
      ::: "$PREFIX/bin/agentsecrets" env -- /usr/bin/true "${others[@]}"
  } | sed "s,$PREFIX/,,; s,$BATS_TEST_TMPDIR/[^ ]*/,,g" |
    awk '{ command = $0; sub(/^[^ ]* [^ ]* [^ ]* /, "", command)
           printf "%12s %8s %8s  %s\n", $1, $2, $3, command }'
}

# seconds COMMAND...: what it took.
seconds() {
  local began
  began=$(date +%s.%N)
  "$@" >/dev/null
  awk -v a="$began" -v b="$(date +%s.%N)" 'BEGIN { printf "%.2f", b - a }'
}

bench_sync() {
  fresh_home many
  start_server many-server
  new_account many --server "$SERVER_URL" --email many@example.com \
    --name 'Many Secrets' >/dev/null
  for n in $(seq 10000); do
    printf 'NAME_%d=%064d\n' "$n" "$n"
  done >many.env
  printf '%12s  %s\n' \
    "$(seconds agentsecrets push many.env) s" 'push of 10,000 secrets' \
    "$(seconds agentsecrets pull) s" 'pull of 10,000 secrets'
  end_all
}

bench() {
  local prefix folder
  need ask daemontools
  [ "$(id -u)" = 0 ] || die 'bench runs the launcher as a user of its own: be root'
  check_start
  if ! tap_step 'build gcc' build_all gcc || ! fresh_install gcc; then
    return 1
  fi
  folder=$(mktemp -d /tmp/agentsecrets-bench.XXXXXX)
  trees+=("$folder")
  (bench_in "$folder")
}
