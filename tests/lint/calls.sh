#!/bin/bash
# Calls that have no place in this code, whatever the reason.
. "$(dirname "$0")/lib.bash"
mapfile -t all < <(sources src)
code=$(without_comments "${all[@]}")

# calls NAME...: a call of one of these functions.
calls() {
  local names
  names=$(IFS='|' && printf '%s' "$*")
  grep -E "(^|[^A-Za-z0-9_.>])($names)[[:space:]]*\(" <<<"$code" || :
}

# joined: one line a statement, so that arguments on the next line are seen.
joined() {
  awk -F: '
    {
      text = $0; sub(/^[^:]*:[^:]*:/, "", text)
      if (held == "") where = $1 ":" $2
      held = held " " text
      if (text ~ /[;{}][[:space:]]*$/ || text ~ /^[[:space:]]*#/ ||
          text ~ /^[[:space:]]*$/) { print where ":" held; held = "" }
    }' <<<"$code"
}

calls strcpy strcat strncpy strncat sprintf vsprintf gets strtok strtok_r \
  atoi atol atoll atof sscanf alloca strdupa | found_nothing 'no unsafe strings'
calls system popen execlp execvp execvpe posix_spawnp |
  found_nothing 'no program is looked up on the way to running it'
calls setenv putenv unsetenv clearenv |
  found_nothing 'nobody changes the environment in place'
calls tmpnam mktemp tempnam rand srand random srandom |
  found_nothing 'no guessable names or numbers'
calls abort assert longjmp siglongjmp alarm |
  found_nothing 'nothing aborts on input'
grep -E '(^|[^A-Za-z0-9_])goto ' <<<"$code" |
  found_nothing 'no goto beside cleanup attributes'

# Flags in a variable of that name are looked at where it gets them.
joined | grep -E '[^A-Za-z0-9_](open|openat|open64)\(|flags = ' |
  grep -vE 'O_CLOEXEC|open(at)?\(.*[^A-Za-z0-9_]flags[^A-Za-z0-9_]' |
  grep -E 'open|O_[A-Z]+' | found_nothing 'open and openat say O_CLOEXEC'
joined | grep -E '[^A-Za-z0-9_](fopen|fdopen|freopen)\(' |
  grep -vE '"[rwa][+bx]*e' | found_nothing 'fopen says "e"'
joined | grep -E '[^A-Za-z0-9_](socket|socketpair)\(' |
  grep -v SOCK_CLOEXEC | found_nothing 'socket and socketpair say SOCK_CLOEXEC'
calls pipe dup dup2 accept inotify_init epoll_create creat |
  grep -v 'dup2(.*STD' | found_nothing 'no descriptor is born without O_CLOEXEC'
joined | grep -E '[^A-Za-z0-9_](memfd_create|epoll_create1|pipe2|accept4|eventfd|signalfd|timerfd_create)\(' |
  grep -vE '_CLOEXEC' | found_nothing 'nor any other descriptor'

# A format that is not a literal; the functions that pass one on say so with
# an attribute and take a va_list.
joined | grep -E '[^A-Za-z0-9_](printf|err_set|err_sys|err_hint)\([[:space:]]*[a-z_>.-]+[[:space:]]*\)' |
  found_nothing 'no printf(variable)'
joined | grep -E '(printf|buf_append)[a-z_]*\(.*"[^"]*(SELECT |INSERT |UPDATE |DELETE FROM |CREATE TABLE)' |
  found_nothing 'SQL is never put together'
calls sqlite3_exec sqlite3_mprintf sqlite3_snprintf sqlite3_get_table |
  found_nothing 'SQL is prepared, with bound parameters'
grep -E '(^|[^A-Za-z0-9_])sqlite3_[a-z0-9_]+[[:space:]]*\(' <<<"$code" |
  grep -v '^src/server/db' | found_nothing 'SQLite is called in one place'
grep -E '"[^"]*(SELECT .* FROM|INSERT INTO|DELETE FROM|CREATE TABLE) ' <<<"$code" |
  grep -v '^src/server/' | found_nothing 'SQL stands in the server only'

mapfile -t clients < <(sources src | grep -vE '^src/(server|net|keychain|cli)/')
without_comments "${clients[@]}" |
  grep -E '[^A-Za-z0-9_](printf|puts|putchar|fputs|fprintf|perror|exit)\(' |
  found_nothing 'nothing below the programs prints or exits'
lint_done
