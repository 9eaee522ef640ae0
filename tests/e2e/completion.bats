#!/usr/bin/env bats
# The installed bash completion, driven as readline drives it: COMP_LINE is
# what was typed, COMP_WORDS what readline made of it.
# product build only
load lib

setup() {
  fresh_home
  script=$PREFIX/share/bash-completion/completions/agentsecrets
  program=agentsecrets
}
teardown() { end_all; }

# typed LINE PIECE...: the candidates, one a line; "[files]" where readline is
# to offer the names of files. HANDED_OVER says that bash-completion is loaded.
typed() {
  run bash --norc -c '
    . "$1"
    program=$2
    COMP_LINE=$3
    shift 3
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    COMP_POINT=${#COMP_LINE}
    compopt() { [ "$*" != "-o default" ] || echo "[files]"; }
    if [ -n "$HANDED_OVER" ]; then
      _command_offset() { echo "[command at $1]"; }
    fi
    _agentsecrets "$program"
    [ ${#COMPREPLY[@]} = 0 ] || printf "%s\n" "${COMPREPLY[@]}"
  ' bash "$script" "$program" "$@"
  assert_status 0
}

# offers CANDIDATE...: exactly these, in any order.
offers() {
  [ "$(printf '%s\n' "${lines[@]}" | sort)" = "$(printf '%s\n' "$@" | sort)" ] ||
    fail "offered is not '$*':" "$output"
}

offers_nothing() {
  [ -z "$output" ] || fail 'offered:' "$output"
}

with_secrets() {
  new_account web
  agentsecrets set -q ALPHA=1 ALSO=2 BETA=3
  agentsecrets set -q -e staging STAGED=1
}

@test "it registers for the command" {
  run bash --norc -c '. "$1"; complete -p agentsecrets' bash "$script"
  assert_status 0
  assert_line 'complete -F _agentsecrets agentsecrets'
}

@test "commands, short forms and groups, each once" {
  typed 'agentsecrets se' agentsecrets se
  offers secrets server set
  typed 'agentsecrets ' agentsecrets ''
  for word in init env run set secrets project --help --version; do
    assert_line "$word"
  done
  [ "$(printf '%s\n' "${lines[@]}" | sort | uniq -d)" = '' ]
}

@test "the commands of a group" {
  typed 'agentsecrets project ' agentsecrets project ''
  offers create delete list pin update use --help
  typed 'agentsecrets key e' agentsecrets key e
  offers export
  typed 'agentsecrets nonsense ' agentsecrets nonsense ''
  offers_nothing
}

@test "options, long and short" {
  typed 'agentsecrets trust -' agentsecrets trust -
  offers --remove --json -q --quiet -h --help
  typed 'agentsecrets secrets pull --t' agentsecrets secrets pull --t
  offers --to --theirs
  typed 'agentsecrets push -q --forc' agentsecrets push -q --forc
  offers --force
  typed 'agentsecrets get -- -' agentsecrets get -- -
  offers_nothing
}

@test "environments, in every way to give one" {
  typed 'agentsecrets list -e ' agentsecrets list -e ''
  offers development staging production
  typed 'agentsecrets env --environment pr' agentsecrets env --environment pr
  offers production
  typed 'agentsecrets env -qe st' agentsecrets env -qe st
  offers staging
  typed 'agentsecrets env --environment=pr' agentsecrets env --environment = pr
  offers production
  typed 'agentsecrets env --environment=' agentsecrets env --environment =
  offers development staging production
}

@test "commands about environments" {
  with_secrets
  typed 'agentsecrets environment ' agentsecrets environment ''
  offers clean copy list merge switch --help
  typed 'agentsecrets environment switch p' agentsecrets environment switch p
  offers production
  typed 'agentsecrets environment clean ' agentsecrets environment clean ''
  offers development staging production
  typed 'agentsecrets environment copy st' agentsecrets environment copy st
  offers staging
  typed 'agentsecrets environment merge staging d' agentsecrets environment merge staging d
  offers development
  # The names are those of the environment that they come from.
  typed 'agentsecrets environment copy staging production ' agentsecrets environment copy staging production ''
  offers STAGED
  typed 'agentsecrets environment merge development staging BETA A' agentsecrets environment merge development staging BETA A
  offers ALPHA ALSO
  typed 'agentsecrets diff --from ' agentsecrets diff --from ''
  offers development staging production
  typed 'agentsecrets diff --to=s' agentsecrets diff --to = s
  offers staging
}

@test "names of secrets" {
  with_secrets
  typed 'agentsecrets get AL' agentsecrets get AL
  offers ALPHA ALSO
  typed 'agentsecrets delete ALPHA ' agentsecrets delete ALPHA ''
  offers ALPHA ALSO BETA
  typed 'agentsecrets get ALPHA ' agentsecrets get ALPHA ''
  offers_nothing
  typed 'agentsecrets get -e staging ' agentsecrets get -e staging ''
  offers STAGED
  typed 'agentsecrets env --only B' agentsecrets env --only B
  offers BETA
  typed 'agentsecrets env --only BETA,AL' agentsecrets env --only BETA,AL
  offers BETA,ALPHA BETA,ALSO
  typed 'agentsecrets env --except=BETA,AL' agentsecrets env --except = BETA,AL
  offers BETA,ALPHA BETA,ALSO
  typed 'agentsecrets env --map NEW=AL' agentsecrets env --map NEW = AL
  offers ALPHA ALSO
}

@test "a project's name that a shell would run is not offered" {
  with_secrets
  mkdir -p "$WORK/clone/.agentsecrets"
  # shellcheck disable=SC2016 # for no shell
  sed -e 's|"project_name": "[^"]*"|"project_name": "w$(date)"|' \
    -e 's|"project_id": "[^"]*"|"project_id": "11111111-2222-4333-8444-555555555555"|' \
    .agentsecrets/project.json >"$WORK/clone/.agentsecrets/project.json"
  cd "$WORK/clone"
  agentsecrets trust
  typed 'agentsecrets get -p w' agentsecrets get -p w
  offers web
}

@test "a command that is also the first word of another one" {
  with_secrets
  typed 'agentsecrets trust ' agentsecrets trust ''
  offers accept-rollback
  typed 'agentsecrets trust accept-rollback --' agentsecrets trust accept-rollback --
  offers --environment --help --json --ours --password-file --quiet --theirs --yes
  typed 'agentsecrets trust accept-rollback ' agentsecrets trust accept-rollback ''
  offers web
}

@test "names of projects that were used here" {
  with_secrets
  mkdir "$WORK/other"
  cd "$WORK/other"
  agentsecrets project create -q worker
  typed 'agentsecrets get -p w' agentsecrets get -p w
  offers web worker
  typed 'agentsecrets project use wo' agentsecrets project use wo
  offers worker
  typed 'agentsecrets project delete w' agentsecrets project delete w
  offers web worker
  typed 'agentsecrets project delete web ' agentsecrets project delete web ''
  offers_nothing
  typed 'agentsecrets project create ' agentsecrets project create ''
  offers_nothing
  typed 'agentsecrets init --project ' agentsecrets init --project ''
  offers_nothing
}

@test "the environment of the variable counts" {
  with_secrets
  AGENTSECRETS_ENV=staging typed 'agentsecrets get ' agentsecrets get ''
  offers STAGED
}

@test "nothing is asked, told or fetched where nothing is known" {
  typed 'agentsecrets get ' agentsecrets get ''
  offers_nothing
  with_secrets
  agentsecrets trust -q --remove
  typed 'agentsecrets get ' agentsecrets get ''
  offers_nothing
  [ ! -e "$AGENTSECRETS_HOME/audit.log" ]
}

@test "files" {
  typed 'agentsecrets push ' agentsecrets push ''
  offers '[files]'
  typed 'agentsecrets push .env ' agentsecrets push .env ''
  offers_nothing
  typed 'agentsecrets import ' agentsecrets import ''
  offers '[files]'
  typed 'agentsecrets export ' agentsecrets export ''
  offers '[files]'
  typed 'agentsecrets log export ' agentsecrets log export ''
  offers '[files]'
  typed 'agentsecrets export --format ' agentsecrets export --format ''
  offers dotenv json
  typed 'agentsecrets key import k' agentsecrets key import k
  offers '[files]'
  typed 'agentsecrets key export --out k' agentsecrets key export --out k
  offers '[files]'
  typed 'agentsecrets pull --to=k' agentsecrets pull --to = k
  offers '[files]'
  typed 'agentsecrets init --password-file ' agentsecrets init --password-file ''
  offers '[files]'
  touch part.a part.b
  typed 'agentsecrets set KEY=@pa' agentsecrets set KEY =@ pa
  offers @part.a @part.b
  typed 'agentsecrets set KEY=pa' agentsecrets set KEY = pa
  offers_nothing
}

@test "other values" {
  typed 'agentsecrets init --storage-mode ' agentsecrets init --storage-mode ''
  offers 1 2
  typed 'agentsecrets server set ' agentsecrets server set ''
  offers embedded
  typed 'agentsecrets init --email ' agentsecrets init --email ''
  offers_nothing
  typed 'agentsecrets list --bogus ' agentsecrets list --bogus ''
  offers_nothing
}

@test "the command of env is completed by its own completion" {
  export HANDED_OVER=1
  typed 'agentsecrets env gr' agentsecrets env gr
  offers '[command at 2]'
  typed 'agentsecrets env -e staging -- grep -r' \
    agentsecrets env -e staging -- grep -r
  offers '[command at 5]'
  typed 'agentsecrets env -e staging -- ' agentsecrets env -e staging -- ''
  offers '[command at 5]'
  typed 'agentsecrets run --only=A,B grep ' \
    agentsecrets run --only = A,B grep ''
  offers '[command at 5]'
  typed 'agentsecrets env grep -' agentsecrets env grep -
  offers '[command at 2]'
}

@test "without bash-completion it is a command, then files" {
  printf '#!/bin/sh\n' >"$WORK/unheard-of"
  chmod +x "$WORK/unheard-of"
  PATH=$WORK:$PATH typed 'agentsecrets env unheard' agentsecrets env unheard
  offers unheard-of
  typed 'agentsecrets env grep x' agentsecrets env grep x
  offers '[files]'
}

@test "no value of the line is handed on" {
  program=$WORK/recorder
  # The argument is the recorder's.
  # shellcheck disable=SC2016
  printf '#!/bin/sh\nprintf "%%s\\n" "$@" >%s/seen\n' "$WORK" >"$program"
  chmod +x "$program"
  typed 'agentsecrets set A=hunter2 B=' agentsecrets set A = hunter2 B =
  run cat "$WORK/seen"
  [ "$output" = $'__complete\nset\nA=\nB=' ] || fail "$output"
}
