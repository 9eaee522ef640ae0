# agentsecrets doctor: each finding is made true once, and a healthy home has
# none. Repairs are tried where something is broken, and a second run is clean.
# long with sanitizers
load lib
remember_passwords
load doctor

setup() { doctor_setup; }

teardown() { end_all; }

# The database is opened, so its folder is touched.
state() {
  find "$AGENTSECRETS_HOME" -path '*/server' -prune -o \
    -printf '%P %m %y %s %T@ %i\n' | sort
  (cd "$AGENTSECRETS_HOME/server" && sha256sum -- *)
}

@test 'a fresh healthy home has no problem, no warning, and is left as it is' {
  new_account
  agentsecrets set -q A=1 2>/dev/null
  state >"$BATS_TEST_TMPDIR/before"
  look
  [ "$STATUS" = 0 ]
  ! grep -qE '"level":"(warning|problem)"' "$BATS_TEST_TMPDIR/report" ||
    fail "$(cat "$BATS_TEST_TMPDIR/report")"
  ! grep -q '"repairable":true' "$BATS_TEST_TMPDIR/report" || fail 'to mend'
  run agentsecrets doctor
  assert_status 0
  assert_line '0 problems, 0 warnings'
  run agentsecrets doctor -q
  assert_status 0
  [ -z "$output" ]
  diff "$BATS_TEST_TMPDIR/before" <(state)
  look --repair
  diff "$BATS_TEST_TMPDIR/before" <(state)
}

@test 'without HOME, a home or an account it says what to do first' {
  rm -r "$AGENTSECRETS_HOME"
  unset AGENTSECRETS_HOME
  HOME='' found problem home path 'HOME is not set'
  env -u HOME agentsecrets doctor >/dev/null && fail 'no problem'
  found note home path 'there is no'
  [[ $HINT == *init* ]]
  [ "$STATUS" = 0 ]
  mkdir -m 0700 "$HOME/.agentsecrets"
  found note account account.json 'no account'
  [ "$STATUS" = 0 ]
}

@test 'the home of another client is told, and how to take it over' {
  cat >"$AGENTSECRETS_HOME/config.json" <<'JSON'
{"email": "a@example.com", "password_hash": "",
 "workspaces": {"0b0e4d1c-5c0e-4b8e-9d4a-1f2e3d4c5b6a": {"name": "x"}}}
JSON
  chmod 0600 "$AGENTSECRETS_HOME/config.json"
  found warning account account.json 'another AgentSecrets client'
  [[ $HINT == *--adopt* ]]
  [ "$STATUS" = 0 ]
}

@test 'a home that is a file, a link, or somebody else'\''s' {
  rm -r "$AGENTSECRETS_HOME"
  touch "$AGENTSECRETS_HOME"
  found problem home type 'no directory'
  rm "$AGENTSECRETS_HOME"
  ln -s "$HOME" "$AGENTSECRETS_HOME"
  found problem home type 'symbolic link'
  rm "$AGENTSECRETS_HOME"
  [ "$(id -u)" = 0 ] || return 0
  mkdir -m 0700 "$AGENTSECRETS_HOME"
  chown 12345 "$AGENTSECRETS_HOME"
  found problem home owner 'another user'
}

@test 'modes of the home and of each file are found and mended' {
  local file
  new_account
  chmod 0777 "$AGENTSECRETS_HOME"
  found problem home mode "$AGENTSECRETS_HOME' may be changed"
  mends home mode "$AGENTSECRETS_HOME'"
  chmod 0755 "$AGENTSECRETS_HOME"
  found warning home mode "$AGENTSECRETS_HOME' is open"
  mends home mode "$AGENTSECRETS_HOME'"
  [ "$(stat -c %a "$AGENTSECRETS_HOME")" = 700 ]
  cd "$AGENTSECRETS_HOME"
  for file in account.json lock vault/* server/keys; do
    chmod 0666 "$file"
    found problem home mode "/$file' may be changed"
    chmod 0644 "$file"
    case $file in
    server/keys) found problem home mode "/$file' is open" ;;
    *) found warning home mode "/$file' is open" ;;
    esac
    mends home mode "/$file'"
    [ "$(stat -c %a "$file")" = 600 ]
  done
  chmod 0400 account.json
  found problem home mode "/account.json' is closed"
  mends home mode "/account.json'"
  chmod 0750 vault
  found warning home mode "/vault' is open"
  mends home mode "/vault'"
  # What is not ours keeps its mode.
  touch notes
  chmod 0644 notes
  look --repair
  [ "$(stat -c %a notes)" = 644 ]
}

@test 'no command is told with a path that a shell would take apart' {
  # shellcheck disable=SC2016 # for no shell
  WORK=$WORK/'a $(date) home'
  mkdir "$WORK"
  chmod 0755 "$WORK"
  AGENTSECRETS_HOME=$WORK look
  finding home mode
  [ "$LEVEL $HINT" = 'warning change its mode to 0700' ]
}

@test 'a home that is closed to its owner is opened' {
  needs_root
  new_account
  local uid
  uid=$(other_uid)
  give_to "$uid"
  chmod 0000 "$AGENTSECRETS_HOME"
  agentsecrets() { as_user "$uid" "$PREFIX/bin/agentsecrets" "$@"; }
  found problem home mode 'closed to yourself'
  mends home mode 'had mode 0000'
}

@test 'links, other kinds and other owners among the files' {
  new_account
  cd "$AGENTSECRETS_HOME"
  mv config.json elsewhere
  ln -s elsewhere config.json
  found problem home type "/config.json' is a symbolic link"
  rm config.json
  mkdir config.json
  found problem home type "/config.json' is no regular file"
  rmdir config.json
  mv elsewhere config.json
  mkfifo vault/pipe
  found problem home type "/vault/pipe' is no regular file"
  rm vault/pipe
  [ "$(id -u)" = 0 ] || return 0
  chown 12345 config.json
  found problem home owner 'another user'
  [[ $HINT == *chown* ]]
}

@test 'temporary files of killed commands are removed, those in use are not' {
  new_account
  local left=$AGENTSECRETS_HOME/vault/.x.0123456789abcdef.tmp
  touch "$left" "$AGENTSECRETS_HOME/.trust.0123456789abcde.tmp"
  chmod 0600 "$left"
  found note home temporary 'vault/.x.0123'
  no_finding home temporary 'trust'
  start_background holder flock "$left" sleep 60
  wait_for 5 pgrep -P "$BACKGROUND_PID" sleep
  look
  no_finding home temporary
  kill "$(pgrep -P "$BACKGROUND_PID" sleep)"
  wait "$BACKGROUND_PID" || :
  found note home temporary 'vault/.x.0123'
  mends home temporary
  [ ! -e "$left" ]
}

@test 'who holds a lock is told, and nothing waits for it' {
  new_account
  touch "$AGENTSECRETS_HOME/lock"
  start_background holder flock "$AGENTSECRETS_HOME/lock" sleep 60
  wait_for 5 pgrep -P "$BACKGROUND_PID" sleep
  found warning home lock "/lock' is held by .*, process [0-9]"
  [ "$STATUS" = 0 ]
  kill -STOP "$(pgrep -P "$BACKGROUND_PID" sleep)" "$BACKGROUND_PID"
  found warning home lock 'which is stopped'
  # A repair that needs the lock is left.
  cp "$AGENTSECRETS_HOME/account.json" "$AGENTSECRETS_HOME/account.pending"
  look --repair
  finding account account.pending
  [[ $HINT == *'cannot be written now'* ]]
  kill -KILL "$(pgrep -P "$BACKGROUND_PID" sleep)" "$BACKGROUND_PID"
}

@test 'settings, config and the audit log' {
  new_account web
  set_settings '{"session_cache": "an hour"}'
  found problem files settings.json "session_cache"
  # It is not the directory that has to be looked at.
  no_finding project place
  set_settings '{"session_cache": 0}'
  found note files session_cache '0'
  set_settings '{}'
  look
  no_finding files session_cache
  cp "$AGENTSECRETS_HOME/config.json" "$BATS_TEST_TMPDIR/config.json"
  echo '{"email": ' >"$AGENTSECRETS_HOME/config.json"
  found problem files config.json
  cp "$BATS_TEST_TMPDIR/config.json" "$AGENTSECRETS_HOME/config.json"
  agentsecrets env -- true
  printf '{"timestamp":"20' >>"$AGENTSECRETS_HOME/audit.log"
  found warning files audit.log 'cut off'
  mends files audit.log
  [ "$(tail -c 1 "$AGENTSECRETS_HOME/audit.log" | xxd -p)" = 0a ]
}

@test 'an account that is missing, damaged or half-made' {
  new_account
  cd "$AGENTSECRETS_HOME"
  mv account.json "$BATS_TEST_TMPDIR/account"
  found problem account account.json 'missing'
  cp "$BATS_TEST_TMPDIR/account" account.pending
  chmod 0600 account.pending
  found problem account account.pending 'did not finish'
  [[ $HINT == *again* ]]
  head -c 100 "$BATS_TEST_TMPDIR/account" >account.pending
  found problem account account.pending
  head -c 100 "$BATS_TEST_TMPDIR/account" >account.json
  chmod 0600 account.json
  rm account.pending
  found problem account account.json
  cp "$BATS_TEST_TMPDIR/account" account.json
  cp account.json account.pending
  found note account account.pending 'left over'
  mends account account.pending
  [ ! -e account.pending ] && [ -e account.json ]
  sed 's/"public_key":.*/"public_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",/' \
    account.json >account.pending
  chmod 0600 account.pending
  found warning account account.pending 'another account'
}

@test 'a trust file that is missing, damaged, or does not agree' {
  new_account
  cd "$AGENTSECRETS_HOME"
  mv trust "$BATS_TEST_TMPDIR/trust"
  found problem account trust 'missing'
  sed '2s/.$/_/' "$BATS_TEST_TMPDIR/trust" >trust
  chmod 0600 trust
  found problem account trust
  cp "$BATS_TEST_TMPDIR/trust" trust
  cp account.json "$BATS_TEST_TMPDIR/account"
  sed -i 's/"public_key":.*/"public_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",/' \
    account.json
  found problem account agreement 'different keys'
  python3 - "$BATS_TEST_TMPDIR/account" account.json <<'PY'
import json, sys
account = json.load(open(sys.argv[1]))
account["workspaces"] = {}
json.dump(account, open(sys.argv[2], "w"))
PY
  found problem account agreement "lacks the key of 1 trusted workspace"
}

@test 'a recovery kit that was never made is told' {
  new_account
  found note account kit
  random_canary "$HOME/pass" 30
  agentsecrets key export --out "$HOME/kit" --passphrase-file "$HOME/pass" \
    >/dev/null
  look
  finding account kit
  [ "$LEVEL" = ok ]
}

@test 'a damaged vault is moved aside with consent only, and fetched anew' {
  new_account
  agentsecrets set -q A=1 2>/dev/null
  local file
  file=$(echo "$AGENTSECRETS_HOME"/vault/*.development)
  cp "$file" "$BATS_TEST_TMPDIR/vault"
  sed -i '3s/./x/' "$file"
  run agentsecrets get A
  assert_status 6
  found problem vault file 'web/development'
  [ "$REPAIRABLE" = 1 ]
  look --repair
  finding vault file 'web/development'
  [ "$LEVEL" = problem ]
  [[ $HINT == *--yes* ]]
  [ -e "$file" ]
  look --repair --yes
  finding vault file 'damaged vault of web/development'
  [ "$REPAIRED" = 1 ]
  [[ $TEXT == *'older values'* ]]
  [ ! -e "$file" ]
  # Nothing of the old file is lost.
  ls "$AGENTSECRETS_HOME"/vault/*.damaged-20*
  found note vault aside 'moved aside'
  look --repair
  [ "$STATUS" = 0 ]
  run agentsecrets get A
  assert_status 0
  [ "$output" = 1 ]
}

@test 'a person is asked before a vault is moved aside' {
  new_account
  agentsecrets set -q A=1 2>/dev/null
  local file answer
  file=$(echo "$AGENTSECRETS_HOME"/vault/*.development)
  sed -i '3s/./x/' "$file"
  for answer in n y; do
    run python3 "$BATS_TEST_DIRNAME/terminal.py" \
      'expect:secrets of web/development are damaged' "send:$answer\\n" \
      -- agentsecrets doctor --repair
    if [ "$answer" = n ]; then
      assert_status 1
      [ -e "$file" ]
    else
      assert_status 0
      [ ! -e "$file" ]
    fi
  done
}

@test 'what the local copy agrees with: damaged, it is moved aside, too' {
  new_account
  agentsecrets set -q A=1 2>/dev/null
  local file
  file=$(echo "$AGENTSECRETS_HOME"/vault/*.development).local
  echo nonsense >"$file"
  chmod 0600 "$file"
  found problem vault local 'web/development'
  mends vault local 'damaged vault of web/development'
  [ ! -e "$file" ]
}

@test 'a vault under another name, and one from the future' {
  new_account
  agentsecrets set -q A=1 2>/dev/null
  local file
  file=$(echo "$AGENTSECRETS_HOME"/vault/*.development)
  cp "$file" "${file%.development}.staging"
  found problem vault place 'web/staging'
  rm "${file%.development}.staging"
  agentsecrets pull -q
  python3 "$BATS_TEST_DIRNAME/../lib/vault.py" --help >/dev/null 2>&1 || :
  python3 - "$file" <<'PY'
import hashlib, re, sys
text = open(sys.argv[1]).read()
body = text[:text.rindex("end ")]
body = re.sub(r"(?m)^pulled \d+", "pulled 4000000000", body, count=1)
assert "4000000000" in body, body
open(sys.argv[1], "w").write(
    body + "end " + hashlib.sha256(body.encode()).hexdigest() + "\n")
PY
  found warning vault time 'in the future'
}

@test 'variables: unknown ones, those that matter, and never a secret' {
  new_account
  random_canary "$BATS_TEST_TMPDIR/canary"
  AGENTSECRETS_PROJET=web found warning environment unknown \
    'AGENTSECRETS_PROJET is set'
  AGENTSECRETS_TOKEN=$(cat "$BATS_TEST_TMPDIR/canary") \
    found note environment variable 'AGENTSECRETS_TOKEN is set'
  assert_no_leak "$BATS_TEST_TMPDIR/canary" "$BATS_TEST_TMPDIR/report"
  AGENTSECRETS_X=$(cat "$BATS_TEST_TMPDIR/canary") \
    found warning environment unknown
  assert_no_leak "$BATS_TEST_TMPDIR/canary" "$BATS_TEST_TMPDIR/report"
  AGENTSECRETS_SERVER_URL=https://me:$(cat "$BATS_TEST_TMPDIR/canary")@h.example \
    found problem environment server_url
  assert_no_leak "$BATS_TEST_TMPDIR/canary" "$BATS_TEST_TMPDIR/report"
  AGENTSECRETS_PROJECT=web found note environment variable "'web'"
  AGENTSECRETS_ENV=prod found problem environment environment "'prod'"
  AGENTSECRETS_STORAGE_MODE=3 found problem environment storage_mode
  https_proxy=http://p.example found note environment proxy
  LD_LIBRARY_PATH=/nowhere found note environment loader
}

@test 'password files: missing, empty, open to others' {
  new_account
  look
  finding password file
  [ "$LEVEL" = ok ]
  chmod 0640 "$PASSWORD_FILE"
  found warning password file 'open to other users'
  : >"$PASSWORD_FILE"
  found problem password file 'empty'
  AGENTSECRETS_PASSWORD_FILE=/nowhere found problem password file 'cannot be read'
  AGENTSECRETS_PASSWORD_FILE=/ found problem password file 'directory'
  # What is read once is not read here.
  run agentsecrets doctor --password-file <(echo pw)
  assert_status 0
}

@test 'the programs: one is missing, of another release, or anybody'\''s' {
  local tree=$BATS_TEST_TMPDIR/tree
  cp -a "$PREFIX" "$tree"
  PATH=$tree/bin:$PATH
  hash -r
  mv "$tree/libexec/agentsecrets/agentsecrets-net" "$tree/net"
  printf '#!/bin/sh\necho agentsecrets-net 0.0.1\n' \
    >"$tree/libexec/agentsecrets/agentsecrets-net"
  chmod 0755 "$tree/libexec/agentsecrets/agentsecrets-net"
  found problem program agentsecrets-net '0\.0\.1'
  printf '#!/bin/sh\nsleep 60\n' >"$tree/libexec/agentsecrets/agentsecrets-net"
  found problem program agentsecrets-net 'does not answer'
  cp "$tree/net" "$tree/libexec/agentsecrets/agentsecrets-net"
  chmod 0775 "$tree/libexec/agentsecrets/agentsecrets-net"
  found problem program agentsecrets-net 'could have been changed'
  chmod 0755 "$tree/libexec/agentsecrets/agentsecrets-net"
  mv "$tree/libexec/agentsecrets/agentsecrets-keychain" "$tree/keychain"
  found problem program agentsecrets-keychain 'cannot find'
  mv "$tree/keychain" "$tree/libexec/agentsecrets/agentsecrets-keychain"
  chmod 0777 "$tree/bin"
  found warning program owner 'could be changed by other users'
  chmod 0755 "$tree/bin"
  look
  [ "$STATUS" = 0 ]
  no_finding program owner
  no_finding program path
  PATH=$PREFIX/bin:$PATH
  STATUS=0
  "$tree/bin/agentsecrets" doctor --json >"$BATS_TEST_TMPDIR/report"
  finding program path "$PREFIX/bin"
}

# look_mounted SIZE MODE GROUP NAME: a copy of the home on a file system of
# its own, which is then read-only or not; prints a finding after --repair.
look_mounted() {
  export -f look finding fail
  export DOCTOR_PY BATS_TEST_TMPDIR
  # shellcheck disable=SC2016 # for the other shell
  run unshare -m bash -c 'set -e
    mount -t tmpfs -o "size=$1,mode=0700" tmpfs "$HOME/mounted"
    cp -a "$AGENTSECRETS_HOME"/. "$HOME/mounted"
    AGENTSECRETS_HOME=$HOME/mounted
    chmod 0644 "$AGENTSECRETS_HOME/trust"
    mount -o "remount,$2" "$AGENTSECRETS_HOME"
    look --repair
    finding "$3" "$4"
    echo "$LEVEL $STATUS $TEXT ($HINT)"' - "$@"
}

@test 'a full disk, and one that is read-only' {
  needs_root
  unshare -m true 2>/dev/null || skip 'no mount namespace'
  new_account
  mkdir "$HOME/mounted"
  look_mounted 1m rw home room
  assert_match '^problem 1 the disk under .* is full: '
  look_mounted 64m ro home room
  assert_match '^warning 0 .* is read-only '
  look_mounted 64m ro home mode
  assert_match 'not mended: cannot change its mode: Read-only file system'
}

@test 'killed in the middle of a repair, the next one completes it' {
  local i
  new_account
  agentsecrets set -q A=1 2>/dev/null
  for ((i = 0; i < 8; i++)); do
    chmod 0666 "$AGENTSECRETS_HOME"/{account.json,trust,config.json}
    cp "$AGENTSECRETS_HOME/account.json" "$AGENTSECRETS_HOME/account.pending"
    touch "$AGENTSECRETS_HOME/.trust.0123456789abcdef.tmp"
    printf x >>"$(echo "$AGENTSECRETS_HOME"/vault/*.development)"
    agentsecrets doctor --repair -y >/dev/null 2>&1 &
    sleep "0.0$((i * 3))"
    kill -9 $! 2>/dev/null || :
    wait $! 2>/dev/null || :
    run agentsecrets doctor --repair -y
    assert_status 0
    run agentsecrets get A
    assert_status 0
    [ "$output" = 1 ]
  done
  look
  [ "$STATUS" = 0 ]
}
