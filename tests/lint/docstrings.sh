#!/bin/bash
# What another room can call says what it does, right above it.
. "$(dirname "$0")/lib.bash"
needs ctags

undocumented() {
  ctags -f - --languages=C --kinds-C=p --langmap=C:.h --fields=n \
    --excmd=number include/agentsecrets/*.h 2>/dev/null |
    awk -F'\t' '{ sub(/^line:/, "", $NF); print $2, $NF, $1 }' |
    while read -r file line name; do
      # Up from the declaration to the end of a comment; declarations
      # between, without an empty line, share it.
      sed -n "1,$((line - 1))p" "$file" | tac |
        awk '/\*\/[[:space:]]*$/ { found = 1; exit }
             /^[[:space:]]*$|[{}][[:space:]]*$|^#/ { exit }
             END { exit !found }' ||
        echo "$file:$line: $name() has no comment"
    done
}

headers_without_a_paragraph() {
  for file in include/agentsecrets/*.h; do
    head -n 1 "$file" | grep -q '^/\*' || echo "$file: says not what it is for"
  done
}

undocumented | found_nothing 'every function of a public header is described'
headers_without_a_paragraph | found_nothing 'every public header is described'
lint_done
