#!/bin/bash
# The pages for people name files and ./dev words that exist.
. "$(dirname "$0")/lib.bash"
pages=(README.md ARCHITECTURE.md HACKING.md SECURITY.md)

# The backquotes are the pages'.
# shellcheck disable=SC2016
paths() {
  for page in "${pages[@]}"; do
    [ -f "$page" ] || {
      echo "$page is missing"
      continue
    }
    # `src/room/file.c` and the like; what ends in / is a folder.
    grep -noE '`(src|include|tests|man|completions|examples|m4|\.ci)/[A-Za-z0-9_./-]*`' \
      "$page" | while IFS=: read -r line path; do
      path=${path//\`/}
      [ -e "$path" ] || echo "$page:$line: $path does not exist"
    done
    # A line of the story names files relative to src.
    grep -noE '`[a-z]+/[a-z_]+\.[ch]`' "$page" |
      while IFS=: read -r line path; do
        path=${path//\`/}
        [ -e "src/$path" ] || [ -e "$path" ] ||
          echo "$page:$line: src/$path does not exist"
      done
  done
}

words() {
  grep -noE '\./dev [a-z]+' "${pages[@]}" 2>/dev/null |
    while IFS=: read -r page line word; do
    grep -qE "^  ${word#./dev } " <(./dev) ||
      echo "$page:$line: there is no '$word'"
  done
}

paths | found_nothing 'the paths in the pages exist'
words | found_nothing 'the ./dev words in the pages exist'
lint_done
