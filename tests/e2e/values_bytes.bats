#!/usr/bin/env bats
# Values are opaque: what goes in by any way comes out byte for byte.
# long with sanitizers
# shellcheck disable=SC1003,SC2016
load lib
remember_passwords

setup_file() {
  fresh_home
  start_server
  new_account web --server "$SERVER_URL" --email ann@example.com \
    --name 'Ann Other' >&2
  mkdir "$BATS_FILE_TMPDIR/values"
  cd "$BATS_FILE_TMPDIR/values" || return
  printf '' >EMPTY
  printf ' ' >BLANK
  printf '\n' >NEWLINE
  printf '\n\n\n' >NEWLINES
  printf 'ends in one\n' >ENDS
  printf '\nbegins with one' >BEGINS
  printf 'a\nb\n\nc' >LINES
  printf 'a\r\nb\r\n' >CRLF
  printf '\r' >CR
  printf '  around  ' >AROUND
  printf '\ttab\t' >TABS
  printf '%s' '"double" '\''single'\'' `back`' >QUOTES
  printf '%s' '$HOME ${HOME} $(id) $$ \$x' >DOLLARS
  printf '%s' 'a\nb\\c\x41\' >BACKSLASHES
  printf '%s' '# no comment # =x= ; & | < > ! * ? [a] {b,c} ~' >MARKS
  printf 'K=V' >EQUALS
  printf '@/etc/passwd' >AT
  printf -- '-' >DASH
  printf -- '--help' >OPTION
  printf '\xff\xfe\x80\xc3\x28' >BYTES
  printf '\xef\xbb\xbfbom' >BOM
  printf 'ümläut ☃ 😀 \xc2\x85\xe2\x80\xa8' >UNICODE
  printf '\e[31mred\a\x01\x7f' >CONTROLS
  tr -d '\0' </dev/urandom | head -c 102400 >LARGE
  head -c 131065 /dev/zero | tr '\0' 'x' >MOST
  printf '%s\n' '-----BEGIN PRIVATE KEY-----' 'abc+/=' \
    '-----END PRIVATE KEY-----' >PEM
}

teardown_file() { end_all; }

setup() {
  use_home one "$BATS_FILE_TMPDIR"
  VALUES=$BATS_FILE_TMPDIR/values
  COPY='import os, sys
for name, value in os.environb.items():
    if os.path.exists(os.path.join(sys.argv[1].encode(), name)):
        open(name, "wb").write(value)'
}

# assert_all_arrive [OPTION...]: env gives every value of the folder, exactly.
assert_all_arrive() {
  rm -rf "$BATS_TEST_TMPDIR/got"
  mkdir "$BATS_TEST_TMPDIR/got"
  agentsecrets env -p web "$@" --clean -- sh -c \
    'cd "$1" && exec /usr/bin/python3 -c "$2" "$3"' - \
    "$BATS_TEST_TMPDIR/got" "$COPY" "$VALUES"
  diff -r "$VALUES" "$BATS_TEST_TMPDIR/got"
}

@test "from files: set, env, get, pull on another machine" {
  local operands=() name
  for name in "$VALUES"/*; do
    operands+=("${name##*/}=@$name")
  done
  agentsecrets set -e development "${operands[@]}"
  assert_all_arrive
  assert_all_arrive --fresh
  for name in "$VALUES"/*; do
    agentsecrets get "${name##*/}" | cmp - "$name"
  done
  own_copy
  rm "$AGENTSECRETS_HOME"/vault/*.development
  agentsecrets pull
  assert_all_arrive
}

@test "from standard input, byte for byte" {
  local name
  for name in EMPTY NEWLINES ENDS CRLF BYTES LARGE MOST; do
    agentsecrets set -e staging "$name=-" <"$VALUES/$name"
  done
  for name in EMPTY NEWLINES ENDS CRLF BYTES LARGE MOST; do
    agentsecrets get -e staging "$name" | cmp - "$VALUES/$name"
  done
}

@test "from operands" {
  local name operands=()
  for name in EMPTY BLANK NEWLINE ENDS LINES CRLF AROUND QUOTES DOLLARS \
    BACKSLASHES MARKS EQUALS BYTES UNICODE CONTROLS PEM; do
    IFS= read -rd '' value <"$VALUES/$name" || :
    operands+=("$name=$value")
  done
  agentsecrets set -e staging "${operands[@]}"
  for name in EMPTY BLANK NEWLINE ENDS LINES CRLF AROUND QUOTES DOLLARS \
    BACKSLASHES MARKS EQUALS BYTES UNICODE CONTROLS PEM; do
    agentsecrets get -e staging "$name" | cmp - "$VALUES/$name"
  done
}

@test "through a .env file: pull --to, push, env" {
  local name refused=(BYTES DOLLARS LARGE QUOTES)
  own_copy
  # Not the same for every reader of such a file: named, and nothing written.
  run -1 agentsecrets pull --to "$BATS_TEST_TMPDIR/file.env"
  assert_one_error "'BYTES' and 3 more \(DOLLARS, LARGE, QUOTES\) cannot be"
  [ ! -e "$BATS_TEST_TMPDIR/file.env" ]
  agentsecrets delete "${refused[@]}"
  agentsecrets pull --to "$BATS_TEST_TMPDIR/file.env"
  mkdir "$BATS_TEST_TMPDIR/work"
  cd "$BATS_TEST_TMPDIR/work" || return
  agentsecrets project create "again" >&2
  agentsecrets push "$BATS_TEST_TMPDIR/file.env"
  for name in "$VALUES"/*; do
    [[ " ${refused[*]} " == *" ${name##*/} "* ]] ||
      agentsecrets get "${name##*/}" | cmp - "$name"
  done
  agentsecrets pull --to "$BATS_TEST_TMPDIR/second.env"
  cmp "$BATS_TEST_TMPDIR/file.env" "$BATS_TEST_TMPDIR/second.env"
}

@test "a value with a NUL is refused where it comes in" {
  printf 'a\0b' >"$BATS_TEST_TMPDIR/nul"
  run -1 agentsecrets set -e staging NUL=@"$BATS_TEST_TMPDIR/nul"
  assert_one_error "'NUL' holds a NUL byte"
  run -1 agentsecrets set -e staging NUL=- <"$BATS_TEST_TMPDIR/nul"
  run -1 agentsecrets get -e staging NUL
}

@test "a value that no environment takes is refused where it comes in" {
  head -c 131072 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/large"
  run agentsecrets set -e staging TOO_LARGE=@"$BATS_TEST_TMPDIR/large"
  [ "$status" != 0 ]
  assert_one_error 'TOO_LARGE'
}
