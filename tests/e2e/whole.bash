# shellcheck shell=bash
# Commands that are cut off, and what is there afterwards: everywhere the old
# state or the new one, and the same command once more brings the new one.
# Needs lib.bash and remember_passwords.
#
#	COMMAND=(agentsecrets ...) ENVIRONMENTS=(those that it may change)
#	scene; ...; keep_scene     where every try begins
#	old_and_new
#	killed_at_each client|helper|server, on_each_disk, ...
#
# Everything lies below $ONE: the home, the working directory and, where the
# server is not the embedded one, its data.

# At one of so many calls a file kills in check, beginning with the FIRST.
: "${EVERY_CALL:=7}" "${FIRST_CALL:=3}"

# scene [INIT-OPTION...]: storage mode 2; something in two environments.
scene() {
  fresh_home one
  ONE=$BATS_TEST_TMPDIR/one
  KEPT=$BATS_TEST_TMPDIR/kept
  export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/run
  mkdir -p "$XDG_RUNTIME_DIR"
  chmod 0700 "$XDG_RUNTIME_DIR"
  new_account web --storage-mode 2 "$@"
  agentsecrets set -q A=1 B=1 GONE=1
  agentsecrets set -q A=2
  agentsecrets set -q -e staging A=s S=s
  ENVIRONMENTS=(development)
  PART=0
}

keep_scene() {
  rm -rf "$KEPT"
  cp -a "$ONE" "$KEPT"
}

# again: everything is as it was kept.
again() {
  cd /
  rm -rf "$ONE"
  cp -a "$KEPT" "$ONE"
  cd "$WORK" || return
}

# moved_there COMMAND...: what it does is done at the server, and neither this
# vault nor this file know of it: as if another machine had done it.
moved_there() {
  local aside=$BATS_TEST_TMPDIR/aside
  mkdir "$aside"
  cp -a "$AGENTSECRETS_HOME/vault" "$aside/vault"
  cp -a "$WORK" "$aside/work"
  "$@"
  rm -rf "$AGENTSECRETS_HOME/vault"
  cp -a "$aside/vault" "$AGENTSECRETS_HOME/vault"
  cp -a "$aside/work/." "$WORK"
  rm -rf "$aside"
}

values() { agentsecrets env -q "$@" --clean=PATH -- env | grep '=' | grep -v '^PATH\|^AGENTSECRETS_' | sort; }

# server_has ENVIRONMENT: as a home sees it that knows nothing yet.
server_has() {
  local home=$BATS_TEST_TMPDIR/witness
  rm -rf "$home"
  cp -a "$AGENTSECRETS_HOME" "$home"
  rm -rf "$home/vault"
  AGENTSECRETS_HOME=$home AGENTSECRETS_STORAGE_MODE=1 \
    values --fresh -e "$1" || echo "status $?"
}

# here_has ENVIRONMENT: the vault, and the file.
vault_has() {
  [ ! -e "$(echo "$AGENTSECRETS_HOME"/vault/*."$1")" ] || values -e "$1"
}
file_has() { cat "$WORK/.env.$1" 2>/dev/null || :; }

# snapshot FOLDER: what is where.
snapshot() {
  local place environment
  mkdir -p "$1"
  for environment in "${ENVIRONMENTS[@]}"; do
    for place in server vault file; do
      "${place}_has" "$environment" >"$1/$place.$environment"
    done
  done
}

# old_and_new: what the command is to do, which is done here once, after
# keep_scene.
old_and_new() {
  OLD=$BATS_TEST_TMPDIR/old NEW=$BATS_TEST_TMPDIR/new
  rm -rf "$OLD" "$NEW"
  snapshot "$OLD"
  "${COMMAND[@]}" >"$BATS_TEST_TMPDIR/said" 2>&1 ||
    fail 'not even undisturbed:' "$(cat "$BATS_TEST_TMPDIR/said")"
  snapshot "$NEW"
  ! diff -r "$OLD" "$NEW" >/dev/null || fail 'it changes nothing'
}

# is_between OLD NEW: every line of standard input is of one of the two files,
# for a whole number of parts of them.
is_between() {
  python3 /dev/fd/3 "$1" "$2" "$PART" 3<<'PYTHON'
import sys

def read(file):
    return dict(line.rstrip("\n").split("=", 1) for line in file)

old, new = (read(open(path)) for path in sys.argv[1:3])
now, part = read(sys.stdin), int(sys.argv[3])
changed = sorted(n for n in {*old, *new} if old.get(n) != new.get(n))
done = [n for n in changed if now.get(n) == new.get(n)]
left = [n for n in changed if now.get(n) == old.get(n)]
sys.exit(done + left != changed or len(done) % part != 0 and left != [] or
         any(now.get(n) != old.get(n) for n in {*old, *now} - {*changed}))
PYTHON
}

# is_whole: each place of each environment is as it was, or as it is to be; the
# vault may also have what the server had before, which some commands record
# before they write.
is_whole() {
  local now=$BATS_TEST_TMPDIR/now file
  rm -rf "$now"
  python3 "$BATS_TEST_DIRNAME/home_check.py" "$AGENTSECRETS_HOME" || return
  snapshot "$now"
  for file in "$now"/*; do
    cmp -s "$file" "$OLD/${file##*/}" || cmp -s "$file" "$NEW/${file##*/}" ||
      { [[ $file == */vault.* ]] &&
        cmp -s "$file" "$OLD/server.${file##*.}"; } ||
      { [ "$PART" != 0 ] && [[ $file != */file.* ]] &&
        is_between "$OLD/${file##*/}" "$NEW/${file##*/}" <"$file"; } ||
      fail "${file##*/} is neither the old nor the new, but:" \
        "$(cat "$file")" || return
  done
}

# is_done: everything is as it is to be, and nothing is to be done.
is_done() {
  local now=$BATS_TEST_TMPDIR/now
  rm -rf "$now"
  snapshot "$now"
  diff -r "$NEW" "$now" >&2 || fail 'not as it should be in the end' || return
  # In the home it is ciphertext, which the next write of that file takes over.
  [ -z "$(find "$WORK" -name '*.tmp')" ] ||
    fail 'what a killed writer left is still there:' \
      "$(find "$WORK" -name '*.tmp')"
}

# comes_through STATUS: after it was cut off, or not, with that status.
comes_through() {
  if [ "$1" != 0 ]; then
    is_whole || return
    "${COMMAND[@]}" >"$BATS_TEST_TMPDIR/said" 2>&1 ||
      fail 'not the next time:' "$(cat "$BATS_TEST_TMPDIR/said")" || return
  fi
  is_done
}

# killing_tree FLAGS CALLS: the programs, of which the network helper, or with
# -f the server that it starts, is killed before the N-th of these calls; sets
# TREE. The server wants to be started by nobody else.
killing_tree() {
  local program=libexec/agentsecrets/agentsecrets-net
  TREE=$BATS_TEST_TMPDIR/tree
  rm -rf "$TREE"
  mkdir "$TREE"
  cp -a "$PREFIX/bin" "$PREFIX/libexec" "$TREE/"
  mv "$TREE/$program" "$TREE/$program.real"
  cat >"$TREE/$program" <<SH
#!/bin/bash
read -r n <"$TREE/n"
exec /usr/bin/strace $1 -qq -o /dev/null -e "trace=$2" \\
  -e "inject=$2:signal=KILL:when=\$n" "$TREE/$program.real" "\$@"
SH
  chmod 0755 "$TREE/$program"
}

# run_killed_at WHO N: the command, one of whose programs is killed.
run_killed_at() {
  case $1 in
  client)
    strace -qq -o "$BATS_TEST_TMPDIR/trace" \
      -e trace=sendto,renameat,unlinkat,mkdirat \
      -e "inject=sendto,renameat,unlinkat,mkdirat:signal=KILL:when=$2" \
      "${COMMAND[@]}"
    ;;
  *)
    echo "$2" >"$TREE/n"
    "$TREE/bin/${COMMAND[0]}" "${COMMAND[@]:1}"
    ;;
  esac
}

# killed_at_each WHO LEAST: until it gets through, which it does not before
# so many calls.
killed_at_each() {
  local n ended first=$(((FIRST_CALL - 1) % EVERY_CALL + 1)) rounds=0
  case $1 in
  helper) killing_tree '' sendto ;;
  server) killing_tree -f pwrite64,fdatasync,sendmsg ;;
  esac
  for ((n = first; n < 120; n += EVERY_CALL)); do
    again
    ended=0
    run_killed_at "$1" "$n" >"$BATS_TEST_TMPDIR/killed.log" 2>&1 || ended=$?
    [ "$1:$ended" != client:137 ] || ended=killed
    comes_through "$ended" || fail "the $1, killed at call $n:" \
      "$(cat "$BATS_TEST_TMPDIR/killed.log")" || return
    [ "$ended" != 0 ] || break
    rounds=$((rounds + 1))
  done
  echo "# ${COMMAND[*]}: the $1 killed $rounds times, of $n calls" >&3
  [ "$ended" = 0 ] && [ "$n" -ge "$2" ]
}
