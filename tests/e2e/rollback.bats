#!/usr/bin/env bats
# A server that was restored from a backup shows older values than were seen:
# every command refuses that, and `trust accept-rollback` goes on with it.
# long with sanitizers
# shellcheck disable=SC2016
load lib
remember_passwords
load team

setup() {
  export AGENTSECRETS_STORAGE_MODE=2
  start_server
  new_team >&2
  PROJECT=$(sed -nE 's/^project ([^ ]*) .*/\1/p' "$AGENTSECRETS_HOME/trust")
  agentsecrets set A=1 B=b C=c SAME=same >&2
  next_machine two >&2
  agentsecrets pull >&2
  use_home one
}
teardown() { end_all; }

backup() { sqlite3 "$SERVER_DATA/data.sqlite" ".backup $BATS_TEST_TMPDIR/backup"; }
restore() { sqlite3 "$SERVER_DATA/data.sqlite" ".restore $BATS_TEST_TMPDIR/backup"; }

# went_back: A has another value, B is deleted, C was and is back, NEW is new;
# of all that the server then knows nothing.
went_back() {
  agentsecrets delete C >&2
  backup
  agentsecrets set A=2 C=back NEW=new >&2
  agentsecrets delete B >&2
  agentsecrets pull >&2
  restore
}

# mark NAME: what the vault has of it.
mark() {
  awk -v name="$1" '$2 == name { print $1, $4 }' \
    "$AGENTSECRETS_HOME/vault/$PROJECT.development"
}

# has TEXT: what a command finds.
has() {
  run agentsecrets env -- sh -c 'echo "${A-} ${B-} ${C-} ${NEW-} ${SAME-}"'
  assert_status 0
  [ "$output" = "$1" ] || fail "'$output', not '$1'"
}

@test "what is refused says how to go on, and what was seen stays in use" {
  went_back
  cp -a "$AGENTSECRETS_HOME" kept
  for command in pull diff; do
    run agentsecrets "$command"
    assert_status 6
    assert_one_error "^agentsecrets: A, B, C: .*'A' is older than one that was seen before"
    assert_match "see 'agentsecrets trust accept-rollback'"
  done
  assert_nothing_started 125 "'A' is older" env --fresh --
  # Nobody decided.
  run -2 agentsecrets trust accept-rollback
  assert_line 'agentsecrets: A: version 2 was seen, the server has version 1'
  assert_line 'agentsecrets: B: version 2 was seen, the server has version 1'
  assert_line 'agentsecrets: C: version 3 was seen, the server has deletion 2'
  assert_line 'agentsecrets: NEW: version 1 was seen, the server has none'
  assert_line 'agentsecrets: older on the server than what was seen here: A, B, C, NEW'
  assert_line 'hint: give --ours or --theirs, and --yes'
  for how in --ours --theirs; do
    run -2 agentsecrets trust accept-rollback "$how"
    assert_match 'there is no terminal to ask on: give --yes'
  done
  run -2 agentsecrets trust accept-rollback --ours --theirs -y
  assert_one_error 'exclude each other'
  diff -r "$AGENTSECRETS_HOME" kept
  has '2  back new same'
}

@test "theirs: what the server shows, under the marks of what was seen" {
  went_back
  run -0 --separate-stderr agentsecrets trust accept-rollback --theirs -y
  [ "$output" = "$(printf 'accepted %s\n' A B C NEW)" ]
  has '1 b   same'
  [ "$(mark A)" = 'secret 2' ]
  [ "$(mark B)" = 'secret 2' ]
  [ "$(mark C)" = 'deleted 3' ]
  [ "$(mark NEW)" = 'deleted 1' ]
  grep -qx A=1 .env.development
  grep -qx B=b .env.development
  run -0 agentsecrets pull
  run -0 agentsecrets diff --exit-code
  run -0 agentsecrets trust accept-rollback
  assert_match 'shows nothing in web/development that is older'
  run -0 agentsecrets env --fresh -- sh -c 'echo $A'
  [ "$output" = 1 ]
  # The next write is new for everybody.
  agentsecrets set A=3 C=3 NEW=3
  agentsecrets delete B
  [ "$(mark A)" = 'secret 3' ]
  [ "$(mark B)" = 'deleted 3' ]
  [ "$(mark C)" = 'secret 4' ]
  [ "$(mark NEW)" = 'secret 2' ]
  run -0 agentsecrets history A
  [ "${#lines[@]}" = 2 ]
  [[ ${lines[0]} == '3 '* && ${lines[1]} == '1 '* ]] || fail "$output"
  use_home two
  run -0 agentsecrets pull
  has '3  3 3 same'
}

@test "ours: what was seen, as the newest versions, and no alarm anywhere" {
  use_home two
  went_back
  on one agentsecrets pull
  use_home two
  run -0 --separate-stderr agentsecrets trust accept-rollback web --ours --yes
  [ "$output" = "$(printf 'written again %s\n' A B C NEW)" ]
  has '2  back new same'
  [ "$(mark A)" = 'secret 3' ]
  [ "$(mark B)" = 'deleted 3' ]
  [ "$(mark NEW)" = 'secret 2' ]
  for home in two one; do
    use_home "$home"
    run -0 agentsecrets pull
    has '2  back new same'
    run -0 agentsecrets diff --exit-code
    run -0 agentsecrets trust accept-rollback
    assert_match 'shows nothing'
  done
  next_machine three >&2
  agentsecrets pull
  has '2  back new same'
}

@test "--json and --quiet" {
  went_back
  run -0 --separate-stderr agentsecrets trust accept-rollback --ours -y --json
  [ "$(jq -c . <<<"$output")" = '{"project":"web","environment":"development","written":["A","B","C","NEW"],"accepted":[]}' ]
  restore
  run -0 agentsecrets trust accept-rollback --theirs -y -q
  [ -z "$output" ]
  run -0 --separate-stderr agentsecrets trust accept-rollback --json
  [ "$(jq -c '[.written, .accepted]' <<<"$output")" = '[[],[]]' ]
}

@test "what somebody wrote meanwhile: another value of the same version" {
  went_back
  on two agentsecrets set A=theirs >&2
  run -6 agentsecrets pull
  assert_one_error "'A' differs from one of the same version"
  run -2 agentsecrets trust accept-rollback
  assert_line 'agentsecrets: A: version 2 was seen, the server has another version 2'
  run -0 agentsecrets trust accept-rollback --ours -y
  has '2  back new same'
  on two agentsecrets pull
  use_home two
  has '2  back new same'
}

@test "a floor in project.json holds" {
  backup
  agentsecrets set A=2
  agentsecrets project pin --versions
  restore
  agentsecrets trust accept-rollback --theirs -y
  assert_nothing_started 125 "'A' is older than project.json asks for" env --
  run -6 agentsecrets project pin --versions
  agentsecrets project pin --remove
  agentsecrets project pin --versions
  run -0 agentsecrets env -- true
}

@test "ours goes in parts where the server takes less" {
  went_back
  stop_server || :
  # The address of the account stays.
  start_server server --listen "127.0.0.1:$SERVER_PORT" --secrets-per-request 2
  run -0 --separate-stderr agentsecrets trust accept-rollback --ours -y
  [ "$output" = "$(printf 'written again %s\n' A B C NEW)" ]
  has '2  back new same'
  on two agentsecrets pull -q
  run -0 on two agentsecrets get A
  [ "$output" = 2 ]
}

@test "a restored server that has come to the same revision again" {
  agentsecrets pull
  backup
  agentsecrets set A=2
  restore
  on two agentsecrets set B=theirs
  # Nothing says that it is another history, until it refuses a write.
  for force in '' --force; do
    # shellcheck disable=SC2086 # none is none
    run agentsecrets set $force B=ours
    assert_status 6
    assert_one_error "'A' is older than one that was seen before"
    assert_match "see 'agentsecrets trust accept-rollback'"
  done
  agentsecrets trust accept-rollback --ours -y
  agentsecrets set --force B=ours
  [ "$(on two agentsecrets env --fresh -- sh -c 'echo $A $B')" = '2 ours' ]
}

@test "another project, another environment, no server" {
  run -1 agentsecrets trust accept-rollback nope
  assert_match 'nope'
  agentsecrets set -e staging S=1
  backup
  agentsecrets set -e staging S=2
  restore
  run -0 agentsecrets trust accept-rollback
  assert_match 'shows nothing in web/development'
  run -0 agentsecrets trust accept-rollback -e staging --theirs -y -q
  run -0 agentsecrets get -e staging S
  [ "$output" = 1 ]
  stop_server || :
  run -4 agentsecrets trust accept-rollback
}

@test "on a terminal each name is asked about, or all at once" {
  went_back
  cp -a "$AGENTSECRETS_HOME" kept
  cp .env.development kept.env
  at_terminal() { run python3 "$BATS_TEST_DIRNAME/terminal.py" "$@"; }
  for answer in 'q\n' '\x04'; do
    at_terminal 'expect:A: version 2 was seen, the server has version 1' \
      'expect:A: [m]ine (what was seen here, as the newest version), [t]heirs (what the server shows)' \
      "send:$answer" -- agentsecrets trust accept-rollback
    assert_status 5
  done
  at_terminal 'expect:Take what the server shows, for 4 names [y/N]? ' 'send:\n' \
    -- agentsecrets trust accept-rollback --theirs
  assert_status 1
  diff -r "$AGENTSECRETS_HOME" kept
  cmp .env.development kept.env
  at_terminal 'expect:A: [m]ine' 'send:m\n' 'expect:B: [m]ine' 'send:x\n' \
    'expect:B: [m]ine' 'send:t\n' 'expect:C: [m]ine' 'send:T\n' \
    -- agentsecrets trust accept-rollback
  assert_status 0
  assert_match 'written again A'
  assert_match 'accepted B'
  has '2 b   same'
  [ "$(mark A)" = 'secret 3' ]
  [ "$(mark B)" = 'secret 2' ]
  run -0 agentsecrets diff --exit-code
  restore
  at_terminal 'expect:[y/N]? ' 'send:y\n' -- agentsecrets trust accept-rollback --ours
  assert_status 0
  has '2 b   same'
}

@test "a file that was changed itself keeps its value" {
  went_back
  sed -i 's/^A=.*/A=edited/' .env.development
  run -0 agentsecrets trust accept-rollback --ours -y
  grep -qx A=edited .env.development
  run -0 agentsecrets diff
  [[ $output == *'changed here'*A* ]] || fail "$output"
  run -0 agentsecrets get A
  [ "$output" = 2 ]
  restore
  run -0 agentsecrets trust accept-rollback --theirs -y
  grep -qx A=edited .env.development
  # Changed here and, by the restore, there.
  run -5 agentsecrets push
  run -0 agentsecrets push --force
  run -0 agentsecrets get A
  [ "$output" = edited ]
}

# Before each step of the launcher that others see: a file that is replaced, a
# message to the helper. The workspace key is asked for each time.
@test "cut off anywhere, the next one completes it" {
  local call how i
  went_back
  cp -a "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/kept"
  for how in ours theirs; do
    for call in renameat,renameat2 sendto; do
      # Theirs ends with one file that is replaced.
      [ "$how $call" != 'theirs sendto' ] || continue
      for ((i = 1; ; i++)); do
        cd /
        rm -r "$BATS_TEST_TMPDIR/one"
        cp -a "$BATS_TEST_TMPDIR/kept" "$BATS_TEST_TMPDIR/one"
        restore
        use_home one
        run strace -qq -o calls -e inject="$call:signal=KILL:when=$i" \
          agentsecrets trust accept-rollback "--$how" -y
        [ "$status" != 0 ] || break
        [ "$status" = 137 ] || fail "$how, $call $i: $status" "$output"
        agentsecrets env -- true || fail "$how, $call $i: env"
        run agentsecrets trust accept-rollback "--$how" -y
        assert_status 0
        run agentsecrets pull
        assert_status 0
        case $how in
        ours) has '2  back new same' ;;
        theirs) has '1 b   same' ;;
        esac
      done
      [ "$i" -gt 2 ] || fail "$how, $call: cut off $((i - 1)) times only"
    done
  done
}
