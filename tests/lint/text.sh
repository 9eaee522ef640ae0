#!/bin/bash
# Scripts, formatting and leftovers.
. "$(dirname "$0")/lib.bash"
needs fish shellcheck clang-format-14 mandoc zsh

# The files of the project, without what was built.
files() {
  find . -path ./build -prune -o -path ./.git -prune -o \
    -path ./autom4te.cache -prune -o -path ./build-aux -prune -o \
    -type f ! -name 'configure*' ! -name 'Makefile.in' ! -name aclocal.m4 \
    ! -name 'config.h.in*' ! -name '*~' ! -path './tests/fuzz/corpus/*' \
    ! -path './tests/vectors/*' ! -path './tests/fixtures/*' -print | sed 's,^\./,,' | sort
}

scripts() {
  files | while IFS= read -r file; do
    case $file in
    *.sh | *.bash | dev | .ci/run) ;;
    *.bats) continue ;;
    *) head -c 32 "$file" | head -n 1 | grep -qaE '^#!.*/(ba)?sh' || continue ;;
    esac
    echo "$file"
  done
}

# "T""ODO", so that this file does not find itself.
leftovers() {
  files | xargs grep -nIE "T""ODO|F""IXME|X""XX" | grep -v 'XX''XX'
}

# Paths of the machine it was written on, and words about how it came to be.
strays() {
  files | xargs grep -nIE \
    "(^|[[:space:]\"'=:(])(/w""ork/|/ro""ot/|/tmp/br""ief)"
}

scripts | xargs shellcheck -x -P SCRIPTDIR -P . -f gcc | found_nothing 'shellcheck finds nothing'
# In a bats file a cd that fails ends the test.
find tests -name '*.bats' | sort |
  xargs -r shellcheck -x -P SCRIPTDIR -P . -f gcc -S warning -e SC2164 |
  found_nothing 'shellcheck finds nothing in the bats files'
{
  zsh -n completions/_agentsecrets
  fish -n completions/agentsecrets.fish
} 2>&1 | found_nothing 'zsh and fish can read their completions'
sources src include tests | xargs clang-format-14 --dry-run 2>&1 |
  sed -nE 's/^([^:]*):[0-9]+:[0-9]+: (warning|error):.*/\1/p' | sort -u |
  found_nothing 'clang-format would change nothing (./dev fmt)'
find man -name '*.[1-8]' | sort | xargs -r mandoc -Tlint -W warning 2>&1 |
  found_nothing 'mandoc -Tlint finds nothing'
leftovers | found_nothing 'nothing is left for later'
strays | found_nothing 'no path of somebody'"'"'s machine'
files | xargs grep -nIE '[[:space:]]+$' -- 2>/dev/null |
  grep -vE '^(LICENSE|man/)' | found_nothing 'no space at the end of a line'
lint_done
