# agentsecrets doctor: whatever a file has become, it goes on.
load lib
remember_passwords
load doctor

setup() { doctor_setup; }

teardown() { end_all; }

@test 'whatever is damaged, it says so and goes on' {
  new_account
  agentsecrets set -q A=1 2>/dev/null
  agentsecrets env -- true
  local file content all=()
  cd "$AGENTSECRETS_HOME"
  cp -a . "$BATS_TEST_TMPDIR/sound"
  mapfile -t all < <(find . -type f ! -name '*lock')
  [ "${#all[@]}" -ge 8 ]
  for content in '' x; do
    for file in "${all[@]}"; do
      printf %s "$content" >"$file"
      look
      cp "$BATS_TEST_TMPDIR/sound/$file" "$file"
    done
  done
  for file in "${all[@]}"; do
    head -c 3000 /dev/urandom >"$file"
  done
  look
  [ "$STATUS" = 1 ]
  look --repair --yes
  rm -rf "${all[@]}"
  mkdir -m 0700 "${all[@]}"
  look
  look --repair
  [ "$STATUS" = 1 ]
}
