#!/bin/bash
# Files and functions that one can take in.
. "$(dirname "$0")/lib.bash"
needs ctags expand

long_files() {
  {
    sources src include tests
    find tests completions man -name '*.bats' -o -name '*.sh' \
      -o -name '*.bash' -o -name '*.py'
    echo dev
  } | while IFS= read -r file; do
    n=$(wc -l <"$file")
    case $file in
    tests/unit/*) most=700 ;; # tables of known answers
    *) most=500 ;;
    esac
    [ "$n" -lt "$most" ] || echo "$file: $n lines"
  done
}

long_functions() {
  sources src tests | ctags -L - -f - --languages=C --kinds-C=f \
    --fields=ne --excmd=number 2>/dev/null |
    awk -F'\t' '{
      start = end = 0
      for (i = 3; i <= NF; i++) {
        if ($i ~ /^line:/) start = substr($i, 6)
        if ($i ~ /^end:/) end = substr($i, 5)
      }
      if (end - start + 1 > 70)
        print $2 ":" start ": " $1 "() has " end - start + 1 " lines"
    }'
}

long_lines() {
  # A tab counts as eight columns.
  sources src include | while IFS= read -r file; do
    expand "$file" | LC_ALL=C.UTF-8 grep -nE '^.{81,}' | sed "s,^,$file:,"
  done
}

long_files | found_nothing 'files have fewer than 500 lines (unit tests 700)'
long_functions | found_nothing 'functions have at most 70 lines'
long_lines | found_nothing 'lines of C have at most 80 columns'
lint_done
