#!/usr/bin/env bats
# .env files that are kept beside the project: storage mode 2, and --to.
# long with sanitizers
load lib
remember_passwords
load team

setup() { start_server; }
teardown() { end_all; }

# on_both: both machines have A=1 B=2; the second keeps .env.development.
on_both() {
  new_team
  agentsecrets set A=1 B=2
  next_machine two
  on two mode_two
  agentsecrets pull
}

file() {
  printf '%s\n' "$@" | diff -u - .env.development
}

vault() { sha256sum "$AGENTSECRETS_HOME/vault"/*; }

@test "init --storage-mode 2 keeps a file that only we can read" {
  fresh_home
  new_account web --storage-mode 2
  printf 'A=1\nB="two words"\n' >.env.development
  agentsecrets push
  agentsecrets set C=3
  file A=1 'B="two words"' C=3
  [ "$(stat -c %a .env.development)" = 600 ]
  rm .env.development
  agentsecrets pull
  file A=1 "B='two words'" C=3
  [ "$(stat -c %a .env.development)" = 600 ]
  [ "$(grep -cx .env.development .gitignore)" = 1 ]
  agentsecrets pull
  [ "$(grep -cx .env.development .gitignore)" = 1 ]
}

@test "lines of .gitignore that are there stay, a missing last LF is added" {
  on_both
  printf 'node_modules' >.gitignore
  agentsecrets set C=3
  agentsecrets pull
  printf 'node_modules\n.env.development\n' | cmp - .gitignore
}

@test "set and delete keep the file in step; comments and order stay" {
  on_both
  printf '# mine\nB=2\n\nA=1 # first\n' >.env.development
  agentsecrets set B=two
  agentsecrets delete A
  agentsecrets set C=3
  file '# mine' B=two '' C=3
}

@test "a change in the file is kept by pull and sent by push" {
  on_both
  sed -i 's/^A=1/A=mine/' .env.development
  on one agentsecrets set B=theirs
  agentsecrets pull
  file A=mine B=theirs
  run agentsecrets diff
  [ "$output" = 'changed here  A' ]
  run agentsecrets push
  assert_status 0
  assert_line 'stored A in web/development'
  assert_line '1 unchanged'
  on one agentsecrets pull
  run on one agentsecrets get A
  assert_line mine
}

@test "a name that both changed stops pull; --force takes the server's" {
  on_both
  sed -i 's/^A=1/A=mine/' .env.development
  on one agentsecrets set A=theirs B=theirs
  before=$(vault)
  run agentsecrets pull
  assert_status 5
  assert_one_error 'changed here and on the server: A$'
  assert_match 'hint: .*agentsecrets diff.*--ours.*--theirs'
  file A=mine B=2
  [ "$(vault)" = "$before" ]
  # push does not win by accident either.
  run agentsecrets push
  assert_status 5
  agentsecrets pull --force
  file A=theirs B=theirs
}

@test "what was deleted there goes from the file" {
  on_both
  on one agentsecrets delete A
  agentsecrets pull
  file B=2
}

@test "diff tells the five states apart" {
  on_both
  agentsecrets set SAME=1
  on one agentsecrets pull
  on one agentsecrets set THERE=new B=theirs
  sed -i 's/^SAME=1/SAME=here/' .env.development
  on one agentsecrets set A=theirs
  sed -i 's/^A=1/A=mine/' .env.development
  echo HERE=new >>.env.development
  run agentsecrets diff --exit-code
  assert_status 1
  [ "$output" = 'only here     HERE
only there    THERE
changed here  SAME
changed there B
changed both  A' ] || fail 'not the five states:' "$output"
  run agentsecrets diff --json
  python3 - "$output" <<'PYTHON'
import json, sys
told = json.loads(sys.argv[1])
assert told["only_local"] == ["HERE"], told
assert told["only_remote"] == ["THERE"], told
assert told["changed_here"] == ["SAME"], told
assert told["changed_there"] == ["B"], told
assert told["changed_both"] == ["A"], told
PYTHON
  # Values are not shown.
  [[ $output != *theirs* ]] && [[ $output != *mine* ]]
}

@test "push without FILE in mode 2 takes .env for what never held anything" {
  on_both
  echo A=from-env >.env
  run agentsecrets push -e staging
  assert_status 0
  assert_line 'stored A in web/staging'
  # The file of an environment is missing, and .env is that of another one.
  rm .env.development
  run agentsecrets push
  assert_status 2
  assert_one_error "'$PWD/.env.development' is not there, and nobody said that '$PWD/.env' is meant"
  assert_match "hint: 'agentsecrets pull' brings the one back, 'agentsecrets push FILE' sends the other"
  run -0 agentsecrets get A
  [ "$output" = 1 ]
  run agentsecrets push .env
  assert_line 'stored A in web/development'
}

@test "AGENTSECRETS_STORAGE_MODE beats project.json" {
  on_both
  rm .env.development
  AGENTSECRETS_STORAGE_MODE=1 agentsecrets pull
  [ ! -e .env.development ]
  run env AGENTSECRETS_STORAGE_MODE=3 agentsecrets pull
  assert_status 2
  assert_one_error 'AGENTSECRETS_STORAGE_MODE'
}

@test "pull --to writes a new file, and adds to one that agrees" {
  on_both
  agentsecrets pull --to out.env
  diff -u - out.env <<<$'A=1\nB=2'
  [ "$(stat -c %a out.env)" = 600 ]
  printf '# mine\nA=1\n' >mine.env
  chmod 0644 mine.env
  agentsecrets pull --to mine.env
  diff -u - mine.env <<<$'# mine\nA=1\nB=2'
  # No more is opened to others than was; and .gitignore is not ours to touch.
  [ "$(stat -c %a mine.env)" = 600 ]
}

@test "pull --to refuses to lose a value; --force does it" {
  on_both
  printf 'A=other\nB=2\nOWN=kept\n' >out.env
  cp out.env before.env
  on one agentsecrets set C=3
  before=$(vault)
  run agentsecrets pull --to out.env
  assert_status 5
  assert_one_error "'out.env' has other values than the server: A$"
  cmp out.env before.env
  [ "$(vault)" = "$before" ]
  agentsecrets pull --to out.env --force
  diff -u - out.env <<<$'A=1\nB=2\nOWN=kept\nC=3'
}

@test "a target that is no regular file or does not parse is refused" {
  on_both
  mkfifo fifo
  run timeout 10 agentsecrets pull --to fifo
  assert_status 1
  assert_one_error 'no regular file'
  printf 'this is no assignment\n' >broken.env
  run agentsecrets pull --to broken.env
  assert_status 1
  assert_one_error 'broken.env:1:'
  diff - broken.env <<<'this is no assignment'
  run agentsecrets pull --to no/such/folder.env
  assert_status 1
  ln -s /etc/hostname link.env
  run agentsecrets pull --to link.env --force
  [ "$status" -ne 0 ]
  [ -L link.env ]
}

@test "a value that no file can hold is left out, and told by name" {
  on_both
  on one agentsecrets set A='${HOME}' C=3 B="\"it's\""
  run agentsecrets pull
  assert_status 1
  assert_one_error "'A' and 1 more \(B\) cannot be written to '.*/.env.development' \
so that every reader reads the same: it holds \\$\{...\}, which python-dotenv expands$"
  assert_match "hint: what 'agentsecrets env' starts has the value"
  # Everything else is written, and what was there stays.
  file A=1 B=2 C=3
  [ "$(agentsecrets get A)" = '${HOME}' ]
  # Neither is a change made here, nor a deletion.
  run agentsecrets push
  assert_status 0
  run agentsecrets diff
  [ "$output" = 'changed there A
changed there B' ] || fail "$output"
  # What is not about them does not fail for them.
  agentsecrets set D=4
  file A=1 B=2 C=3 D=4
  rm .env.development
  run agentsecrets pull
  assert_status 1
  file C=3 D=4
  run agentsecrets push --prune --yes
  assert_status 0
  echo C=3 >some.env
  run agentsecrets push --prune --yes some.env
  assert_line 'deleted D from web/development'
  [ "$(on one agentsecrets get A)" = '${HOME}' ]
  # A value that a file can hold again is written again.
  on one agentsecrets set A=plain B=plain
  agentsecrets pull
  file C=3 A=plain B=plain
}

@test "set stores what no file can hold, and says so" {
  on_both
  run agentsecrets set A=$'\xff' B=two
  assert_status 1
  assert_match "agentsecrets: stored, but 'A' cannot be written to .*: it is not UTF-8"
  file A=1 B=two
  agentsecrets get A | cmp - <(printf '\xff')
  # A line that says it in a way of its own is not touched.
  printf '%s\n' 'OWN=${HOME}' >>.env.development
  agentsecrets push
  agentsecrets set A=1 OWN='${HOME}' C=3
  file A=1 B=two 'OWN=${HOME}' C=3
  run agentsecrets pull
  assert_status 0
}

@test "pull --to refuses what the file cannot hold, before it writes" {
  on_both
  on one agentsecrets set A='${HOME}' C=3
  printf 'OWN=1\n' >out.env
  before=$(vault)
  run agentsecrets pull --to out.env --force
  assert_status 1
  assert_one_error "'A' cannot be written to 'out.env' so that every reader"
  diff -u - out.env <<<'OWN=1'
  [ "$(vault)" = "$before" ]
}

@test "import leaves what was changed in the file, unless it is forced" {
  on_both
  printf 'A=mine\nB=2\n' >.env.development
  printf 'A=3\nB=4\n' >new.env
  agentsecrets import new.env
  file A=mine B=4
  run agentsecrets diff
  [ "$output" = 'changed both  A' ]
  printf 'A=5\n' >new.env
  agentsecrets import --force new.env
  file A=5 B=4
}
