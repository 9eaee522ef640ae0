#!/usr/bin/env bats
# The installed fish completion, in fish. What the program offers to any shell
# is tested with bash's.
# product build only
load lib

setup() {
  fresh_home
  unset "${!XDG_@}"
  export XDG_DATA_DIRS=$PREFIX/share:/usr/share
}
teardown() { end_all; }

# typed LINE: the candidates for its last word, one a line; fish says behind
# a tab what kind of thing a file or a command is.
typed() {
  # The argument is fish's.
  # shellcheck disable=SC2016
  run --separate-stderr fish -c 'complete -C $argv[1]' -- "$1"
  assert_status 0
  # shellcheck disable=SC2154
  [ -z "$stderr" ] || fail "$stderr"
  output=$(printf '%s\n' "${lines[@]%%$'\t'*}" | sort -u)
}

# offers CANDIDATE...: exactly these.
offers() {
  [ "$output" = "$(printf '%s\n' "$@" | sort -u)" ] ||
    fail "offered is not '$*':" "$output"
}

@test "commands and groups" {
  typed 'agentsecrets se'
  offers secrets server set
  typed 'agentsecrets key '
  offers export import --help
  typed 'agentsecrets nonsense '
  offers
}

@test "options and their values" {
  typed 'agentsecrets trust --'
  offers --remove --json --quiet --help
  typed 'agentsecrets list -e '
  offers development staging production
  typed 'agentsecrets env --environment=pr'
  offers --environment=production
  typed 'agentsecrets init --storage-mode '
  offers 1 2
}

@test "names of secrets and projects" {
  new_account web
  agentsecrets set -q ALPHA=1 ALSO=2 BETA=3
  agentsecrets set -q -e staging STAGED=1
  typed 'agentsecrets get AL'
  offers ALPHA ALSO
  typed 'agentsecrets delete -e staging '
  offers STAGED
  typed 'agentsecrets env --only BETA,AL'
  offers BETA,ALPHA BETA,ALSO
  typed 'agentsecrets env --map NEW=BE'
  offers NEW=BETA
  typed 'agentsecrets project use '
  offers web
}

@test "files" {
  touch part.a part.b
  typed 'agentsecrets push pa'
  offers part.a part.b
  typed 'agentsecrets pull --to=pa'
  offers --to=part.a --to=part.b
  typed 'agentsecrets set KEY=@pa'
  offers KEY=@part.a KEY=@part.b
  typed 'agentsecrets set KEY=pa'
  offers
}

@test "the command of env is completed by its own completion" {
  printf '#!/bin/sh\n' >"$WORK/unheard-of"
  chmod +x "$WORK/unheard-of"
  PATH=$WORK:$PATH typed 'agentsecrets env unheard'
  offers unheard-of
  typed 'agentsecrets env -e staging -- agentsecrets key ex'
  offers export
  typed 'agentsecrets run --only=A,B agentsecrets trust --rem'
  offers --remove
}

@test "no value of the line is handed on" {
  printf '#!/bin/sh\nprintf "%%s\\n" "$@" >%s/seen\n' "$WORK" \
    >"$WORK/agentsecrets"
  chmod +x "$WORK/agentsecrets"
  PATH=$WORK:$PATH typed 'agentsecrets set "A=hunter two" B='
  run cat "$WORK/seen"
  [ "$output" = $'__complete\nset\nA=\nB=' ] || fail "$output"
}
