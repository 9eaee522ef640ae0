# shellcheck shell=bash
# ./dev torture: what takes too long for ./dev check. Sourced by ./dev after
# check.sh.
# shellcheck disable=SC2034,SC2154 # top, prefix: shared with the others

# Every bats file that repeats something reads ROUNDS.
torture_kill() {
  fresh_install gcc
  export ROUNDS=200 TAP_SECONDS=5400
  local file
  for file in tests/e2e/*.bats tests/hostile/*.bats; do
    grep -q '\bROUNDS\b' "$file" || continue
    tap_pool "$(nproc)" bats_one gcc "$file"
  done
  wait
  unset ROUNDS TAP_SECONDS
}

# What check runs without sanitizers only, for want of time.
torture_asan() {
  local file
  tap_step 'build asan' build_all asan --enable-sanitizers &&
    fresh_install asan || return 0
  for file in tests/e2e/*.bats tests/hostile/*.bats; do
    ! says "$file" "$long_asan" || tap_pool "$(nproc)" bats_one asan "$file"
  done
  wait
}

torture_fuzz() {
  tap_step 'build fuzz' build_fuzz && fuzz_all 60
}

torture_clang() {
  tap_step 'build clang' build_all clang CC=clang-14 && unit_tests clang
}

# repro_build DIR: the tree of the last commit, built in a folder of that name.
repro_build() {
  mkdir -p "$1" && git archive HEAD | tar -x -C "$1" &&
    (cd "$1" && autoreconf -fi && mkdir b && cd b && ../configure -q &&
      make -s ARFLAGS=cr -j"$(nproc)" && make -s install DESTDIR="$1/d")
}

# repro_compare FOLDER
repro_compare() {
  repro_build "$1/one" && repro_build "$1/another-name" &&
    diff -r "$1/one/d" "$1/another-name/d"
}

# distcheck FOLDER
distcheck() {
  mkdir "$1/dist" && git archive HEAD | tar -x -C "$1/dist" &&
    (cd "$1/dist" && autoreconf -fi && ./configure -q && make -s distcheck)
}

torture_repro() {
  local folder
  folder=$(mktemp -d /tmp/agentsecrets-repro.XXXXXX)
  trees+=("$folder")
  tap_step 'two builds in two places are the same' repro_compare "$folder" || :
  tap_step 'make distcheck' distcheck "$folder" || :
}

# A million random steps against the model.
torture_model() {
  fresh_install gcc
  export MODEL_STEPS=1000000 TAP_SECONDS=14400
  export MODEL_SEED=${MODEL_SEED-$SRANDOM}
  bats_one gcc tests/model/model.bats
  unset MODEL_STEPS MODEL_SEED TAP_SECONDS
}

# Many clients at one server, and everything that was acknowledged is there.
torture_load() {
  fresh_install gcc
  export CLIENTS=16 WRITES=25
  bats_one gcc tests/e2e/load.bats
  unset CLIENTS WRITES
}

# What is written into .env files, read by others.
torture_dotenv() {
  fresh_install gcc
  export DOTENV_VALUES=240000 DOTENV_SEED=${DOTENV_SEED-$SRANDOM}
  bats_one gcc tests/e2e/dotenv.bats
  unset DOTENV_VALUES DOTENV_SEED
}

in_root() {
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb CI=true \
    chroot "$fresh" "$@"
}

# fresh_system: Debian 12 with nothing but git and apt, in the folder `fresh`.
fresh_system() {
  local file
  need yes debootstrap &&
    debootstrap --variant=minbase --include=git,ca-certificates bookworm \
      "$fresh" || return
  # The same places to get packages from as here.
  for file in /etc/apt/sources.list /etc/apt/sources.list.d \
    /etc/apt/apt.conf.d /etc/apt/keyrings /etc/apt/trusted.gpg.d \
    /etc/apt/preferences.d; do
    [ ! -e "$file" ] || cp -r "$file" "$fresh/etc/apt/"
  done
  cp /etc/resolv.conf /etc/hosts "$fresh/etc/" || :
  # Its root is a mount point, as that of a machine is.
  mount --bind "$fresh" "$fresh" && mount -t proc proc "$fresh/proc" &&
    mount --rbind /dev "$fresh/dev" &&
    mount --make-rslave "$fresh/dev" || return
  git clone -q "$top" "$fresh/srv/agentsecrets"
}

fresh_end() {
  umount -l "$fresh/dev" "$fresh/proc" "$fresh" 2>/dev/null || :
  # Never through a mount that stayed.
  rm -rf --one-file-system "$fresh"
}

fresh_check() {
  in_root bash -c 'cd /srv/agentsecrets && ./dev check' | tee "$fresh/srv/log"
  tail -n 1 "$fresh/srv/log" | grep -qE '^[0-9]+ passed, 0 failed, 0 skipped$'
}

torture_fresh() {
  [ "$(id -u)" = 0 ] || die 'a fresh system needs root'
  fresh=$(mktemp -d /tmp/agentsecrets-fresh.XXXXXX)
  trap 'fresh_end; remove_trees' EXIT
  chmod 0755 "$fresh"
  if tap_step 'debootstrap' fresh_system; then
    tap_step 'demo on a fresh Debian 12, under five minutes' timeout 300 \
      env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb \
      chroot "$fresh" bash -c 'cd /srv/agentsecrets && ./dev demo' || :
    tap_step 'check on a fresh Debian 12, nothing skipped' fresh_check || :
  fi
  fresh_end
}

torture() {
  local prefix name names=("$@")
  [ $# -gt 0 ] || names=(clang asan kill load model dotenv fuzz repro fresh)
  for name in "${names[@]}"; do
    [ "$(type -t "torture_$name")" = function ] || die "no torture '$name'"
  done
  check_start
  tap_step 'build gcc' build_all gcc || :
  for name in "${names[@]}"; do
    "torture_$name"
  done
  tap_finish
}
