#!/usr/bin/env bats
# What is left behind when a run ends half-way or something is lost, and that
# there is a way on from there.
# long with sanitizers
load lib
remember_passwords

setup() { fresh_home; }
teardown() { end_all; }

set_from() { printf '%s' "$2" | agentsecrets set "$1=-"; }

# old_vault COMMAND...: run it, then put the vault back as it was before, as
# if the run had ended after the server and before the vault.
old_vault() {
  cp -a "$AGENTSECRETS_HOME/vault" "$BATS_TEST_TMPDIR/vault.before"
  "$@"
  rm -rf "$AGENTSECRETS_HOME/vault"
  mv "$BATS_TEST_TMPDIR/vault.before" "$AGENTSECRETS_HOME/vault"
}

@test "mode 2: a write that ends before the vault is not written back" {
  new_account web --storage-mode 2
  set_from A old
  set_from B old
  set_from GONE old
  [ "$(cat .env.development)" = $'A=old\nB=old\nGONE=old' ]
  old_vault set_from B new
  old_vault agentsecrets delete GONE
  agentsecrets pull
  agentsecrets push
  [ "$(agentsecrets get B)" = new ]
  run -1 agentsecrets get GONE
  [ "$(cat .env.development)" = $'A=old\nB=new' ]
}

@test "mode 2: a file that cannot be renewed is behind, not changed" {
  new_account web --storage-mode 2
  set_from A old
  rm .env.development
  mkdir .env.development
  run -1 set_from A new
  assert_one_error 'stored, but the file is not renewed'
  rmdir .env.development
  agentsecrets pull
  [ "$(cat .env.development)" = A=new ]
  agentsecrets push
  [ "$(agentsecrets get A)" = new ]
}

@test "mode 2: pushing another file renews the environment's own" {
  new_account web --storage-mode 2
  set_from A 1
  echo A=3 >other.env
  agentsecrets push other.env
  [ "$(cat .env.development)" = A=3 ]
  agentsecrets push
  [ "$(agentsecrets get A)" = 3 ]
}

@test "mode 2: .env.ENVIRONMENT is private and ignored by git" {
  new_account web --storage-mode 2
  set_from A 1
  [ "$(stat -c %a .env.development)" = 600 ]
  grep -qx .env.development .gitignore
  printf 'node_modules' >.gitignore
  set_from A 2
  [ "$(cat .gitignore)" = $'node_modules\n.env.development' ]
}

@test "a vault of only what this machine wrote is not taken for everything" {
  start_server
  new_account web --server "$SERVER_URL" --email a@example.com --name 'A B'
  set_from FIRST 1
  rm -r "$AGENTSECRETS_HOME/vault"
  set_from SECOND 2
  # shellcheck disable=SC2016
  run agentsecrets env -- sh -c 'echo $FIRST$SECOND'
  assert_line 12
  run agentsecrets list
  assert_line FIRST
}

@test "a name that no file can hold is refused before there is an account" {
  start_server
  random_canary "$HOME/password" 24
  for name in $'Jos\xe9 Alvarez' $'A\x1b[31m B' Cher ' A' ''; do
    run -2 agentsecrets init --server "$SERVER_URL" --email a@example.com \
      --name "$name" --password-file "$HOME/password"
    assert_one_error 'name'
  done
  new_account web --server "$SERVER_URL" --email a@example.com --name 'José Álvarez'
  run agentsecrets status
  assert_match 'a@example.com'
  run agentsecrets whoami
  assert_match 'José Álvarez'
}

@test "many map entries at once are all kept, and the directory stays trusted" {
  new_account
  for i in 1 2 3 4; do
    agentsecrets set "low$i=v$i" 3>&- &
  done
  wait
  # shellcheck disable=SC2016
  run agentsecrets env -- sh -c 'echo $low1$low2$low3$low4'
  assert_status 0
  assert_line v1v2v3v4
}

@test "forgetting can be repeated when it ended half-way" {
  new_account
  set_from A 1
  # As after a kill: all that goes before account.json is gone.
  rm -r "$AGENTSECRETS_HOME/vault" "$AGENTSECRETS_HOME/server"
  rm "$AGENTSECRETS_HOME/trust"
  agentsecrets logout --forget --yes
  [ ! -e "$AGENTSECRETS_HOME/account.json" ]
  rm -r .agentsecrets
  new_account again
}

@test "nothing of a forgotten account stays, and another can be made" {
  new_account
  set_from A 1
  agentsecrets logout --forget --yes
  run ls -A "$AGENTSECRETS_HOME"
  for name in account.json account.pending trust vault server token.json; do
    [ ! -e "$AGENTSECRETS_HOME/$name" ] || fail "$name is left"
  done
  new_account again
}

@test "a lost trust file comes back by the kit, networked and embedded" {
  start_server
  for how in networked embedded; do
    fresh_home "$how"
    if [ "$how" = networked ]; then
      new_account web --server "$SERVER_URL" --email a@example.com --name 'A B'
    else
      new_account web
    fi
    set_from A 1
    random_canary "$HOME/phrase" 24
    agentsecrets key export --out "$HOME/kit" --passphrase-file "$HOME/phrase"
    run -1 agentsecrets key import "$HOME/kit" --passphrase-file "$HOME/phrase"
    assert_one_error 'already'
    rm "$AGENTSECRETS_HOME/trust"
    run -6 agentsecrets get A
    agentsecrets key import "$HOME/kit" --passphrase-file "$HOME/phrase"
    agentsecrets trust
    [ "$(agentsecrets get A)" = 1 ]
  done
}

@test "a login that waited does not undo an import" {
  start_server
  new_account web --server "$SERVER_URL" --email a@example.com --name 'A B'
  random_canary "$HOME/phrase" 24
  agentsecrets key export --out "$HOME/kit" --passphrase-file "$HOME/phrase"
  kit=$HOME/kit phrase=$HOME/phrase password=$HOME/password
  fresh_home two
  export AGENTSECRETS_PASSWORD_FILE=$password
  agentsecrets login --server "$SERVER_URL" --email a@example.com
  mkfifo "$HOME/slow"
  agentsecrets login --password-file "$HOME/slow" 3>&- &
  login=$!
  # The helper is up once the pipe is open for reading.
  exec 9>"$HOME/slow"
  agentsecrets key import "$kit" --passphrase-file "$phrase"
  cat "$password" >&9
  exec 9>&-
  wait "$login"
  run agentsecrets status
  assert_match 'key +on this machine'
}

@test "the list and the minimum of project.json count with --project too" {
  new_account
  set_from A 1
  set_from B 2
  python3 - <<'PY'
import json
path = ".agentsecrets/project.json"
project = json.load(open(path))
project["names"] = {"development": ["A"]}
json.dump(project, open(path, "w"))
PY
  agentsecrets trust
  run agentsecrets env --dry-run -p web true
  [ "$output" = A ]
  AGENTSECRETS_PROJECT=web run agentsecrets env --dry-run true
  [ "$output" = A ]
}

@test "a minimum is a floor for names that are not there as well" {
  new_account
  set_from A 1
  python3 - <<'PY'
import json
path = ".agentsecrets/project.json"
project = json.load(open(path))
project["minimum"] = {"development": {"GONE": "1.1"}}
json.dump(project, open(path, "w"))
PY
  agentsecrets trust
  assert_nothing_started 125 "'GONE' is not there" env --
}

@test "a project that the server moved is not taken without a person" {
  start_server
  new_account web --server "$SERVER_URL" --email a@example.com --name 'A B'
  set_from A 1
  stop_server
  other=3fa85f64-5717-4562-b3fc-2c963f66afa6
  # This machine holds the key of another workspace, and the server moves.
  python3 - "$AGENTSECRETS_HOME" "$SERVER_DATA/data.sqlite" "$other" <<'PY'
import hashlib, sqlite3, sys
home, data, other = sys.argv[1:]
text = open(home + "/trust").read()
lines = text.split("\n")
own = next(l for l in lines if l.startswith("workspace "))
at = lines.index(own)
fields = own.split(" ")
fields[1] = other
fields[6] = "elsewhere"
lines.insert(at + 1, " ".join(fields[:7]))
body = "\n".join(l for l in lines if l and not l.startswith("end ")) + "\n"
end = hashlib.sha256(body.encode()).hexdigest()
open(home + "/trust", "w").write(body + "end " + end + "\n")
base = sqlite3.connect(data)
base.execute("PRAGMA foreign_keys = OFF")
base.execute("INSERT INTO workspace SELECT ?, " + ", ".join(
    c[1] for c in base.execute("PRAGMA table_info(workspace)") if c[1] != "id")
    + " FROM workspace", (other,))
columns = [c[1] for c in base.execute("PRAGMA table_info(membership)")]
base.execute("INSERT INTO membership (" + ", ".join(columns) + ") SELECT " +
    ", ".join("?" if c == "workspace_id" else
              "lower(hex(randomblob(4)))||'-5717-4562-b3fc-2c963f66afa7'"
              if c == "id" else c for c in columns) + " FROM membership", (other,))
base.execute("UPDATE project SET workspace_id = ?", (other,))
base.commit()
PY
  start_server
  # The port is another one: it stands in what this machine believes.
  python3 - "$AGENTSECRETS_HOME" "$SERVER_URL" <<'PY'
import hashlib, os, re, sys
home, url = sys.argv[1:]
for name in ["account.json", "config.json", "token.json"]:
    path = os.path.join(home, name)
    text = re.sub(r"http://127\.0\.0\.1:\d+", url, open(path).read())
    open(path, "w").write(text)
PY
  before=$(cat .agentsecrets/project.json)
  run -6 agentsecrets project use web
  assert_one_error "'web' belonged to another workspace"
  [ "$(cat .agentsecrets/project.json)" = "$before" ]
}
