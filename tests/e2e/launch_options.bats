#!/usr/bin/env bats
# The options of env: which secrets, under which names, beside which inherited
# variables.
# shellcheck disable=SC2016
load lib
remember_passwords

setup_file() {
  fresh_home
  new_account >&2
  agentsecrets set ALPHA=a ALPHA_TWO=a2 BETA=b GAMMA=g >&2
  agentsecrets set -e staging ALPHA=staged >&2
  mkdir "$BATS_FILE_TMPDIR/empty"
  cd "$BATS_FILE_TMPDIR/empty" || return
  agentsecrets project create empty >&2
}

setup() { use_home one "$BATS_FILE_TMPDIR"; }

refused() { assert_nothing_started 125 "$@"; }

# names OPTION...: the names that a command would get, on one line.
names() {
  run -0 agentsecrets env --dry-run "$@" -- true
  NAMES=${lines[*]}
}

# assert_names EXPECTED OPTION...
assert_names() {
  local expected=$1
  shift
  names "$@"
  [ "$NAMES" = "$expected" ] || fail "the names are '$NAMES', not '$expected'"
}

@test "all of them, and --dry-run prints their names and starts nothing" {
  local log=$AGENTSECRETS_HOME/audit.log before
  before=$(wc -l <"$log" || echo 0)
  run -0 --separate-stderr agentsecrets env --dry-run -- \
    touch "$BATS_TEST_TMPDIR/started"
  [ "$output" = $'ALPHA\nALPHA_TWO\nBETA\nGAMMA' ]
  # shellcheck disable=SC2154
  [ -z "$stderr" ]
  [ ! -e "$BATS_TEST_TMPDIR/started" ]
  [ "$(wc -l <"$log" || echo 0)" = "$before" ]
}

@test "a dry run refuses what the launch would" {
  refused 'NOPE' env --dry-run --only NOPE --
  refused 'refused: PATH' env --dry-run --map PATH=ALPHA --
  run -127 agentsecrets env --dry-run -- no-such-command
}

@test "--only: names, lists, patterns, several" {
  assert_names 'BETA' --only BETA
  assert_names 'ALPHA GAMMA' --only GAMMA,ALPHA
  assert_names 'ALPHA GAMMA' --only GAMMA --only ALPHA
  assert_names 'ALPHA GAMMA' --only=GAMMA --only=ALPHA,GAMMA
  assert_names 'ALPHA ALPHA_TWO' --only 'ALPHA*'
  assert_names 'ALPHA_TWO' --only 'ALPHA?*'
  assert_names 'ALPHA BETA' --only '[AB]????,BETA'
  assert_names 'ALPHA ALPHA_TWO BETA GAMMA' --only '*'
  run -0 agentsecrets env --only BETA -- \
    sh -c 'echo "${ALPHA-none} $BETA ${GAMMA-none}"'
  [ "$output" = 'none b none' ]
}

@test "--only of what is missing: every name is said" {
  refused 'NOPE' env --only NOPE --
  refused 'NADA, NOPE$' env --only ALPHA,NOPE,NADA --
  refused 'NOPE\*' env --only 'NOPE*' --
  refused 'alpha_three' env --only alpha_three --
  refused '' env --only '' --
  refused '' env --only 'ALPHA,,BETA' --
}

@test "--except: names, lists, patterns, and with --only" {
  assert_names 'ALPHA ALPHA_TWO GAMMA' --except BETA
  assert_names 'BETA GAMMA' --except 'ALPHA*'
  assert_names 'GAMMA' --except BETA --except 'ALPHA,ALPHA_TWO'
  assert_names 'ALPHA' --only 'ALPHA*' --except '*_TWO'
  assert_names '' --except '*'
  refused 'NOPE' env --except NOPE --
  refused 'NOPE' env --except 'BETA,NOPE*' --
}

@test "--allow-missing: these names, no others" {
  assert_names 'ALPHA' --only ALPHA,NOPE --allow-missing NOPE
  assert_names '' --only NOPE --allow-missing NOPE
  assert_names 'ALPHA' --only ALPHA,NOPE,NADA --allow-missing NADA,NOPE
  assert_names 'ALPHA ALPHA_TWO BETA GAMMA' --except NOPE --allow-missing NOPE
  refused 'not found: NADA$' env --only ALPHA,NOPE,NADA --allow-missing NOPE --
  refused 'NOPE' env --map NEW=NOPE --
  assert_names 'ALPHA ALPHA_TWO BETA GAMMA' --map NEW=NOPE --allow-missing NOPE
}

@test "--prefix" {
  assert_names 'APP_ALPHA APP_BETA' --prefix APP_ --only ALPHA,BETA
  assert_names '_aALPHA' --prefix _a --only ALPHA
  run -0 agentsecrets env --prefix APP_ -- sh -c 'echo "${ALPHA-none} $APP_ALPHA"'
  [ "$output" = 'none a' ]
}

@test "--map: the new name and not the old one" {
  run -0 agentsecrets env --map NEW=ALPHA -- sh -c 'echo "${ALPHA-none} $NEW $BETA"'
  [ "$output" = 'none a b' ]
  assert_names 'ALPHA_TWO BETA GAMMA ONE TWO' --map ONE=ALPHA --map TWO=ALPHA
  assert_names 'BETA NEW' --only ALPHA,BETA --map NEW=ALPHA
  assert_names 'P_BETA lower_case' --only ALPHA,BETA --map lower_case=ALPHA \
    --prefix P_
  assert_names 'ALPHA BETA' --only ALPHA,BETA --map ALPHA=BETA,BETA=ALPHA
  run -0 agentsecrets env --map ALPHA=BETA,BETA=ALPHA -- sh -c 'echo $ALPHA$BETA'
  [ "$output" = ba ]
  refused "'ALPHA'" env --map ALPHA --
  refused 'wants NEW=OLD' env --map =ALPHA --
  refused "'NEW'" env --map NEW= --
  refused 'BETA' env --only ALPHA --map NEW=BETA --
}

@test "a secret beats an inherited variable; --preserve-env turns it round" {
  export ALPHA=inherited BETA=inherited
  show='echo "$ALPHA $BETA $GAMMA"'
  run -0 agentsecrets env -- sh -c "$show"
  [ "$output" = 'a b g' ]
  run -0 agentsecrets env --preserve-env -- sh -c "$show"
  [ "$output" = 'inherited inherited g' ]
  run -0 agentsecrets env --preserve-env=BETA -- sh -c "$show"
  [ "$output" = 'a inherited g' ]
  run -0 agentsecrets env --preserve-env=GAMMA,ALPHA -- sh -c "$show"
  [ "$output" = 'inherited b g' ]
  # A value belongs to it only with '='.
  run -127 agentsecrets env --preserve-env no-such-command
  # An empty variable is a variable.
  ALPHA='' run -0 agentsecrets env --preserve-env -- sh -c "$show"
  [ "$output" = ' inherited g' ]
}

@test "--clean keeps exactly the usual variables" {
  local usual='COLORTERM=c HOME=h LANG=l LC_ALL=C LC_X=x LOGNAME=n PATH=/bin
    SHELL=s TERM=t TMPDIR=d TZ=UTC USER=u XDG_RUNTIME_DIR=r'
  # shellcheck disable=SC2086
  run -0 env -i $usual AGENTSECRETS_HOME="$AGENTSECRETS_HOME" PWD=/ EDITOR=x \
    LANGUAGE=x LC=x HOMEX=x XDG_CONFIG_HOME=x SSH_AUTH_SOCK=x BETA=inherited \
    "$PREFIX/bin/agentsecrets" env --password-file "$AGENTSECRETS_PASSWORD_FILE" \
    --clean -- env
  [ "$(tr '\n' ' ' <<<"$output")" = "AGENTSECRETS_ACTIVE=web/development ALPHA=a \
ALPHA_TWO=a2 BETA=b COLORTERM=c GAMMA=g HOME=h LANG=l LC_ALL=C LC_X=x LOGNAME=n \
PATH=/bin SHELL=s TERM=t TMPDIR=d TZ=UTC USER=u XDG_RUNTIME_DIR=r " ]
}

@test "--clean=LIST keeps exactly these, and --pristine is another word" {
  export KEPT=1 OTHER=2 LEFT=3
  run -0 agentsecrets env --clean=KEPT,OTHER --only ALPHA -- "$(command -v env)"
  [ "$output" = $'AGENTSECRETS_ACTIVE=web/development\nALPHA=a\nKEPT=1\nOTHER=2' ]
  run -0 agentsecrets env --pristine=KEPT --only ALPHA -- "$(command -v env)"
  [ "$output" = $'AGENTSECRETS_ACTIVE=web/development\nALPHA=a\nKEPT=1' ]
  run -0 agentsecrets env --pristine --only ALPHA -- sh -c 'echo ${KEPT-none} $HOME'
  [ "$output" = "none $HOME" ]
  # The command is looked for in the caller's PATH.
  run -0 agentsecrets env --clean=KEPT -- env
  assert_line KEPT=1
}

@test "the inherited environment is otherwise untouched" {
  run -0 env -i A=1 'B=two words' 'C=x=y' D= 'b.c=d' 'Z%%=() { x' \
    AGENTSECRETS_HOME="$AGENTSECRETS_HOME" "$PREFIX/bin/agentsecrets" env \
    --password-file "$AGENTSECRETS_PASSWORD_FILE" --only BETA -- /usr/bin/env
  [ "$output" = "A=1
AGENTSECRETS_ACTIVE=web/development
AGENTSECRETS_HOME=$AGENTSECRETS_HOME
B=two words
BETA=b
C=x=y
D=
Z%%=() { x
b.c=d" ]
}

@test "our own credentials are not for the command" {
  local variable option
  for option in -- --clean --preserve-env --fresh; do
    AGENTSECRETS_TOKEN=as_token AGENTSECRETS_TOKEN_FILE=/some/token \
      run -0 agentsecrets env "$option" env
    for variable in TOKEN TOKEN_FILE PASSWORD_FILE; do
      [[ $output != *AGENTSECRETS_$variable* ]] || fail "$variable is there"
    done
    assert_line AGENTSECRETS_ACTIVE=web/development
  done
  run -0 agentsecrets env --clean='AGENTSECRETS_*,HOME' -- "$(command -v env)"
  [[ $output != *PASSWORD_FILE* ]] || fail 'the password file is there'
  assert_line "AGENTSECRETS_HOME=$AGENTSECRETS_HOME"
}

@test "AGENTSECRETS_ACTIVE tells project and environment, whatever was there" {
  AGENTSECRETS_ACTIVE=else run -0 agentsecrets env --preserve-env -- \
    sh -c 'echo $AGENTSECRETS_ACTIVE'
  [ "$output" = web/development ]
  run -0 agentsecrets env -e staging -- sh -c 'echo $AGENTSECRETS_ACTIVE $ALPHA'
  [ "$output" = 'web/staging staged' ]
}

@test "-e, AGENTSECRETS_ENV, project.json, config.json, in this order" {
  local show='echo $ALPHA'
  own_copy
  cp -r .agentsecrets "$BATS_TEST_TMPDIR"
  cd "$BATS_TEST_TMPDIR" || return
  agentsecrets trust >&2
  run -0 agentsecrets env -e staging -- sh -c "$show"
  [ "$output" = staged ]
  run -0 agentsecrets env --environment=staging -- sh -c "$show"
  [ "$output" = staged ]
  AGENTSECRETS_ENV=staging run -0 agentsecrets env -- sh -c "$show"
  [ "$output" = staged ]
  AGENTSECRETS_ENV=staging run -0 agentsecrets env -e development -- sh -c "$show"
  [ "$output" = a ]
  sed -i 's/"development"/"staging"/' .agentsecrets/project.json
  run -0 agentsecrets env -- sh -c "$show"
  [ "$output" = staged ]
  AGENTSECRETS_ENV=development run -0 agentsecrets env -- sh -c "$show"
  [ "$output" = a ]
  sed -i '/"staging"/d' .agentsecrets/project.json
  sed -i 's/^{/{"selected_environment": "staging",/' \
    "$AGENTSECRETS_HOME/config.json"
  run -0 agentsecrets env -- sh -c "$show"
  [ "$output" = staged ]
  AGENTSECRETS_ENV='' run -0 agentsecrets env -- sh -c "$show"
  [ "$output" = staged ]
}

@test "an environment that is none" {
  refused "unknown environment 'prod'" env -e prod --
  assert_match 'hint: .*development, staging, production'
  refused "unknown environment 'Production'" env -e Production --
  AGENTSECRETS_ENV=nope refused "unknown environment 'nope'" env --
  refused "unknown environment ''" env -e '' --
}

@test "-p and AGENTSECRETS_PROJECT: another project, from anywhere" {
  local id
  id=$(sed -nE 's/^project ([^ ]*) .* web$/\1/p' "$AGENTSECRETS_HOME/trust")
  cd / || return
  run -0 agentsecrets env -p web -- sh -c 'echo $ALPHA; pwd'
  [ "$output" = $'a\n/' ]
  run -0 agentsecrets env --project "$id" -- sh -c 'echo $ALPHA'
  [ "$output" = a ]
  AGENTSECRETS_PROJECT=web run -0 agentsecrets env -- sh -c 'echo $ALPHA'
  [ "$output" = a ]
  cd "$WORK" || return
  AGENTSECRETS_PROJECT=web run -0 agentsecrets env -p empty -- \
    sh -c 'echo ${ALPHA-none} $AGENTSECRETS_ACTIVE'
  [ "$output" = 'none empty/development' ]
  refused "'nope' is not known on this machine" env -p nope --
  AGENTSECRETS_PROJECT=nope refused "'nope'" env --
}

@test "a project without secrets starts the command" {
  cd "$BATS_FILE_TMPDIR/empty" || return
  run -0 agentsecrets env -- sh -c 'echo started'
  [ "$output" = started ]
  run -0 agentsecrets env -v -- true
  [ "$output" = 'agentsecrets: 0 secrets of empty/development' ]
  # Without a secret no password is needed.
  AGENTSECRETS_PASSWORD_FILE='' run -0 agentsecrets env -- true
}

@test "-v tells how many and where, never a value; -q beats it" {
  run -0 --separate-stderr agentsecrets env -v -- true
  [ -z "$output" ]
  [ "$stderr" = 'agentsecrets: 4 secrets of web/development' ]
  run -0 agentsecrets env --verbose --only BETA -- true
  [ "$output" = 'agentsecrets: 1 secret of web/development' ]
  run -0 agentsecrets env -v -q -- true
  [ -z "$output" ]
}

@test "options end at the command: the rest is its own" {
  run -0 agentsecrets env printf '%s|' -v --only --help -- -e nope
  [ "$output" = '-v|--only|--help|--|-e|nope|' ]
  run -0 agentsecrets env -- sh -c 'echo "$0 $*"' -- --clean
  [ "$output" = '-- --clean' ]
  run -0 agentsecrets env --only ALPHA sh -c 'echo "$0 $*"' -q --fresh
  [ "$output" = '-q --fresh' ]
  run -0 agentsecrets env ls -a /
  assert_line ..
  # K=V operands are the command's, and stay as they are.
  run -0 agentsecrets env env X=1 sh -c 'echo $X'
  [ "$output" = 1 ]
}

@test "run is another word for env" {
  run -0 agentsecrets run --only BETA -- sh -c 'echo $BETA'
  [ "$output" = b ]
  run -125 agentsecrets run --bogus true
  run -127 agentsecrets run no-such-command
}

@test "bad options are 125 with a hint and start nothing" {
  local option
  for option in --bogus -x --fresh=yes --dry-run=1 -qx; do
    refused "${option%%=*}|-x" env "$option" --
    assert_match "hint: see 'agentsecrets env --help'"
  done
  refused --onl env --onl=ALPHA --
  assert_match "hint: did you mean '--only'\\?"
  run -125 agentsecrets env --prefix
  assert_one_error "'--prefix'"
}

@test "--password-file beats the variable and may be standard input" {
  random_canary "$BATS_TEST_TMPDIR/wrong" 24
  AGENTSECRETS_PASSWORD_FILE=$BATS_TEST_TMPDIR/wrong run -0 agentsecrets env \
    --password-file "$HOME/password" -- true
  run -125 agentsecrets env --password-file "$BATS_TEST_TMPDIR/wrong" -- true
  # One line end is dropped, and what stands behind it is the command's.
  unset AGENTSECRETS_PASSWORD_FILE
  for end in '' $'\n' $'\r\n'; do
    { cat "$HOME/password" && printf %s "$end"; } >"$BATS_TEST_TMPDIR/ended"
    run -0 agentsecrets env --password-file - -- cat <"$BATS_TEST_TMPDIR/ended"
    [ -z "$output" ]
    run -0 agentsecrets env --password-file "$BATS_TEST_TMPDIR/ended" -- true
  done
  { cat "$HOME/password" && printf '\n\n'; } >"$BATS_TEST_TMPDIR/ended"
  run -125 agentsecrets env --password-file "$BATS_TEST_TMPDIR/ended" -- true
}
