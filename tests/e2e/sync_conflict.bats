#!/usr/bin/env bats
# What was changed on both sides: nothing is lost, and somebody decides.
# long with sanitizers
load lib
load team
remember_passwords

setup() { start_server; }
teardown() { end_all; }

file() { printf '%s\n' "$@" | diff -u - .env.development; }
value() { agentsecrets env --fresh --only "$1" -- printenv "$1"; }
there() { on one "$@"; }
value_there() { on one value "$1"; }

# everything: what a command must not change when it ends in a conflict.
everything() {
  find "$AGENTSECRETS_HOME/vault" .agentsecrets .env* -type f \
    -exec sha256sum {} + | sort
}

# conflict: A, B and C have other values here and there, D only here, E only
# there; GONE was deleted there and changed here.
conflict() {
  new_team
  agentsecrets set A=1 B=1 C=1 D=1 E=1 GONE=1
  next_machine two
  mode_two
  agentsecrets pull
  there agentsecrets set A=theirs B=theirs C=theirs E=theirs
  there agentsecrets delete GONE
  printf '%s=mine\n' A B C D >.env.development
  printf 'E=1\nGONE=mine\n' >>.env.development
}

# at_terminal STEP... -- COMMAND...
at_terminal() { run python3 "$BATS_TEST_DIRNAME/terminal.py" "$@"; }

# asks NAME ANSWER: steps of at_terminal.
asks() {
  steps+=("expect:$1: [m]ine (what is here), [t]heirs (what the server has)"
    "send:$2\\n")
}

@test "without a terminal: 5, the names, and nothing is changed" {
  conflict
  before=$(everything)
  for command in push pull; do
    run agentsecrets "$command"
    assert_status 5
    assert_one_error 'changed here and on the server: A, B, C, GONE$'
    assert_match "hint: .*agentsecrets diff.*--ours.*--theirs"
    [ "$(everything)" = "$before" ]
  done
  [ "$(value_there A)" = theirs ]
  [ "$(value_there D)" = 1 ]
  run agentsecrets diff
  assert_line 'changed both  A'
  assert_line 'changed both  GONE'
}

@test "push --ours sends what is here over it" {
  conflict
  run agentsecrets push --ours
  assert_status 0
  assert_line 'stored A, B, C, D, GONE in web/development'
  file A=mine B=mine C=mine D=mine E=theirs GONE=mine
  there agentsecrets pull
  for name in A B C D GONE; do [ "$(value_there $name)" = mine ]; done
  run agentsecrets diff --exit-code
  assert_status 0
}

@test "push --theirs takes what is there, and sends the rest" {
  conflict
  run agentsecrets push --theirs
  assert_status 0
  assert_line 'stored D in web/development'
  assert_line 'took A, B, C, GONE from the server'
  file A=theirs B=theirs C=theirs D=mine E=theirs
  [ "$(value_there A)" = theirs ]
  [ "$(value_there D)" = mine ]
  run there agentsecrets get GONE
  assert_status 1
  run agentsecrets diff --exit-code
  assert_status 0
}

@test "push --json tells what was taken" {
  conflict
  run agentsecrets push --theirs --json
  [ "$output" = '{"project":"web","environment":"development","stored":["D"],"deleted":[],"taken":["A","B","C","GONE"],"mapped":[],"unchanged":1}' ]
}

@test "pull --theirs takes what is there; what was changed only here stays" {
  conflict
  agentsecrets pull --theirs
  file A=theirs B=theirs C=theirs D=mine E=theirs
  run agentsecrets push
  assert_status 0
  assert_line 'stored D in web/development'
}

@test "pull --force loses also what was changed only here" {
  conflict
  agentsecrets pull --force
  file A=theirs B=theirs C=theirs D=1 E=theirs
}

@test "pull --ours keeps what is here; the next push sends it" {
  conflict
  agentsecrets pull --ours
  file A=mine B=mine C=mine D=mine E=theirs GONE=mine
  [ "$(value_there A)" = theirs ]
  run agentsecrets diff
  assert_line 'changed here  A'
  assert_line 'only here     GONE'
  run agentsecrets push
  assert_status 0
  assert_line 'stored A, B, C, D, GONE in web/development'
  [ "$(value_there A)" = mine ]
  [ "$(value_there GONE)" = mine ]
}

@test "after pull --ours a further change there is a conflict again" {
  conflict
  agentsecrets pull --ours
  there agentsecrets set B=again
  run agentsecrets push
  assert_status 5
  assert_one_error 'changed here and on the server: B$'
  [ "$(value_there A)" = theirs ]
}

@test "what another command of this home fetched during the question is not seen" {
  conflict
  cat >"$BATS_TEST_TMPDIR/meanwhile" <<SH
HOME=$BATS_TEST_TMPDIR/one/home AGENTSECRETS_HOME=$BATS_TEST_TMPDIR/one/home/.agentsecrets \
  AGENTSECRETS_PASSWORD_FILE=$BATS_TEST_TMPDIR/one/home/password \
  agentsecrets set -p web -q A=third && agentsecrets env --fresh -- true
SH
  at_terminal 'expect:A: ' "sh:sh $BATS_TEST_TMPDIR/meanwhile" 'send:M\n' -- \
    agentsecrets pull
  assert_status 0
  run agentsecrets push
  assert_status 5
  assert_one_error 'changed here and on the server: A$'
  [ "$(value_there A)" = third ]
}

@test "the three exclude each other" {
  conflict
  before=$(everything)
  for command in push pull; do
    for pair in '--ours --theirs' '--ours --force' '--theirs -f'; do
      # shellcheck disable=SC2086 # two words
      run agentsecrets "$command" $pair
      assert_status 2
      assert_one_error '--ours, --theirs and --force exclude each other'
    done
  done
  [ "$(everything)" = "$before" ]
}

@test "a terminal: each name by itself, and never a value" {
  conflict
  steps=()
  asks A m
  asks B t
  asks C m
  asks GONE t
  at_terminal 'expect:changed here and on the server: A, B, C, GONE' \
    "${steps[@]}" -- agentsecrets push
  assert_status 0
  [[ $output != *=mine* && $output != *theirs\ * ]] || fail "$output"
  assert_match 'stored A, C, D in web/development'
  assert_match 'took B, GONE from the server'
  file A=mine B=theirs C=mine D=mine E=theirs
  [ "$(value_there A)" = mine ]
  [ "$(value_there B)" = theirs ]
  run agentsecrets diff --exit-code
  assert_status 0
}

@test "a terminal: pull asks the same, and ours is sent by the next push" {
  conflict
  steps=()
  asks A t
  asks B m
  asks C T
  at_terminal "${steps[@]}" -- agentsecrets pull
  assert_status 0
  file A=theirs B=mine C=theirs D=mine E=theirs
  run agentsecrets push
  assert_line 'stored B, D in web/development'
}

@test "a terminal: for all, and anything else asks again" {
  conflict
  steps=()
  asks A yes
  asks A ''
  asks A 'something that is longer than an answer'
  asks A t
  asks B M
  at_terminal "${steps[@]}" -- agentsecrets push
  assert_status 0
  file A=theirs B=mine C=mine D=mine E=theirs GONE=mine
}

@test "a terminal: who quits, or goes, has changed nothing" {
  conflict
  before=$(everything)
  for answer in 'q\n' 'Q\n' '\x04'; do
    for command in push pull; do
      at_terminal 'expect:A: [m]ine' 'send:m\n' 'expect:B: [m]ine' \
        "send:$answer" -- agentsecrets "$command"
      assert_status 5
      assert_match 'agentsecrets: changed here and on the server: A, B, C, GONE'
      [ "$(everything)" = "$before" ]
    done
  done
  at_terminal 'expect:A: [m]ine' 'send:\x03' -- agentsecrets push
  assert_status 130
  [ "$(everything)" = "$before" ]
  [ "$(value_there A)" = theirs ]
}

@test "a person who edits the file while being asked loses nothing" {
  conflict
  at_terminal 'expect:A: [m]ine' \
    "sh:cd '$PWD' && sed -i 's/^D=mine/D=edited/; s/^A=mine/A=edited/' .env.development" \
    'send:M\n' -- agentsecrets push
  assert_status 0
  [ "$(value_there A)" = mine ]
  [ "$(value_there D)" = mine ]
  file A=edited B=mine C=mine D=edited E=theirs GONE=mine
  # It is a change like any other, and no conflict.
  run agentsecrets push
  assert_status 0
  assert_line 'stored A, D in web/development'
}

@test "a 409 is no end: the same value there is a success" {
  new_team
  agentsecrets set A=1 B=1
  next_machine two
  agentsecrets pull
  there agentsecrets set A=same B=other
  run agentsecrets set A=same
  assert_status 0
  [ "$(value A)" = same ]
  [ "$(value B)" = other ]
  there agentsecrets delete A
  agentsecrets delete A
  run agentsecrets get A
  assert_status 1
}

@test "a value that came back to what it was is no conflict" {
  conflict
  there agentsecrets set A=1 B=1 C=1
  there agentsecrets set GONE=1
  run agentsecrets push
  assert_status 0
  assert_line 'stored A, B, C, D, GONE in web/development'
  file A=mine B=mine C=mine D=mine E=theirs GONE=mine
}

@test "a file that is not the copy: conflicts, and each way out" {
  conflict
  printf 'A=file\nB=theirs\nD=file\nNEW=file\n' >other.env
  before=$(everything)
  run agentsecrets push other.env
  assert_status 5
  assert_one_error 'changed here and on the server: A$'
  [ "$(everything)" = "$before" ]
  run agentsecrets push other.env --theirs
  assert_status 0
  assert_line 'stored D, NEW in web/development'
  assert_line 'took A from the server'
  # Nothing in the copy that was changed here is lost by that.
  file A=mine B=mine C=mine D=mine E=theirs GONE=mine NEW=file
  run agentsecrets push
  assert_status 5
  assert_one_error 'changed here and on the server: A, B, C, D, GONE$'
  run agentsecrets push other.env --ours
  assert_status 0
  assert_line 'stored A in web/development'
  [ "$(value_there A)" = file ]
}

@test "push FILE --force: the copy takes it, too" {
  conflict
  printf 'A=file\nD=file\n' >other.env
  agentsecrets push other.env --force
  file A=file B=mine C=mine D=file E=theirs GONE=mine
}

@test "pull --to FILE: ours leaves its values, theirs writes them" {
  new_team
  agentsecrets set A=1 B=1 C=1
  printf 'A=own\nB=1\nX=own\n' >out.env
  cp out.env before.env
  run agentsecrets pull --to out.env
  assert_status 5
  assert_one_error "'out.env' has other values than the server: A$"
  assert_match 'hint: .*--theirs.*--ours'
  cmp out.env before.env
  agentsecrets pull --to out.env --ours
  diff -u - out.env <<<$'A=own\nB=1\nX=own\nC=1'
  at_terminal \
    'expect:A: [m]ine (what the file has), [t]heirs (what the server has)' \
    'send:t\n' -- agentsecrets pull --to out.env
  assert_status 0
  diff -u - out.env <<<$'A=1\nB=1\nX=own\nC=1'
  cp before.env out.env
  agentsecrets pull --to out.env --theirs
  diff -u - out.env <<<$'A=1\nB=1\nX=own\nC=1'
}

@test "the map entry of a lower-case name is not written before a conflict" {
  conflict
  echo 'lower=1' >>.env.development
  before=$(everything)
  run agentsecrets push
  assert_status 5
  [ "$(everything)" = "$before" ]
  run agentsecrets push --theirs
  assert_status 0
  assert_line 'project.json maps lower=LOWER'
  assert_line 'stored D, LOWER in web/development'
}

@test "what never was compared is a conflict, and nothing is lost" {
  new_team
  agentsecrets set A=1 B=1
  next_machine two
  mode_two
  printf 'A=old\nB=1\nOWN=1\n' >.env.development
  before=$(everything)
  for command in push pull; do
    run agentsecrets "$command"
    assert_status 5
    assert_one_error 'changed here and on the server: A$'
    [ "$(everything)" = "$before" ]
  done
  agentsecrets pull --ours
  file A=old B=1 OWN=1
  run agentsecrets push
  assert_line 'stored A, OWN in web/development'
}

@test "a copy that is behind, changed, and overtaken again" {
  conflict
  # The vault knows theirs, the file does not; then they write once more.
  agentsecrets env --fresh -- true
  there agentsecrets set A=latest
  run agentsecrets push
  assert_status 5
  assert_one_error 'changed here and on the server: A, B, C, GONE$'
  run agentsecrets push --theirs
  assert_status 0
  file A=latest B=theirs C=theirs D=mine E=theirs
  [ "$(value A)" = latest ]
}
