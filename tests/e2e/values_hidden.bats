#!/usr/bin/env bats
# A value in the wrong place of the command line is not shown: an error quotes
# what was typed up to its '='.
load lib
remember_passwords

setup() {
  fresh_home
  new_account
  SECRET=sk_live_0123456789abcdef
}
teardown() { end_all; }

# hides STATUS PATTERN WORD...: the command fails with one error like this,
# which does not hold the value.
hides() {
  local expected=$1 pattern=$2
  shift 2
  run -"$expected" agentsecrets "$@"
  assert_one_error "$pattern"
  [[ $output != *sk_live* ]] || fail 'the value is shown:' "$output"
}

@test "where a command is meant" {
  hides 2 "unknown command 'secrets STRIPE'" secrets "STRIPE=$SECRET"
  hides 2 "unknown command 'STRIPE'" "STRIPE=$SECRET"
}

@test "where nothing more is meant" {
  local command
  for command in list unlock lock status trust 'server get' 'get A' \
    'push file' 'project create name'; do
    # shellcheck disable=SC2086 # the words of a command
    hides 2 "'STRIPE' is one too many" $command "STRIPE=$SECRET"
  done
}

@test "where a name is meant" {
  hides 2 "invalid name 'STRIPE'" get "STRIPE=$SECRET"
  hides 2 "invalid name 'STRIPE'" delete "STRIPE=$SECRET"
  hides 2 "invalid name 'STR-IPE'" set "STR-IPE=$SECRET"
  hides 2 "'STRIPE' cannot be a project's name" \
    project create "STRIPE=$SECRET"
  hides 1 "no project 'STRIPE'" project use "STRIPE=$SECRET"
  hides 2 "unknown environment 'STRIPE'" set -e "STRIPE=$SECRET" A=b
  hides 1 "project 'STRIPE' is not known" set -p "STRIPE=$SECRET" A=b
}

@test "where a name is too long to be one" {
  hides 2 "invalid name 'STRIPE…'" get "STRIPE=$SECRET$(printf '%0300d' 0)"
}

@test "where a file is meant" {
  local long
  long=$(printf '%0300d' 0)
  hides 1 "cannot read 'STRIPE': there is no such file" push "STRIPE=$SECRET"
  hides 1 "cannot read 'STRIPE': File name too long" \
    push "STRIPE=$SECRET$long"
  hides 1 'the path of a .env file is too long' \
    push "STRIPE=$SECRET$(printf '%05000d' 0)"
  agentsecrets set A=b
  hides 3 "cannot read password file 'STRIPE'" \
    get A --password-file "STRIPE=$SECRET"
}

@test "where a server is meant" {
  hides 2 "'STRIPE' is no server URL" server set "STRIPE=$SECRET"
}

@test "where the command to start is meant" {
  hides 127 "'STRIPE': command not found" env "STRIPE=$SECRET" true
  hides 127 "'a/STRIPE': command not found" env "a/STRIPE=$SECRET" true
}

@test "where a value begins with '@' and is taken for the name of a file" {
  hides 1 "cannot read the file for 'STRIPE': No such file" \
    set "STRIPE=@$SECRET"
  assert_match "hint: a value that begins with '@'"
  mkdir "$SECRET"
  hides 1 "cannot read the file for 'STRIPE'" set "STRIPE=@$SECRET"
}

@test "where a list of names is meant" {
  agentsecrets set STRIPE=1
  hides 125 "secret not found: GONE" env --only "GONE=$SECRET" -- true
  hides 125 "secret not found: GONE" env --except "GONE=$SECRET" -- true
  hides 125 "'--only' has an empty name in its list: 'STRIPE'" \
    env --only "STRIPE=$SECRET,,A" -- true
}
