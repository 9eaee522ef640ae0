#!/usr/bin/env bats
# What the command finds in its environment: one entry a name, ours, whoever
# reads it and however; and names in the case in which they were given.
# shellcheck disable=SC2016,SC2030,SC2031
load lib

setup_file() {
  fresh_home
  new_account >&2
  agentsecrets set KEY=ours SECOND=two >&2
}

setup() { use_home one "$BATS_FILE_TMPDIR"; }

# with_environment COMMAND...: exec with exactly the strings in STRINGS, where
# a shell would allow neither doubles nor strings without '='.
with_environment() {
  /usr/bin/python3 -c '
import ctypes, os, sys
strings = os.environb[b"STRINGS"].split(b"|")
strings.append(b"AGENTSECRETS_HOME=" + os.environb[b"AGENTSECRETS_HOME"])
strings.append(b"AGENTSECRETS_PASSWORD_FILE=" +
               os.environb[b"AGENTSECRETS_PASSWORD_FILE"])
def vector(items):
    return (ctypes.c_char_p * (len(items) + 1))(*items, None)
ctypes.CDLL(None).execve(os.fsencode(sys.argv[1]),
    vector([os.fsencode(item) for item in sys.argv[1:]]), vector(strings))
sys.exit("execve")' "$@"
}

# raw: the strings of the environment as the kernel has them, sorted.
raw='tr "\0" "\n" </proc/self/environ'

@test "doubles are one entry with our value, for every reader" {
  export STRINGS='KEY=first|PATH=/usr/bin:/bin|KEY=second|OTHER=1|KEY=third'
  run -0 with_environment "$PREFIX/bin/agentsecrets" env -- sh -c "$raw"
  [ "$(grep -c '^KEY=' <<<"$output")" = 1 ]
  assert_line KEY=ours
  for shell in 'sh -c' 'dash -c' 'bash -c'; do
    # shellcheck disable=SC2086
    run -0 with_environment "$PREFIX/bin/agentsecrets" env -- \
      $shell 'echo $KEY $SECOND $OTHER'
    [ "$output" = 'ours two 1' ]
  done
  run -0 with_environment "$PREFIX/bin/agentsecrets" env -- \
    /usr/bin/python3 -c 'import os; print(os.environ["KEY"])'
  [ "$output" = ours ]
  run -0 with_environment "$PREFIX/bin/agentsecrets" env -- printenv KEY
  [ "$output" = ours ]
  run -0 with_environment "$PREFIX/bin/agentsecrets" env -- \
    perl -e 'print $ENV{KEY}'
  [ "$output" = ours ]
}

@test "doubles that are no secret are one entry, too: the first, as getenv" {
  export STRINGS='OTHER=first|PATH=/usr/bin:/bin|OTHER=second'
  run -0 with_environment "$PREFIX/bin/agentsecrets" env -- sh -c "$raw"
  [ "$(grep '^OTHER=' <<<"$output")" = OTHER=first ]
  STRINGS='KEY=first|KEY=second|PATH=/usr/bin:/bin'
  run -0 with_environment "$PREFIX/bin/agentsecrets" env --preserve-env -- \
    sh -c "$raw"
  [ "$(grep '^KEY=' <<<"$output")" = KEY=first ]
}

@test "strings without '=' and other oddities pass" {
  export STRINGS=$'KEY|PATH=/usr/bin:/bin|nothing|=value|=|A-B=1|KEY_=x|KEYS=y|\xff=\xfe||x=y=z|KEY ='
  run -0 with_environment "$PREFIX/bin/agentsecrets" env -- /bin/cat \
    /proc/self/environ
  run -0 with_environment "$PREFIX/bin/agentsecrets" env -- /usr/bin/python3 -c '
import sys
strings = open("/proc/self/environ", "rb").read().split(b"\0")
wanted = b"KEY nothing =value = A-B=1 KEY_=x KEYS=y \xff=\xfe x=y=z KEY=ours"
missing = [s for s in wanted.split(b" ") + [b"", b"KEY ="] if s not in strings]
sys.exit(str(missing) if missing else 0)'
  [ -z "$output" ]
}

@test "an environment that is empty" {
  cd / || return
  run -0 env -i "$PREFIX/bin/agentsecrets" env --help
  run -125 env -i "$PREFIX/bin/agentsecrets" env -- /usr/bin/env
  assert_one_error 'HOME'
  cd "$WORK" || return
  run -0 env -i HOME="$HOME" "$PREFIX/bin/agentsecrets" env \
    --password-file "$HOME/password" -- /usr/bin/env
  [ "$output" = "AGENTSECRETS_ACTIVE=web/development
HOME=$HOME
KEY=ours
SECOND=two" ]
}

@test "the entries are sorted, so that two launches are the same" {
  run -0 agentsecrets env -- sh -c "$raw"
  [ "$(grep -aE '^[A-Za-z_0-9]*=' <<<"$output" | cut -d= -f1)" = \
    "$(grep -aE '^[A-Za-z_0-9]*=' <<<"$output" | cut -d= -f1 | LC_ALL=C sort)" ]
}

@test "a lower-case name comes back as it was given" {
  own_copy
  cp -r .agentsecrets "$BATS_TEST_TMPDIR"
  cd "$BATS_TEST_TMPDIR" || return
  agentsecrets trust >&2
  agentsecrets set db_password=low Mixed_Case=mixed >&2
  run -0 agentsecrets env -- sh -c \
    'echo "$db_password ${DB_PASSWORD-none} $Mixed_Case ${MIXED_CASE-none}"'
  [ "$output" = 'low none mixed none' ]
  run -0 agentsecrets env --dry-run -- true
  [ "$output" = $'KEY\nMixed_Case\nSECOND\ndb_password' ]
  # It can be chosen by either name, and mapped away by hand.
  run -0 agentsecrets env --only db_password --dry-run -- true
  [ "$output" = db_password ]
  run -0 agentsecrets env --only DB_PASSWORD --dry-run -- true
  [ "$output" = db_password ]
  run -0 agentsecrets env --map OTHER=DB_PASSWORD -- sh -c \
    'echo "$OTHER ${db_password-none}"'
  [ "$output" = 'low none' ]
  run -2 agentsecrets set db_password=a DB_PASSWORD=b
  assert_one_error
  # The mapping is part of what the directory means, and was kept trusted.
  run -0 agentsecrets get db_password
  [ "$output" = low ]
}

@test "a lower-case name in a .env file comes back, too" {
  own_copy
  mkdir "$BATS_TEST_TMPDIR/work"
  cd "$BATS_TEST_TMPDIR/work" || return
  agentsecrets project create lower >&2
  printf 'api_key=1\nPLAIN=2\n' >.env
  agentsecrets push .env >&2
  run -0 agentsecrets env -- sh -c 'echo $api_key $PLAIN ${API_KEY-none}'
  [ "$output" = '1 2 none' ]
}
