#!/usr/bin/env bats
# What is asked on a terminal, and that the terminal survives every answer.
load lib
remember_passwords

setup() { fresh_home; }
teardown() { end_all; }

# at_terminal STEP... -- COMMAND...: without a password from anywhere else.
at_terminal() {
  run env -u AGENTSECRETS_PASSWORD_FILE \
    python3 "$BATS_TEST_DIRNAME/terminal.py" "$@"
}

password() { cat "$HOME/password"; }

# shows_not FILE: the terminal did not show what the file holds.
shows_not() {
  [[ $output != *"$(cat "$1")"* ]] || fail 'the terminal shows a secret'
}

@test "init asks what it needs, the password twice and hidden" {
  start_server
  random_canary password 24
  mkdir Web.Shop
  cd Web.Shop
  at_terminal 'expect:E-mail: ' echo:on 'send:Ann@Example.com\n' \
    'expect:First and last name: ' 'send:Ann Other\n' \
    'expect:New account password' 'expect:for me): ' echo:off \
    file:../password 'send:\n' 'expect:Once more: ' echo:off \
    file:../password 'send:\n' \
    'expect:Project for this directory [web-shop]' echo:on 'send:\n' \
    -- agentsecrets init --server "$SERVER_URL"
  assert_status 0
  shows_not ../password
  assert_match 'set up: ann@example.com at http://127.0.0.1'
  assert_match 'project +web-shop'
  agentsecrets set KEY=value --password-file ../password
  run agentsecrets whoami
  assert_line 'name        Ann Other'
}

@test "init with the embedded server asks for the password only" {
  random_canary password 24
  at_terminal 'expect:New account password' 'expect:for me): ' file:password 'send:\n' \
    'expect:Once more: ' file:password 'send:\n' \
    'expect:Project for this directory' 'send:-\n' -- agentsecrets init
  assert_status 0
  shows_not password
  [ ! -e .agentsecrets ]
}

@test "init takes another project name from the answer" {
  random_canary password 24
  at_terminal 'expect:Project for this directory [work]' 'send:other\n' \
    -- agentsecrets init --password-file password
  assert_status 0
  run agentsecrets project list
  assert_line other
}

@test "Ctrl-C at the question for the project leaves no account" {
  random_canary password 24
  at_terminal 'expect:Project for this directory' 'send:\x03' \
    -- agentsecrets init --password-file password
  assert_status 130
  [ ! -e "$AGENTSECRETS_HOME/account.json" ]
  [ ! -e "$AGENTSECRETS_HOME/account.pending" ]
}

@test "an impossible project name makes no account" {
  random_canary password 24
  run --separate-stderr agentsecrets init --password-file password \
    --project $'a\tb'
  assert_status 2
  [ ! -e "$AGENTSECRETS_HOME/account.json" ]
}

@test "two passwords that differ make no account" {
  at_terminal 'expect:New account password' 'expect:for me): ' \
    'send:Correct-Horse-1\n' 'expect:Once more: ' 'send:Correct-Horse-2\n' \
    -- agentsecrets init
  assert_status 2
  assert_match 'agentsecrets: the two did not match'
  [[ $output != *Horse* ]]
  [ ! -e "$AGENTSECRETS_HOME/account.json" ]
}

@test "a password that is too weak is refused before it is typed again" {
  at_terminal 'expect:New account password' 'expect:for me): ' 'send:short\n' \
    -- agentsecrets init
  assert_status 2
  assert_match 'agentsecrets: .*12'
  [ ! -e "$AGENTSECRETS_HOME/account.json" ]
}

@test "an empty answer makes a password, shows it once and uses it" {
  at_terminal 'expect:New account password (empty: make one for me): ' \
    'send:\n' 'expect:Password: ' 'expect:press Enter. ' 'send:\n' \
    -- agentsecrets init --project web
  assert_status 0
  [[ $output =~ Password:\ ([0-9A-Z]{4}(-[0-9A-Z]{4}){3}) ]]
  printf '%s' "${BASH_REMATCH[1]}" >"$BATS_TEST_TMPDIR/generated"
  agentsecrets set KEY=value --password-file "$BATS_TEST_TMPDIR/generated"
}

# Everything below has an account.
set_steps=('expect:KEY: ' echo:off file:value 'send:\n'
  'expect:Password: ' echo:off)

# type_value: the value of the file `value` at the prompt, then the password.
type_value() {
  at_terminal "${set_steps[@]}" "file:$HOME/password" 'send:\n' \
    -- agentsecrets set KEY
}

stored_is() { agentsecrets get KEY | cmp - "$1"; }

not_stored() {
  run agentsecrets get KEY
  assert_status 1
}

@test "set KEY asks hidden; the line end is not part of the value" {
  new_account
  random_canary value
  type_value
  assert_status 0
  shows_not value
  shows_not "$HOME/password"
  stored_is value
}

@test "7000 characters pasted at the prompt arrive whole" {
  new_account
  random_canary value 7000
  type_value
  assert_status 0
  stored_is value
}

@test "backspace takes a whole character, Ctrl-U the whole line" {
  new_account
  printf 'gr\303\274n' >wanted
  at_terminal 'expect:KEY: ' echo:off \
    'send:rubbish\x15gr\xc3\xbcnx\x7f\xc3\xa9\x7f' 'send:\n' \
    'expect:Password: ' "file:$HOME/password" 'send:\n' \
    -- agentsecrets set KEY
  assert_status 0
  stored_is wanted
}

@test "an empty line is an empty value" {
  new_account
  : >value
  type_value
  assert_status 0
  stored_is value
}

@test "Ctrl-C at a hidden prompt: a signal death, echo is on, nothing stored" {
  new_account
  at_terminal 'expect:KEY: ' echo:off 'send:half\x03' -- agentsecrets set KEY
  assert_status 130
  [[ $output != *half* ]]
  not_stored
}

@test "Ctrl-C at a question" {
  start_server
  at_terminal 'expect:E-mail: ' 'send:half\x03' \
    -- agentsecrets init --server "$SERVER_URL"
  assert_status 130
  [ ! -e "$AGENTSECRETS_HOME/account.json" ]
}

@test "Ctrl-C at the first password of init: the next init works" {
  at_terminal 'expect:New account password' 'expect:for me): ' echo:off 'send:\x03' \
    -- agentsecrets init
  assert_status 130
  [ ! -e "$AGENTSECRETS_HOME/account.json" ]
  new_account
}

@test "Ctrl-Z gives the echo back, fg asks again" {
  new_account
  random_canary value
  at_terminal 'expect:KEY: ' echo:off 'send:half\x1a' stopped echo:on fg \
    "${set_steps[@]}" 'send:half\x1a' stopped echo:on fg \
    'expect:Password: ' echo:off "file:$HOME/password" 'send:\n' \
    -- agentsecrets set KEY
  assert_status 0
  shows_not value
  stored_is value
}

@test "SIGTERM and SIGHUP give the echo back" {
  local signal
  new_account
  for signal in TERM:143 HUP:129 QUIT:131; do
    at_terminal 'expect:KEY: ' echo:off "kill:${signal%:*}" \
      -- agentsecrets set KEY
    assert_status "${signal#*:}"
  done
  not_stored
}

@test "the end of the file is no answer" {
  new_account
  at_terminal 'expect:KEY: ' echo:off 'send:\x04' -- agentsecrets set KEY
  assert_status 1
  assert_match 'agentsecrets: no answer was given'
  not_stored
}

@test "a wrong password at the prompt is told as such" {
  new_account
  agentsecrets set KEY=value
  at_terminal 'expect:Password: ' 'send:not the one\n' \
    'expect:wrong password, once more' 'expect:Password: ' echo:off \
    'send:nor this\n' 'expect:Password: ' echo:off 'send:nor that\n' \
    -- agentsecrets get KEY
  assert_status 3
  assert_match 'agentsecrets: cannot open the private key: wrong password'
  [[ $output != *value* ]]
  at_terminal 'expect:Password: ' 'send:not the one\n' 'expect:once more' \
    'expect:Password: ' echo:off "file:$HOME/password" 'send:\n' \
    -- agentsecrets get KEY
  assert_status 0
  assert_match value
}

@test "get prints a newline on a terminal, and the bytes elsewhere" {
  new_account
  printf 'no end' >value
  agentsecrets set KEY=@value
  stored_is value
  at_terminal -- agentsecrets get KEY --password-file "$HOME/password"
  assert_status 0
  [ "$output" = 'no end' ]
  # Bats drops the last newline: see it before the next line.
  at_terminal -- sh -c \
    "agentsecrets get KEY --password-file '$HOME/password'; echo next"
  assert_line 'no end'
  assert_line next
}

@test "a folder that nobody bound: the question takes y, and else refuses" {
  new_account
  agentsecrets set KEY=value
  mkdir ../clone
  cp -r .agentsecrets ../clone
  cd ../clone
  at_terminal "expect:Trust it? [y/N] " 'send:\n' \
    -- agentsecrets list --password-file "$HOME/password"
  assert_status 3
  assert_match 'is not trusted yet'
  assert_match "hint: .*'agentsecrets trust'"
  at_terminal "expect:It means project 'web'. Trust it? [y/N] " 'send:y\n' \
    -- agentsecrets list --password-file "$HOME/password"
  assert_status 0
  assert_line KEY
  # And that is remembered.
  run agentsecrets list
  assert_status 0
}

@test "push asks before it takes a .env that nobody named" {
  new_account
  printf 'A=1\nB=2\n' >.env
  at_terminal 'expect:Push 2 names from .env? [y/N] ' 'send:n\n' \
    -- agentsecrets push --password-file "$HOME/password"
  assert_status 0
  run agentsecrets list
  [ -z "$output" ]
  at_terminal 'expect:Push 2 names from .env? [y/N] ' 'send:y\n' \
    -- agentsecrets push --password-file "$HOME/password"
  assert_status 0
  run agentsecrets list
  assert_line B
}

@test "logout --forget wants the account's name, and says what will be lost" {
  start_server
  new_account web --server "$SERVER_URL" --email ada@example.com \
    --name 'Ada Lovelace'
  at_terminal "expect:account 'ada@example.com' and its key" \
    'expect:No recovery kit was made here' \
    "expect:Type 'ada@example.com' to go on: " 'send:no\n' \
    -- agentsecrets logout --forget
  assert_status 1
  [ -e "$AGENTSECRETS_HOME/account.json" ]
  at_terminal "expect:Type 'ada@example.com' to go on: " \
    'send:ada@example.com\n' -- agentsecrets logout --forget
  assert_status 0
  [ ! -e "$AGENTSECRETS_HOME/account.json" ]
}

@test "logout --forget of an embedded account wants a word that can be typed" {
  new_account
  at_terminal 'expect:every secret' "expect:Type 'embedded' to go on: " \
    'send:local\n' -- agentsecrets logout --forget
  assert_status 1
  [ -e "$AGENTSECRETS_HOME/account.json" ]
  at_terminal "expect:Type 'embedded' to go on: " 'send:embedded\n' \
    -- agentsecrets logout --forget
  assert_status 0
  [ ! -e "$AGENTSECRETS_HOME/server" ]
}

@test "key export asks nothing for a file that is there" {
  new_account
  touch kit.txt
  at_terminal -- agentsecrets key export --out kit.txt
  assert_status 1
  [ "${lines[0]}" = "agentsecrets: cannot write 'kit.txt': it exists already" ]
}

@test "an empty answer is stored, with a warning" {
  new_account
  at_terminal 'expect:Value of KEY: ' 'send:\n' \
    -- agentsecrets set KEY --password-file "$HOME/password"
  assert_status 0
  assert_match "warning: the value of 'KEY' is empty"
  assert_match 'stored KEY'
  [ -z "$(agentsecrets get KEY)" ]
}

@test "a value on the command line draws one warning, on a terminal only" {
  new_account
  at_terminal -- agentsecrets set KEY=value --password-file "$HOME/password"
  assert_status 0
  assert_match 'warning: a value on the command line'
  run agentsecrets set KEY=other
  [[ $output != *warning* ]]
}
