#!/bin/bash
# The command line against its manual pages and its completion. The program
# itself says what it takes: `agentsecrets __dump` prints a line an option,
# COMMAND tab LETTER tab NAME tab METAVARIABLE tab HELP, and a line a command
# with the option columns empty.
. "$(dirname "$0")/lib.bash"
needs join
program=${AGENTSECRETS_PREFIX:?}/bin/agentsecrets
dump=$(mktemp)
trap 'rm -f "$dump"' EXIT
"$program" __dump >"$dump" || echo '(failed)' >"$dump"

# manual OPTION-LINE: each option of the manual pages as "COMMAND NAME". A
# page says which command it is at: `.Nm agentsecrets` with the words after it
# in `.Cm`, in the synopsis or the heading of a section's list.
manual() {
  awk '
    # .It Fl e , Fl Fl environment Ar NAME  |  .It Fl Fl only Ar A,B
    /^\.It .*Fl / {
      line = $0
      while (match(line, /Fl Fl [a-z0-9-]+/)) {
        print substr(line, RSTART + 6, RLENGTH - 6)
        line = substr(line, RSTART + RLENGTH)
      }
      line = $0
      while (match(line, /Fl [A-Za-z]([ ,]|$)/)) {
        print substr(line, RSTART + 3, 1)
        line = substr(line, RSTART + RLENGTH)
      }
    }' "$@" | sort -u
}

# --version belongs to no command.
options() {
  {
    echo version
    awk -F'\t' '$2 != "" { print $2 } $3 != "" { print $3 }' "$@"
  } | sort -u
}

commands() { cut -f1 "$dump" | sort -u; }

pages() { find man -name 'agentsecrets*.1' | sort; }

# A command is in the manual when a page has its last word in .Cm or .Ss.
unexplained() {
  commands | while IFS= read -r command; do
    [ -n "$command" ] || continue
    pages | xargs grep -qE \
      "^\.(It|Nm|Ss|Sh|Op|Cm).*(Cm|Ss|Nm)[[:space:]].*${command##* }([[:space:]]|\$)" ||
      echo "no page explains '$command'"
  done
}

complete() {
  # What the completion offers after these words.
  "$program" __complete "$@" 2>/dev/null
}

not_completed() {
  awk -F'\t' '$3 != "" { print $1 "\t--" $3 }' "$dump" |
    while IFS=$'\t' read -r command option; do
      # shellcheck disable=SC2086 # the words of a command
      complete $command -- | grep -qxF -- "$option" ||
        echo "'$command' is not completed with $option"
    done
}

grep -n '(failed)' "$dump" | found_nothing 'the program says what it takes'
awk -F'\t' 'NF != 5' "$dump" | found_nothing 'in lines of five columns'
awk -F'\t' '$5 == ""' "$dump" | found_nothing 'with a word of help for each'
comm -23 <(options "$dump") <(pages | xargs awk '{ print }' | manual -) |
  found_nothing 'every option is in a manual page'
comm -13 <(options "$dump") <(pages | xargs awk '{ print }' | manual -) |
  found_nothing 'the manual pages have no option that is not there'
unexplained | found_nothing 'every command is in a manual page'
not_completed | found_nothing 'every option is completed'
lint_done
