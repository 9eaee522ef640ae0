#!/usr/bin/env bats
# import and export: a file in, a file out, byte for byte, and never a terminal.
# shellcheck disable=SC2016
load lib
remember_passwords
load team

setup() { fresh_home; }
teardown() { end_all; }

# holds NAME FILE: the secret is what the file has, byte for byte.
holds() {
  agentsecrets get "$1" | cmp - "$2" || fail "$1 is another"
}

@test "a .env file: added, changed, unchanged" {
  new_account web
  agentsecrets set -q KEEP=1 CHANGE=1 SAME=1
  printf '%s\n' 'NEW="two\nlines"' CHANGE=2 SAME=1 >in.env
  run -0 agentsecrets import in.env
  [ "$output" = '1 added, 1 changed, 1 unchanged in web/development' ]
  run -0 agentsecrets env --fresh -- sh -c 'echo "$KEEP $CHANGE $SAME $NEW"'
  [ "$output" = $'1 2 1 two\nlines' ]
  run -0 agentsecrets secrets import in.env
  [ "$output" = '0 added, 0 changed, 3 unchanged in web/development' ]
}

@test "JSON, by its name, its content, or the option; from a file, a pipe, stdin" {
  local body='{"A": "x\ny", "B": "\u00e4\"\\/", "C": ""}'
  new_account web
  printf '%s' "$body" >in.json
  run -0 agentsecrets import in.json
  [ "$output" = '3 added, 0 changed, 0 unchanged in web/development' ]
  printf 'x\ny' | cmp - <(agentsecrets get A)
  printf 'ä"\\/' | cmp - <(agentsecrets get B)
  printf '' | cmp - <(agentsecrets get C)
  run -0 agentsecrets import -e staging - <<<"$body"
  [ "$output" = '3 added, 0 changed, 0 unchanged in web/staging' ]
  run -0 agentsecrets import -e production <(printf '  \n%s' "$body")
  [ "$output" = '3 added, 0 changed, 0 unchanged in web/production' ]
  printf '%s' "$body" >odd.env
  run -0 agentsecrets import odd.env
  run -1 agentsecrets import --format dotenv odd.env
  assert_one_error 'odd.env:1:1'
  printf 'D=1\n' >dotenv.json
  run -1 agentsecrets import dotenv.json
  assert_one_error 'is not sound JSON'
  run -0 agentsecrets import --format dotenv dotenv.json
  run -0 agentsecrets import -q - <<<'E=1'
  [ -z "$output" ]
  [ "$(agentsecrets get E)" = 1 ]
}

@test "all or nothing: one thing wrong and nothing is stored" {
  new_account web
  for body in '{"A":"1","B":2}' '{"A":"1","B":true}' '{"A":"1","B":null}' \
    '{"A":"1","B":["x"]}' '{"A":"1","B":{"C":"x"}}'; do
    run -1 agentsecrets import - <<<"$body"
    assert_one_error "standard input:1:14: the value of 'B' is .*, not a text"
    assert_match 'hint: put the value in quotes'
  done
  run -2 agentsecrets import - <<<'{"A":"1","a":"2"}'
  assert_one_error "standard input:1:10: 'a' is given twice \\(case does not"
  run -2 agentsecrets import - <<<$'{"A":"1",\n "B":"", "A":"2"}'
  assert_one_error "standard input:2:10: 'A' is given twice"
  run -2 agentsecrets import - <<<$'A=1\nB=2\n export a=3'
  assert_one_error "standard input:3:9: 'a' is given twice"
  printf 'A=1\nexport a=3\n' >twice.env
  run -2 agentsecrets push twice.env
  assert_one_error "twice.env:2:8: 'a' is given twice"
  run -1 agentsecrets import - <<<'{"A":"1","B-C":"2"}'
  assert_one_error "'B-C' is not the name of a variable"
  run -2 agentsecrets import - <<<'{"A":"1","_B":"2"}'
  assert_one_error "standard input:1:10: invalid name '_B'"
  run -1 agentsecrets import - <<<'["A"]'
  run -1 agentsecrets import - <<<$'A=1\nnonsense'
  assert_one_error 'standard input:2:9: not an assignment'
  run -2 agentsecrets import - <<<$'A=1\n  _B=2'
  assert_one_error "standard input:2:3: invalid name '_B'"
  python3 -c 'print("{\"A\":\"1\",\"B\":\"" + "x" * 131072 + "\"}")' >large.json
  run -1 agentsecrets import large.json
  assert_one_error "the value of 'B' is larger than 131071 bytes"
  run -0 agentsecrets list
  [ -z "$output" ]
}

@test "lower-case names are kept by project.json, as with push" {
  new_account web
  run -0 agentsecrets import - <<<'{"lower": "1", "UPPER": "2"}'
  assert_line 'project.json maps lower=LOWER'
  run -0 agentsecrets env -- sh -c 'echo $lower $UPPER'
  [ "$output" = '1 2' ]
  agentsecrets export -q out.json
  [ "$(<out.json)" = $'{\n  "UPPER": "2",\n  "lower": "1"\n}' ]
}

@test "--dry-run says what would happen, and stores nothing" {
  new_account web
  agentsecrets set -q CHANGE=1 SAME=1
  run -0 agentsecrets import --dry-run - <<<'{"NEW":"1","CHANGE":"2","SAME":"1","low":"1"}'
  assert_line 'would add    LOW'
  assert_line 'would add    NEW'
  assert_line 'would change CHANGE'
  assert_line 'nothing stored: 2 added, 1 changed, 1 unchanged in web/development'
  run -0 agentsecrets list
  [ "$output" = $'CHANGE\nSAME' ]
  [ "$(agentsecrets get CHANGE)" = 1 ]
  run ! grep -q '"low"' .agentsecrets/project.json
}

@test "what somebody else wrote meanwhile is a conflict, and --force goes over it" {
  start_server
  new_team web
  agentsecrets set -q KEY=1
  next_machine two
  agentsecrets pull -q
  on one agentsecrets set -q KEY=2
  run -5 agentsecrets import - <<<'{"KEY":"3","OTHER":"x"}'
  assert_one_error 'changed on the server since the last pull: KEY'
  run -1 agentsecrets get OTHER
  run -0 agentsecrets import --force - <<<'{"KEY":"3","OTHER":"x"}'
  on one agentsecrets pull -q
  [ "$(on one agentsecrets get KEY)" = 3 ]
}

@test "export: mode 0600, sorted, atomic, and never over a file" {
  new_account web
  agentsecrets set -q B=2 A='one two'
  umask 000
  run -0 agentsecrets export out.env
  [ "$output" = "wrote 2 secrets of web/development to 'out.env', in plain" ]
  [ "$(<out.env)" = $'A=\'one two\'\nB=2' ]
  [ "$(stat -c %a out.env)" = 600 ]
  run -0 agentsecrets secrets export out.json
  [ "$(<out.json)" = $'{\n  "A": "one two",\n  "B": "2"\n}' ]
  [ "$(stat -c %a out.json)" = 600 ]
  echo mine >kept
  run -1 agentsecrets export kept
  assert_one_error "cannot write 'kept': it exists already"
  assert_match 'hint: --force replaces it'
  [ "$(<kept)" = mine ]
  run -1 agentsecrets export .
  [ "$output" = "agentsecrets: cannot write '.': it is not a regular file" ]
  chmod 0644 kept
  run -0 agentsecrets export --force --format json kept
  [ "$(<kept)" = "$(<out.json)" ]
  [ "$(stat -c %a kept)" = 600 ]
  ln -s kept link
  run -1 agentsecrets export --force link
  assert_one_error 'not a regular file'
  [ -z "$(find . -name '*.tmp')" ]
}

@test "values are not printed, however standard output is called" {
  new_account web
  agentsecrets set -q KEY=hidden-value
  run -2 agentsecrets export -
  assert_one_error 'secrets are not printed: name a file'
  assert_match "hint: 'agentsecrets get KEY'"
  for target in /dev/stdout /dev/fd/1 /proc/self/fd/1 /dev/tty /dev/null; do
    run agentsecrets export --force "$target"
    [ "$status" = 1 ] || fail "$target: $status"
    [[ $output != *hidden-value* ]] || fail "$target"
  done
}

@test "every byte survives the way out and in again, or is refused by name" {
  new_account web
  printf 'two\r\nlines\n' >bytes.crlf
  printf "it's \" \` \\\\ \$X" >bytes.quotes
  python3 -c 'print("".join(map(chr, range(1, 0x3000))).translate(
      dict.fromkeys(map(ord, "\x27\r"))), end="")' >bytes.all
  agentsecrets set -q CRLF=@bytes.crlf QUOTES=@bytes.quotes ALL=@bytes.all
  agentsecrets export -q all.env
  agentsecrets import -q -e staging all.env
  agentsecrets get -e staging CRLF | cmp - bytes.crlf
  agentsecrets get -e staging QUOTES | cmp - bytes.quotes
  agentsecrets get -e staging ALL | cmp - bytes.all
  printf '\xff' >bytes.none
  agentsecrets set -q NONE=@bytes.none
  for name in none.env none.json; do
    run -1 agentsecrets export "$name"
    assert_one_error "'NONE' .*not UTF-8"
    assert_match "hint: 'agentsecrets get NONE' gives its bytes"
    [ ! -e "$name" ]
  done
  run -1 agentsecrets export none.env
  assert_one_error "'NONE' cannot be written to 'none.env' so that every reader \
reads the same: it is not UTF-8$"
  agentsecrets delete -q NONE
  agentsecrets set -q NONE='${HOME}'
  run -1 agentsecrets export none.env
  assert_one_error "'NONE' cannot be written .*python-dotenv expands$"
  assert_match "hint: 'agentsecrets export FILE.json' can hold it"
  [ ! -e none.env ]
  agentsecrets export -q all.json
  agentsecrets import -q -e production all.json
  agentsecrets get -e production CRLF | cmp - bytes.crlf
  agentsecrets get -e production QUOTES | cmp - bytes.quotes
  [ "$(agentsecrets get -e production NONE)" = '${HOME}' ]
  python3 - <<'PYTHON'
import json
with open("all.json", encoding="utf-8") as file:
    it = json.load(file)
for name in ("CRLF", "QUOTES", "ALL"):
    with open("bytes." + name.lower(), "rb") as file:
        assert it[name].encode() == file.read(), name
PYTHON
}

@test "an empty file, an empty project" {
  new_account web
  : >empty
  run -0 agentsecrets import empty
  [ "$output" = '0 added, 0 changed, 0 unchanged in web/development' ]
  run -0 agentsecrets import - <<<'{}'
  run -0 agentsecrets export none.env
  [ "$output" = "wrote 0 secrets of web/development to 'none.env', in plain" ]
  [ ! -s none.env ]
  agentsecrets export -q none.json
  [ "$(<none.json)" = '{}' ]
}

@test "files that cannot be read or written, formats that are not known" {
  new_account web
  run -1 agentsecrets import absent
  assert_one_error "cannot read 'absent': No such file"
  run -1 agentsecrets import .
  assert_one_error "Is a directory"
  run -2 agentsecrets import --format yaml absent
  assert_one_error "unknown format 'yaml'"
  assert_match 'hint: it is dotenv or json'
  run -2 agentsecrets export --format yaml out
  assert_one_error "unknown format 'yaml'"
  run -1 agentsecrets export absent/out
  assert_one_error "cannot write 'absent/out'"
  run -2 agentsecrets import
  assert_one_error 'FILE.- is missing'
  run -1 agentsecrets import "STRIPE=hidden"
  [[ $output != *hidden* ]]
}

@test "no project, no trust, no key" {
  new_account ''
  run -1 agentsecrets import - <<<'A=1'
  assert_one_error 'no project here'
  agentsecrets project create -q web
  agentsecrets set -q KEY=1
  agentsecrets trust -q --remove
  run -3 agentsecrets import - <<<'A=1'
  assert_one_error 'is not trusted yet'
  run -3 agentsecrets export out
  assert_one_error 'is not trusted yet'
  agentsecrets trust -q
  unset AGENTSECRETS_PASSWORD_FILE
  run -3 agentsecrets export out
  assert_match '--password-file'
  [ ! -e out ]
}

@test "--json" {
  new_account web
  run -0 agentsecrets import --json - <<<'{"low":"1","B":"2"}'
  [ "$output" = '{"project":"web","environment":"development","dry_run":false,"added":["B","LOW"],"changed":[],"mapped":["low=LOW"],"unchanged":0}' ]
  run -0 agentsecrets import --json --dry-run -q - <<<'{"B":"3"}'
  [ "$output" = '{"project":"web","environment":"development","dry_run":true,"added":[],"changed":["B"],"mapped":[],"unchanged":0}' ]
  run -0 agentsecrets export --json out
  [ "$output" = '{"project":"web","environment":"development","file":"out","format":"dotenv","secrets":2}' ]
}
