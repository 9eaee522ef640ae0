# shellcheck shell=bash
# ./dev check and ./dev test. Sourced by ./dev, which sets top.
# shellcheck disable=SC2154 # top

# A bats file with this in its first lines is about the binaries as they are
# shipped (memory, system calls, cost) and is not run with sanitizers.
product_only='^# product build only'
# With sanitizers only in ./dev torture: check has fifteen minutes.
long_asan='^# long with sanitizers'
# What measures time: nothing else may run meanwhile.
alone='^# runs alone'

# build_all BUILD FLAG...: the programs, the test programs and the test tools.
build_all() {
  configure_in "$@" && make_in "$1" all && make_in "$1" check-programs
}

# build_fuzz: every fuzz target with libFuzzer.
build_fuzz() {
  configure_in fuzz --enable-fuzzing CC=clang-14 CFLAGS='-O1 -g' &&
    make_in fuzz fuzz-programs
}

# fresh_install BUILD: install into a new directory that every user can read,
# so that tests may run the programs as somebody else. Sets `prefix`, which is
# the caller's.
fresh_install() {
  local dir
  dir=$(mktemp -d /tmp/tree.XXXXXX)
  trees+=("$dir")
  chmod 0755 "$dir"
  prefix=$dir/prefix
  tap_step "install $1" install_tree "$1" "$prefix"
}

remove_trees() {
  [ "${#trees[@]}" = 0 ] || rm -rf "${trees[@]}"
}

# test_environment: what a test finds in its environment.
test_environment() {
  export AGENTSECRETS_PREFIX=$prefix AGENTSECRETS_TOOLS=$top/build/$1
  export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
  export UBSAN_OPTIONS=print_stacktrace=1
  ASAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer-14 || :)
  export ASAN_SYMBOLIZER_PATH
}

check_programs() {
  make -C "build/$1" -s --no-print-directory print-check-programs
}

# unit_one BUILD PROGRAM: run where automake would, so that vectors are found.
unit_one() {
  tap_run "$1/$2" env -C "build/$1" srcdir="$top" top_srcdir="$top" \
    CMOCKA_MESSAGE_OUTPUT=TAP "./$2"
}

# unit_tests BUILD: every unit test program, corpus replay included.
unit_tests() {
  local program
  for program in $(check_programs "$1"); do
    tap_pool "$(nproc)" unit_one "$1" "$program"
  done
  wait
}

# bats_one BUILD FILE
bats_one() {
  (
    test_environment "$1"
    tap_run "$1/${2#tests/}" bats --tap "$2"
  )
}

# says FILE PATTERN: whether one of its first lines matches.
says() { head -n 15 "$1" | grep -qE "$2"; }

# bats_tests BUILD: the end-to-end tests, several files at once, and then those
# that run alone.
bats_tests() {
  local file later=()
  for file in tests/{e2e,hostile,model,bench}/*.bats; do
    [ -f "$file" ] || continue
    if [ "$1" = asan ] && says "$file" "$product_only|$long_asan"; then
      continue
    fi
    if says "$file" "$alone"; then
      later+=("$file")
      continue
    fi
    tap_pool $(($(nproc) + 1)) bats_one "$1" "$file"
  done
  wait
  for file in ${later[@]+"${later[@]}"}; do
    bats_one "$1" "$file"
  done
}

# lint_one FILE
lint_one() {
  (
    test_environment gcc
    tap_run "$1" "$1"
  )
}

lints() {
  local file
  for file in tests/lint/*.sh; do
    tap_pool "$(nproc)" lint_one "$file"
  done
  wait
}

# fuzz_one NAME SECONDS: start from the corpus in the tree and put nothing
# into it; what crashes stays in build/fuzz.
fuzz_one() {
  local found
  found=$(mktemp -d /tmp/agentsecrets-fuzz.XXXXXX)
  mkdir -p "tests/fuzz/corpus/$1"
  tap_step "fuzz $1, $2 s" env UBSAN_OPTIONS=print_stacktrace=1 \
    "build/fuzz/tests/fuzz/$1" -max_total_time="$2" -timeout=10 \
    -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/$1-" "$found" "tests/fuzz/corpus/$1" || :
  rm -rf "$found"
}

# fuzz_all SECONDS
fuzz_all() {
  local file
  for file in tests/fuzz/fuzz_*.c; do
    [ -f "$file" ] || continue
    tap_pool "$(nproc)" fuzz_one "$(basename "$file" .c)" "$1"
  done
  wait
}

check_start() {
  tap_start
  trees=("$tap_dir")
  trap remove_trees EXIT
}

check() {
  local prefix
  check_start
  if tap_step 'build gcc' build_all gcc && fresh_install gcc; then
    unit_tests gcc
    lints
    bats_tests gcc
  fi
  if tap_step 'build asan' build_all asan --enable-sanitizers &&
    fresh_install asan; then
    unit_tests asan
    bats_tests asan
  fi
  if tap_step 'build fuzz' build_fuzz; then
    fuzz_all 10
  fi
  tap_finish
}

# check_one NAME: the test of that name, whatever its kind.
check_one() {
  local prefix name=${1%.bats} found=no program
  check_start
  if ! tap_step 'build gcc' build_all gcc || ! fresh_install gcc; then
    tap_finish
    return
  fi
  for program in $(check_programs gcc); do
    case $program in
    "$name" | */"$name" | */"test_$name" | */"fuzz_$name")
      found=yes
      unit_one gcc "$program"
      ;;
    esac
  done
  if [ -f "tests/lint/$name.sh" ]; then
    found=yes
    lint_one "tests/lint/$name.sh"
  fi
  for program in tests/{e2e,hostile,model,bench}/"$name.bats"; do
    [ -f "$program" ] || continue
    found=yes
    bats_one gcc "$program"
  done
  [ "$found" = yes ] || die "no test is called '$1'"
  tap_finish
}
