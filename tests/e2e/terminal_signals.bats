#!/usr/bin/env bats
# Prompts where something goes wrong: signals at the worst moment, a terminal
# that fails, an answer that is too long.
load lib
remember_passwords

# Calls of ioctl before an answer is waited for: 1 whether it is a terminal, 2
# its state, 3 and 4 to be quiet. With -D the command is the shell's own child.
setup() {
  fresh_home
  new_account
  traced=(env "ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0"
    strace -D -qq -o "$TMPDIR/trace")
}
teardown() { end_all; }

# at_terminal STEP... -- COMMAND...: without a password from anywhere else.
at_terminal() {
  run env -u AGENTSECRETS_PASSWORD_FILE \
    python3 "$BATS_TEST_DIRNAME/terminal.py" "$@"
}

not_stored() {
  run -1 agentsecrets get KEY
}

@test "a signal between the prompt and the wait for an answer is obeyed" {
  local signal
  for signal in TERM:143 INT:130 HUP:129; do
    at_terminal -- "${traced[@]}" \
      -e trace=ioctl -e "inject=ioctl:signal=${signal%:*}:when=3" agentsecrets set KEY
    assert_status "${signal#*:}"
  done
  not_stored
}

@test "a stop at the same moment lets the answer follow after fg" {
  at_terminal stopped echo:on fg echo:off 'send:value\n' 'expect:Password: ' \
    "file:$HOME/password" 'send:\n' \
    -- "${traced[@]}" \
      -e trace=ioctl -e "inject=ioctl:signal=TSTP:when=3" agentsecrets set KEY
  assert_status 0
  [ "$(agentsecrets get KEY)" = value ]
}

@test "Ctrl-C just before a key is read is obeyed, though it drops the key" {
  # The read is held back until the key is gone and the signal is there.
  at_terminal 'expect:KEY: ' echo:off send:x 'sh:sleep 0.5' 'send:\x03' \
    -- "${traced[@]}" -P /dev/tty -e trace=read \
    -e inject=read:delay_enter=1500000:when=1 agentsecrets set KEY
  assert_status 130
  not_stored
}

@test "a signal that the caller ignores stays ignored" {
  at_terminal 'expect:KEY: ' echo:off kill:INT kill:HUP 'send:\x03' 'send:value\n' \
    'expect:Password: ' "file:$HOME/password" 'send:\n' \
    -- sh -c "trap '' INT HUP; exec agentsecrets set KEY"
  assert_status 0
  [ "$(agentsecrets get KEY)" = value ]
}

@test "a signal that the caller blocks waits until the answer is there" {
  at_terminal 'expect:KEY: ' echo:off kill:TERM 'send:value\n' \
    'expect:Password: ' "file:$HOME/password" 'send:\n' \
    -- python3 -c 'import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
os.execvp("agentsecrets", ["agentsecrets", "set", "KEY"])'
  assert_status 0
  [ "$(agentsecrets get KEY)" = value ]
}

@test "a terminal whose echo cannot be switched off is not asked" {
  local when
  for when in 2 4; do
    at_terminal -- "${traced[@]}" \
      -e trace=ioctl -e "inject=ioctl:error=EIO:when=$when" agentsecrets set KEY
    assert_status 3
    assert_match 'agentsecrets: cannot .*: Input/output error'
    [[ $output != *'KEY: '* ]]
  done
  not_stored
}

# then_shell STEP... -- COMMAND...: what a shell would read after the command.
then_shell() {
  local steps=()
  while [ "$1" != -- ]; do
    steps+=("$1")
    shift
  done
  shift
  at_terminal "${steps[@]}" 'expect:shell> ' 'send:end\n' -- \
    sh -c '"$@"; printf "shell> "; read -r line; echo "it read <$line>"' sh "$@"
}

@test "nothing of an answer that is too long is left for the shell" {
  start_server
  printf '%0600d' 0 >"$TMPDIR/long"
  then_shell 'expect:First and last name: ' "file:$TMPDIR/long" 'send:\n' \
    -- env AGENTSECRETS_HOME="$HOME/second" agentsecrets init \
    --server "$SERVER_URL" --email a@example.com
  assert_match 'longer than'
  assert_match 'it read <end>'
}

@test "nothing of a value that is too long is left for the shell" {
  printf '%0140000d' 0 >"$TMPDIR/long"
  then_shell 'expect:KEY: ' echo:off "file:$TMPDIR/long" 'send:\n' \
    -- agentsecrets set KEY
  assert_match 'the answer is longer than 131071 bytes'
  assert_match 'it read <end>'
  not_stored
}

@test "half an answer is not left for the shell when a signal ends it" {
  start_server
  then_shell 'expect:E-mail: ' 'send:rm file' 'sh:kill -TERM $(cat pid)' \
    -- sh -c 'echo $$ >pid; exec "$@"' sh \
    env AGENTSECRETS_HOME="$HOME/second" agentsecrets init \
    --server "$SERVER_URL"
  assert_match 'it read <end>'
}

@test "a made password may be typed where only Enter is wanted" {
  at_terminal 'expect:(empty: make one for me): ' 'send:\n' \
    'expect:press Enter. ' 'send:ABCD-EFGH-JKMN-PQRS-and-a-lot-more\n' \
    -- env AGENTSECRETS_HOME="$HOME/second" agentsecrets init --project other
  assert_status 0
  [ -e "$HOME/second/account.json" ]
}

@test "no value is asked for where there is no place or no name for it" {
  at_terminal -- agentsecrets set NO-NAME
  assert_status 2
  assert_one_error "invalid name 'NO-NAME'"
  mkdir ../elsewhere
  cd ../elsewhere
  at_terminal -- agentsecrets set KEY
  assert_status 1
  assert_one_error 'no project here'
}
