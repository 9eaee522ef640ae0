#!/bin/bash
# Every #include against the table in tests/lint/layers.
. "$(dirname "$0")/lib.bash"
needs dpkg tsort
table=tests/lint/layers

# The headers that come with the compiler, the C library and the kernel.
system_headers() {
  dpkg -L libc6-dev linux-libc-dev |
    sed -n 's,^/usr/include/\([a-z0-9_]*-linux-gnu[a-z0-9_]*/\)\?,,p'
  printf '%s\n' float.h iso646.h limits.h stdalign.h stdarg.h stdatomic.h \
    stdbool.h stddef.h stdint.h stdnoreturn.h
}

includes() {
  sources src include |
    xargs grep -nHoE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"][^>"]+'
}

judge() {
  awk '
    FILENAME == ARGV[1] {
      if ($1 == "room") { room = $2; rooms[room] = 1 }
      for (i = 2; i <= NF; i++) {
        if ($1 == "owns") owner[$i] = room
        if ($1 == "uses") { uses[room, $i] = 1; edge[$i] = room }
        if ($1 == "library") library[room, $i] = 1
      }
      next
    }
    FILENAME == ARGV[2] { system_header[$1] = 1; next }
    {
      split($0, part, ":"); file = part[1]; where = part[1] ":" part[2]
      kind = index($0, "\"") ? "own" : "shared"
      header = $0; sub(/^[^<"]*[<"]/, "", header)
      n = split(file, folder, "/")
      if (folder[1] == "src") room = folder[2]
      else { name = folder[n]; sub(/\.h$/, "", name); room = owner[name] }
      if (room == "" || !(room in rooms)) {
        print where ": no room owns this file"; next
      }
      if (kind == "own") {
        path = file; sub(/[^\/]*$/, "", path)
        if (header == "config.h" || (getline line < (path header)) >= 0)
          close(path header)
        else if (header !~ ("^src/" room "/"))
          print where ": \"" header "\" is not of room " room
        next
      }
      if (sub(/^agentsecrets\//, "", header)) {
        sub(/\.h$/, "", header)
        if (!(header in owner))
          print where ": no room owns agentsecrets/" header ".h"
        else if (owner[header] != room && !((room, owner[header]) in uses))
          print where ": " room " may not use " owner[header] " (" header ".h)"
        next
      }
      if (!(header in system_header) && !((room, header) in library))
        print where ": " room " may not include <" header ">"
    }' "$table" <(system_headers) <(includes)
}

circles() {
  awk '$1 == "room" { room = $2 }
       $1 == "uses" { for (i = 2; i <= NF; i++) print room, $i }' "$table" |
    (tsort >/dev/null) 2>&1
}

# Each folder of src stands in the table, and the other way round.
rooms() {
  diff <(find src -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort) \
    <(awk '$1 == "room" { print $2 }' "$table" | sort) || :
}

judge | found_nothing 'every #include is one that the table allows'
circles | found_nothing 'rooms use each other in one direction'
rooms | found_nothing 'the table names the rooms that there are'
lint_done
