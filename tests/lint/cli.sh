#!/bin/bash
# The command line against its manual pages and its completion. The program
# itself says what it takes: `agentsecrets __dump` prints a line an option,
# COMMAND tab LETTER tab NAME tab METAVARIABLE tab HELP, and a line a command
# with the option columns empty.
#
# A page of a group shows each of its commands in SYNOPSIS, with every option,
# by its letter if it has one; and describes each option once, as `.It Fl`.
# agentsecrets(1) has a table of the pages with their commands, and describes
# --help for all of them.
. "$(dirname "$0")/lib.bash"
needs join mandoc uniq
program=${AGENTSECRETS_PREFIX:?}/bin/agentsecrets
tab=$'\t'
dump=$(mktemp)
trap 'rm -f "$dump"' EXIT
"$program" __dump >"$dump" || echo '(failed)' >"$dump"

overview=man/agentsecrets.1

# The pages of groups.
pages() { find man -name 'agentsecrets-*.1' | sort; }

commands() { awk -F'\t' '$3 == "" { print $1 }' "$dump" | sort; }

# shown PAGE: what the synopsis has, as COMMAND, and COMMAND tab OPTION.
shown() {
  mandoc -Tascii -O width=1000 "$1" | sed 's/.\x08//g' |
    awk '/^[A-Z]/ { inside = /^SYNOPSIS/ } inside && /^ +agentsecrets/' |
    sed -E 's/^ +agentsecrets //; s/^\[([a-z]+)\] /\1 /' |
    awk -v commands="$(commands)" '
      BEGIN { n = split(commands, known, "\n") }
      {
        command = ""
        for (i = 1; i <= n; i++)
          if (index($0 " ", known[i] " ") == 1)
            command = known[i]
        if (command == "") {
          print $0 "\t(is no command)"
          next
        }
        print command
        while (match($0, /\[--?[A-Za-z][A-Za-z-]*/)) {
          option = substr($0, RSTART + 1, RLENGTH - 1)
          $0 = substr($0, RSTART + RLENGTH)
          if (option ~ /^--/)
            print command "\t" option
          else
            for (i = 2; i <= length(option); i++)
              print command "\t-" substr(option, i, 1)
        }
      }'
}

# The same by the program.
taken() {
  awk -F'\t' '
    $3 == "" { print $1 }
    $3 != "" && $3 != "help" { print $1 "\t" ($2 != "" ? "-" $2 : "--" $3) }
  ' "$dump"
}

# described PAGE: its option items, as "-q --quiet" or "--only".
described() {
  sed -nE 's/^\.It (Fl .*)/\1/p' "$1" |
    sed -E 's/ Fl (Fl )?-?/ Fl /g; s/^Fl (Fl |-)/Fl --/; s/^Fl ([A-Za-z0-9] , )Fl /Fl \1Fl --/' |
    sed -E 's/^Fl ([A-Za-z0-9]) , Fl --/-\1 --/; s/^Fl ([A-Za-z0-9])( |$)/-\1 /; s/^Fl //' |
    awk '{ print $1 ($2 ~ /^--/ ? " " $2 : "") }'
}

# options COMMAND...: what these take, in the same form.
options() {
  printf '%s\n' "$@" |
    awk -F'\t' '
      NR == FNR { wanted[$1]; next }
      $1 in wanted && $3 != "" && $3 != "help" {
        print ($2 != "" ? "-" $2 " " : "") "--" $3
      }' - "$dump" | sort -u
}

undescribed() {
  for page in $(pages); do
    mapfile -t of_page < <(shown "$page" | grep -v "$tab" | sort -u)
    comm -23 <(options "${of_page[@]}") <(described "$page" | sort -u) |
      sed "s,.*,$page describes no '&',"
    comm -13 <(options "${of_page[@]}") <(described "$page" | sort -u) |
      sed "s,.*,$page describes '&'\, which none of its commands takes,"
    described "$page" | sort | uniq -d | sed "s,.*,$page describes '&' twice,"
  done
  described "$overview" | grep -vxF -e --version -e '-h --help' |
    grep -vxF -f <(mapfile -t all < <(commands) && options "${all[@]}") |
    sed "s,.*,$overview describes '&'\, which no command takes,"
}

# What the overview says about each command: the page that shows it.
unlisted() {
  for page in $(pages); do
    name=$(basename "$page" .1)
    shown "$page" | grep -v "$tab" | sort -u | while IFS= read -r command; do
      sed -nE "s/^\.It Xr $name 1 Ta (.*)/ \1 /p" "$overview" |
        grep -qE " (Cm|,) (${command#secrets }) " ||
        echo "$overview: '$command' is not in the row of $name(1)"
    done
  done
}

sections() {
  for page in $(pages) "$overview"; do
    for section in NAME SYNOPSIS DESCRIPTION OPTIONS FILES 'EXIT STATUS' \
      EXAMPLES 'SEE ALSO'; do
      grep -qx "\.Sh $section" "$page" || echo "$page has no $section"
    done
  done
}

# References to pages of ours that are not there, and pages that are not
# installed.
strays() {
  grep -noE '^\.(It )?Xr agentsecrets[a-z-]* [1-8]' man/*.[1-8] |
    while IFS=': ' read -r page line rest; do
      rest=${rest##*Xr }
      [ -f "man/${rest% *}.${rest#* }" ] ||
        echo "$page:$line: there is no ${rest% *}(${rest#* })"
    done
  for page in man/*.[1-8]; do
    grep -qx "dist_man_MANS += $page" man/module.am ||
      echo "$page is not installed"
  done
}

complete() {
  # What the completion offers after these words.
  "$program" __complete "$@" 2>/dev/null
}

# completed COMMAND: what is not offered of it.
completed() {
  local words
  read -ra words <<<"$1"
  complete "${words[@]}" | grep -qxF -- "${words[-1]}" ||
    echo "'$1' is not completed"
  awk -F'\t' -v command="$1" '
    $1 == command && $2 != "" { print "-" $2 }
    $1 == command && $3 != "" { print "--" $3 }' "$dump" |
    grep -vxF -f <(complete "${words[@]}" -) |
    sed "s,.*,'$1' is not completed with '&',"
}

not_completed() {
  commands | while IFS= read -r command; do
    completed "$command"
  done
}

# The server's own options, which have no table.
server_options() {
  "${program}-server" --help |
    sed -nE 's/^  (-[A-Za-z], )?(--[a-z-]+).*/\2/p' | sort -u
}

server_described() {
  sed -nE 's/^\.It (.*, )?(Fl )?-(-?[a-z-]+).*/--\3/p' man/agentsecrets-server.8 | sort -u
}

# A terminal has 80 columns; what cannot be cut is a word.
long_help() {
  {
    "$program" --help
    commands | while IFS= read -r command; do
      # shellcheck disable=SC2086 # the words of a command
      "$program" $command --help
    done
  } | grep -E '.{81}'
}

all_shown() { for page in $(pages); do shown "$page"; done; }

grep -n '(failed)' "$dump" | found_nothing 'the program says what it takes'
awk -F'\t' 'NF != 5' "$dump" | found_nothing 'in lines of five columns'
awk -F'\t' '$5 == ""' "$dump" | found_nothing 'with a word of help for each'
all_shown | grep -v "$tab" | sort | uniq -d |
  found_nothing 'no command is shown twice'
comm -23 <(taken | sort -u) <(all_shown | sort -u) |
  found_nothing 'every command and option is in a synopsis'
comm -13 <(taken | sort -u) <(all_shown | sort -u) |
  found_nothing 'no synopsis has one that is not there'
undescribed | found_nothing 'each page describes the options of its commands'
unlisted | found_nothing 'agentsecrets(1) lists every command with its page'
sections | found_nothing 'each page has its sections'
strays | found_nothing 'pages that are referred to exist and are installed'
comm -3 <(server_options) <(server_described) |
  found_nothing 'agentsecrets-server(8) describes what the server takes'
long_help | found_nothing 'help fits into 80 columns'
not_completed | found_nothing 'every command and option is completed'
lint_done
