# shellcheck shell=bash
# What the lints share. A lint prints TAP: a case passes when it found nothing.
# No -e: a grep that finds nothing is the good case. So that a tool that is
# not there does not pass for one that finds nothing, a lint names its tools.
set -u
shopt -s lastpipe
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
lint_n=0
lint_failed=0

# needs TOOL...
needs() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || {
      printf 'Bail out! %s is missing\n' "$tool"
      exit 1
    }
  done
}
needs awk comm find grep sed sort tac xargs

# found_nothing NAME: pass where standard input is empty, else show it.
found_nothing() {
  local lines
  lines=$(cat)
  lint_n=$((lint_n + 1))
  if [ -z "$lines" ]; then
    printf 'ok %d - %s\n' "$lint_n" "$1"
  else
    printf 'not ok %d - %s\n' "$lint_n" "$1"
    printf '%s\n' "$lines" | sed 's/^/# /'
    lint_failed=1
  fi
}

lint_done() {
  printf '1..%d\n' "$lint_n"
  exit "$lint_failed"
}

# sources FOLDER...: the C files below, one a line.
sources() { find "$@" -name '*.[ch]' | sort; }

# without_comments FILE...: the code of C files as FILE:LINE:TEXT, comments
# blanked, line numbers kept, strings kept.
without_comments() {
  awk '
    FNR == 1 { inside = 0 }
    {
      out = ""; rest = $0
      while (rest != "") {
        if (inside) {
          end = index(rest, "*/")
          if (!end) { rest = ""; break }
          rest = substr(rest, end + 2); inside = 0
        } else if (match(rest, /"([^"\\]|\\.)*"|\/\*|\/\//)) {
          token = substr(rest, RSTART, RLENGTH)
          out = out substr(rest, 1, RSTART - 1)
          rest = substr(rest, RSTART + RLENGTH)
          if (token == "/*") inside = 1
          else if (token == "//") rest = ""
          else out = out token
        } else {
          out = out rest; rest = ""
        }
      }
      print FILENAME ":" FNR ":" out
    }' "$@"
}
