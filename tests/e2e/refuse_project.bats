#!/usr/bin/env bats
# What a directory says is obeyed only when this machine was told to: a clone
# of somebody's repository starts nothing and asks no server.
# shellcheck disable=SC2016
load lib
remember_passwords

setup_file() {
  fresh_home
  start_server
  new_account web --server "$SERVER_URL" --email ann@example.com \
    --name 'Ann Other' >&2
  agentsecrets set KEY=value >&2
}

teardown_file() { end_all; }

setup() {
  use_home one "$BATS_FILE_TMPDIR"
  PROJECT=$(sed -nE 's/^project ([^ ]*) .*/\1/p' "$AGENTSECRETS_HOME/trust")
  CLONE=$BATS_TEST_TMPDIR/clone
  mkdir "$CLONE"
}

refused() { assert_nothing_started 125 "$@"; }

# clone: a directory with the same project.json that nobody trusted.
clone() {
  cp -r "$WORK/.agentsecrets" "$CLONE"
  cd "$CLONE" || return
}

# trusted_clone: in a home of this test's own, a directory that is trusted.
trusted_clone() {
  own_copy
  clone
  agentsecrets trust >&2
  FILE=$CLONE/.agentsecrets/project.json
}

# assert_asks_nobody STATUS PATTERN COMMAND...: refused with one line, and
# neither a process was started nor a socket opened.
assert_asks_nobody() {
  local expected=$1 pattern=$2 trace=$BATS_TEST_TMPDIR/trace
  shift 2
  run traced "$trace" process,network agentsecrets "$@"
  assert_status "$expected"
  assert_one_error "$pattern"
  [ "$(grep -c 'execve(' "$trace")" = 1 ]
  if grep -E 'clone|fork|socket|connect' "$trace"; then
    fail 'it started or asked somebody'
  fi
}

@test "strace would see a request" {
  run -0 traced "$BATS_TEST_TMPDIR/trace" process,network agentsecrets env --fresh -- true
  grep -q 'execve.*agentsecrets-net' "$BATS_TEST_TMPDIR/trace"
  grep -q 'connect(.*127.0.0.1' "$BATS_TEST_TMPDIR/trace"
}

@test "an untrusted directory: status 3, for env 125, and no request" {
  clone
  refused "directory '.*clone' is not trusted yet" env --
  assert_match "hint: .*agentsecrets trust"
  assert_asks_nobody 125 'is not trusted yet' env -- true
  assert_asks_nobody 125 'is not trusted yet' env --fresh -- true
  assert_asks_nobody 125 'is not trusted yet' env --dry-run -- true
  assert_asks_nobody 3 'is not trusted yet' set KEY=other
  assert_asks_nobody 3 'is not trusted yet' get KEY
  assert_asks_nobody 3 'is not trusted yet' list
  assert_asks_nobody 3 'is not trusted yet' pull
  assert_asks_nobody 3 'is not trusted yet' diff
  assert_asks_nobody 3 'is not trusted yet' delete KEY
  printf 'KEY=x\n' >.env
  assert_asks_nobody 3 'is not trusted yet' push .env
  mkdir -p below/further
  cd below/further
  assert_asks_nobody 125 'is not trusted yet' env -- true
}

@test "trust, and no trust any more" {
  own_copy
  clone
  run -0 agentsecrets trust
  run -0 agentsecrets env -- sh -c 'echo $KEY'
  [ "$output" = value ]
  mkdir below
  cd below
  run -0 agentsecrets env -- true
  cd "$CLONE"
  run -0 agentsecrets trust --remove
  refused 'is not trusted yet' env --
  agentsecrets trust >&2
  # The same file elsewhere is another directory.
  mv "$CLONE" "$CLONE.moved"
  cd "$CLONE.moved"
  refused 'is not trusted yet' env --
}

@test "a trusted directory that names another project" {
  trusted_clone
  sed -i "s/$PROJECT/00000000-0000-4000-8000-000000000000/" "$FILE"
  refused 'names another project than the one trusted' env --
  assert_asks_nobody 125 'names another project' env --fresh -- true
  assert_asks_nobody 3 'names another project' pull
}

@test "a trusted directory whose names, minimum or map changed" {
  local change
  trusted_clone
  cp "$FILE" "$CLONE/kept"
  for change in '"names": {"development": ["KEY"]}' \
    '"minimum": {"development": {"KEY": "1.1"}}' '"map": {"OTHER": "KEY"}'; do
    sed "s/^{/{$change,/" "$CLONE/kept" >"$FILE"
    refused 'names, minimum or map changed' env --
    agentsecrets trust >&2
    run -0 agentsecrets env -- true
  done
  # What does not count may change.
  sed 's/^{/{"description2": "new",/; s/"description": ""/"description": "x"/' \
    "$CLONE/kept" >"$FILE"
  agentsecrets trust >&2
  sed -i 's/"new"/"newer"/' "$FILE"
  run -0 agentsecrets env -- true
}

@test "a project under another workspace" {
  own_copy
  clone
  sed -i -E 's/("workspace_id": ")[^"]*/\100000000-0000-4000-8000-000000000000/' \
    .agentsecrets/project.json
  refused 'belonged to another workspace' env --
  assert_asks_nobody 6 'belonged to another workspace' trust
}

@test "a server in project.json is never obeyed" {
  trusted_clone
  sed -i 's|^{|{"server_url": "http://127.0.0.1:1", "api_url": "http://127.0.0.1:1", "server": "http://127.0.0.1:1",|' "$FILE"
  run -0 agentsecrets env --fresh -- true
}

@test "a corrupted project.json" {
  local text before
  trusted_clone
  before=$(cat "$FILE")
  for text in '{' '[]' 'null' '"x"' '{"project_id": 7}' "$before x" \
    '{"project_id": "no-uuid"}' "{\"project_id\": \"${PROJECT^^}\"}" \
    "{\"project_id\": \"$PROJECT\", \"project_id\": \"$PROJECT\"}" \
    "{\"project_id\": \"$PROJECT/../x\"}" \
    "${before/development/production2}" "${before/development/..\/..}" \
    "${before/{/{\"names\": 7,}" "${before/{/{\"map\": {\"1x\": \"KEY\"\},}" \
    "${before/{/{\"names\": {\"development\": [\"key\"]\},}" \
    "${before/{/{\"minimum\": {\"development\": {\"KEY\": \"x\"\}\},}" \
    $'{"project_name": "\\u0000"}' $'{"project_name": "\xff"}'; do
    printf '%s\n' "$text" >"$FILE"
    [ "$text" != "$before" ] || fail 'nothing was changed'
    refused 'project.json' env --
  done
  printf '%s\n' "$before" >"$FILE"
  run -0 agentsecrets env -- true
}

@test "a project.json that is large, deep or endless ends at once" {
  local began=$SECONDS
  trusted_clone
  { printf '{"x": "' && head -c 2097152 /dev/zero | tr '\0' x && printf '"}'; } \
    >"$FILE"
  refused 'project.json' env --
  { head -c 100000 /dev/zero | tr '\0' '[' && printf '1'; } >"$FILE"
  refused 'project.json' env --
  { printf '{"x":' && head -c 200 /dev/zero | tr '\0' '[' &&
    head -c 200 /dev/zero | tr '\0' ']' && printf '}'; } >"$FILE"
  refused 'project.json' env --
  rm "$FILE"
  mkfifo "$FILE"
  refused 'not a regular file' env --
  rm "$FILE"
  ln -s /dev/zero "$FILE"
  refused 'symbolic link' env --
  rm "$FILE"
  mkdir "$FILE"
  refused 'not a regular file' env --
  [ $((SECONDS - began)) -lt 10 ] || fail 'it took long'
}

@test "a project.json that somebody else could have written" {
  trusted_clone
  chmod 0666 "$FILE"
  refused 'other users may write it' env --
  chmod 0644 "$FILE"
  mv "$FILE" "$CLONE/real.json"
  ln -s ../real.json "$FILE"
  refused 'symbolic link' env --
  rm "$FILE"
  mv "$CLONE/real.json" "$FILE"
  mv "$CLONE/.agentsecrets" "$CLONE/real"
  ln -s real "$CLONE/.agentsecrets"
  refused 'symbolic link' env --
}

@test "a project.json of another user" {
  needs_root
  trusted_clone
  chown "$(other_uid)" "$FILE"
  refused 'belongs to' env --
}

@test "the home directory is not searched" {
  own_copy
  mkdir "$HOME/inside"
  cp "$WORK/.agentsecrets/project.json" "$AGENTSECRETS_HOME/project.json"
  cd "$HOME/inside"
  refused 'no project here' env --
}

@test "a directory whose project has a list gets exactly that" {
  trusted_clone
  agentsecrets set SECOND=x THIRD=y >&2
  sed -i 's/^{/{"names": {"development": ["KEY", "SECOND"]},/' "$FILE"
  agentsecrets trust >&2
  run -0 agentsecrets env --dry-run -- true
  [ "$output" = $'KEY\nSECOND' ]
  run -0 agentsecrets env -v -- true
  assert_line 'agentsecrets: 1 left out: project.json does not list them'
  refused 'THIRD' env --only THIRD --
  sed -i 's/"SECOND"/"SECOND", "ABSENT"/' "$FILE"
  agentsecrets trust >&2
  refused 'ABSENT' env --
  run -0 agentsecrets env --allow-missing ABSENT -- true
  agentsecrets delete SECOND >&2
  refused 'SECOND' env --allow-missing ABSENT --
}

@test "a secret that is older than project.json asks for" {
  local epoch
  trusted_clone
  epoch=$(awk '$1 == "workspace" { print $3 }' "$AGENTSECRETS_HOME/trust")
  sed -i "s/^{/{\"minimum\": {\"development\": {\"KEY\": \"$epoch.1\"}},/" "$FILE"
  agentsecrets trust >&2
  run -0 agentsecrets env -- true
  sed -i "s/\"$epoch.1\"/\"$epoch.2\"/" "$FILE"
  agentsecrets trust >&2
  refused "'KEY' is older than project.json asks for" env --
  sed -i "s/\"$epoch.2\"/\"$((epoch + 1)).1\"/" "$FILE"
  agentsecrets trust >&2
  refused "'KEY' is older than project.json asks for" env --
}
