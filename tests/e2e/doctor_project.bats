# agentsecrets doctor: what the directory means, and the files beside it.
load lib
remember_passwords
load doctor

setup() { doctor_setup; }

teardown() { end_all; }

@test 'a directory without a project, an untrusted and a damaged one' {
  new_account ''
  found note project place 'no project'
  [ "$STATUS" = 0 ]
  agentsecrets project create web >/dev/null
  agentsecrets trust -q --remove
  found warning project place 'not trusted'
  [[ $HINT == *trust* ]]
  agentsecrets trust -q
  look
  finding project place "this is web/development"
  [ "$LEVEL" = ok ]
  echo '{"project_id": 7}' >.agentsecrets/project.json
  found problem project project.json
  mkdir "$HOME/elsewhere"
  cd "$HOME/elsewhere"
  look -p web
  finding project place "this is web/development"
  look -p wep
  finding project place "'wep' is not known"
  [ "$LEVEL" = problem ]
}

@test 'names that are wanted and missing, old values, none at all' {
  new_account
  agentsecrets set -q A=1 2>/dev/null
  look
  finding project age 'stored from here'
  agentsecrets pull -q
  look
  finding project age 'fetched 0 days ago'
  [ "$LEVEL" = ok ]
  python3 - .agentsecrets/project.json <<'PY'
import json, sys
document = json.load(open(sys.argv[1]))
document["names"] = {"development": ["A", "B_MISSING"]}
json.dump(document, open(sys.argv[1], "w"))
PY
  agentsecrets trust -q
  found warning project names 'B_MISSING$'
  python3 - "$AGENTSECRETS_HOME"/vault/*.development <<'PY'
import hashlib, re, sys, time
text = open(sys.argv[1]).read()
body = text[:text.rindex("end ")]
body = re.sub(r"(?m)^pulled \d+", f"pulled {int(time.time()) - 40 * 86400}", body)
open(sys.argv[1], "w").write(
    body + "end " + hashlib.sha256(body.encode()).hexdigest() + "\n")
PY
  found note project age 'fetched 40 days ago'
  cp "$AGENTSECRETS_HOME"/vault/*.development "$BATS_TEST_TMPDIR/vault"
  rm "$AGENTSECRETS_HOME"/vault/*.development
  found note project age 'never fetched'
  cp "$BATS_TEST_TMPDIR/vault" "$(echo "$AGENTSECRETS_HOME"/vault)/$(sed -nE \
    's/^project ([^ ]*).*/\1/p' "$BATS_TEST_TMPDIR/vault").development"
  set_settings '{"max_age": "1d", "session_cache": 0}'
  found note project age 'older than max_age'
}

@test 'storage mode 2: a file that others read, and one that git would take' {
  new_account web --storage-mode 2
  agentsecrets set -q A=1 2>/dev/null
  look
  no_finding project env_mode
  no_finding project gitignore
  chmod 0644 .env.development
  found warning project env_mode '.env.development'
  mends project env_mode
  [ "$(stat -c %a .env.development)" = 600 ]
  echo node_modules >.gitignore
  found warning project gitignore '.env.development'
  mends project gitignore
  [ "$(cat .gitignore)" = $'node_modules\n.env.development' ]
}
