#!/usr/bin/env bats
# --output: boxes for scripts that scrape them, as other AgentSecrets programs
# print them.
load lib
remember_passwords
load team

setup() { fresh_home; }
teardown() { end_all; }

# is_grid: every line has the same width on a terminal, and rounded borders.
is_grid() {
  python3 - "$output" <<'PYTHON' || fail "$output"
import sys, unicodedata

def width(text):
    return sum(0 if unicodedata.combining(c) else
               2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)

lines = sys.argv[1].split("\n")
assert len({width(line) for line in lines}) == 1, [width(line) for line in lines]
assert set(lines[0]) <= set("╭─┬╮") and lines[0][0] == "╭" and lines[0][-1] == "╮"
assert set(lines[2]) <= set("├─┼┤") and lines[2][0] == "├" and lines[2][-1] == "┤"
assert set(lines[-1]) <= set("╰─┴╯") and lines[-1][0] == "╰" and lines[-1][-1] == "╯"
for line in [lines[1]] + lines[3:-1]:
    cells = line.split("│")
    assert cells[0] == cells[-1] == "", line
    assert all(c[0] == c[-1] == " " for c in cells[1:-1]), line
PYTHON
}

@test "list" {
  new_account web
  agentsecrets set -q A=1 LONGER_NAME=2
  run -0 agentsecrets list --output table
  is_grid
  [ "$output" = $'╭─────────────╮\n│ Key         │\n├─────────────┤\n│ A           │\n│ LONGER_NAME │\n╰─────────────╯' ]
  run -0 agentsecrets list --output plain
  [ "$output" = $'A\nLONGER_NAME' ]
  run -0 agentsecrets list --output json
  [ "$output" = "$(agentsecrets list --json)" ]
  run -0 agentsecrets list -e staging --output table
  is_grid
  [ "${#lines[@]}" = 4 ]
}

@test "in every locale" {
  new_account web
  agentsecrets project update -q --description '日本語 é'
  for locale in C POSIX C.UTF-8 nonsense; do
    LC_ALL=$locale run -0 agentsecrets project list --output table
    is_grid
    assert_line '│ web     │ Personal  │ 日本語 é    │'
  done
}

@test "project list: a dash for no description, wide and combining characters" {
  new_account web
  agentsecrets project create -q app
  agentsecrets project update -q --description $'日本語 e\u0301 ü'
  run -0 agentsecrets project list --output table
  is_grid
  assert_line '│ web     │ Personal  │ —           │'
  assert_line '│ Project │ Workspace │ Description │'
}

@test "diff" {
  start_server
  new_team web
  agentsecrets set -q KEY=1 OTHER=1
  next_machine two
  agentsecrets pull -q
  on one agentsecrets set -q KEY=2 NEW=1
  run -0 agentsecrets diff --output table
  is_grid
  assert_line '│ KEY │ changed there │'
  assert_line '│ NEW │ only there    │'
  run -1 agentsecrets diff --output table --exit-code
  run -0 agentsecrets diff
  [ "$output" = $'only there    NEW\nchanged there KEY' ]
}

@test "log list, and what a terminal would obey" {
  printf '%s\n' '{"timestamp":"2026-11-24T10:00:00Z","event":"env","project":"a\u001b[2J","environment":"staging","command":"日本\u202e","secret_keys":["A"]}' \
    >"$AGENTSECRETS_HOME/audit.log"
  chmod 0600 "$AGENTSECRETS_HOME/audit.log"
  run -0 agentsecrets log list --output table
  is_grid
  assert_line '│ 1      │ 2026-11-24T10:00:00Z │ a\u{1b}[2J │ staging     │ 1       │ 日本\u{202e} │'
}

@test "another output, and two at once" {
  new_account web
  for words in 'list' 'project list' 'log list' 'diff'; do
    # shellcheck disable=SC2086 # the words of a command
    run -2 agentsecrets $words --output yaml
    assert_one_error "unknown output 'yaml'"
    assert_match 'hint: it is one of plain, table, json'
    # shellcheck disable=SC2086
    run -2 agentsecrets $words --output table --json
    assert_one_error '--json and --output exclude each other'
    # shellcheck disable=SC2086
    run -0 agentsecrets $words --output json --json
  done
}
