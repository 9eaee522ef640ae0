# shellcheck shell=bash
# ./dev demo: the main job from start to end, for somebody to read along.
# Sourced by ./dev.
# shellcheck disable=SC2154 # top, build_packages

# told TEXT: what comes next and why.
told() {
  echo
  fold -s -w 76 <<<"$*" | sed 's/^/# /; s/ $//'
}

# typed LINE: show it as it would be typed, and run it.
typed() {
  printf '$ %s\n' "$1"
  bash -c "$1"
}

# demo_random LENGTH: letters and digits. Nobody stops reading early, so that
# no program of the pipe dies of it.
demo_random() {
  local text
  text=$(head -c 4096 /dev/urandom | LC_ALL=C tr -dc 'A-Za-z0-9')
  printf '%s' "${text:0:$1}"
}

demo_build() {
  need ask "${build_packages[@]}"
  say 'building (build/gcc) ...'
  configure_in gcc >/dev/null
  make_in gcc >/dev/null
  make_in gcc tests/lib/memscan >/dev/null
  install_tree gcc "$demo_dir/prefix"
}

# What was set must be nowhere; and the search must be one that would see it.
demo_search() {
  local scan=$top/build/gcc/tests/lib/memscan
  told 'Is the value anywhere? Home (account, vault, database of the server),' \
    'temporary files and the working directory are searched for it in plain,' \
    'hex, base64 at its three alignments and UTF-16.'
  find "$demo_dir/home" "$demo_dir/tmp" "$demo_dir/run" "$demo_dir/web" \
    -type f -printf '  %10s bytes  %p\n' | sed "s,$demo_dir/,,"
  "$scan" "$demo_dir/value" "$demo_dir/home" "$demo_dir/tmp" \
    "$demo_dir/run" "$demo_dir/web" || die 'the value lies in a file'
  base64 <"$demo_dir/value" >"$demo_dir/tmp/planted"
  if "$scan" "$demo_dir/value" "$demo_dir/tmp" >/dev/null; then
    die 'the search does not see a planted copy'
  fi
  echo 'No file holds it. (A copy planted on purpose was found.)'
}

# demo_story: with HOME and PATH already those of the throw-away home.
demo_story() {
  local seen wanted
  told 'A throw-away home, and a generated password for the account.'
  typed 'cd ~/../web && ls -A ~'
  demo_random 24 >~/password
  chmod 0600 ~/password
  typed 'agentsecrets --version'

  told 'Make the account. No server is named, so one is started when it is' \
    'needed, on a private socket, and keeps only ciphertext.'
  typed 'agentsecrets init --password-file ~/password --project web'
  export AGENTSECRETS_PASSWORD_FILE=$HOME/password

  told 'Set a secret: 40 random characters that nobody has seen, from a file' \
    'outside of the home.'
  typed 'agentsecrets set STRIPE_KEY=- <../value'
  typed 'agentsecrets list'
  typed 'agentsecrets status'

  told 'Start a command with it. It shows the hash of what it got, not the value.'
  typed "agentsecrets env -- sh -c 'printf %s \"\$STRIPE_KEY\" | sha256sum'"
  typed 'sha256sum <../value'
  # shellcheck disable=SC2016 # the command's own shell expands it
  seen=$(agentsecrets env -- sh -c 'printf %s "$STRIPE_KEY" | sha256sum')
  wanted=$(sha256sum <../value)
  [ "$seen" = "$wanted" ] || die 'the command did not see the value'
  echo 'The command saw the value.'

  told 'The launcher became the command: same process, nothing stays behind.'
  typed "sh -c 'echo \$\$; exec agentsecrets env -- sh -c \"echo \\\$\\\$\"'"
  demo_search
}

demo() {
  demo_dir=$(mktemp -d /tmp/agentsecrets-demo.XXXXXX)
  trap 'rm -rf "$demo_dir"' EXIT
  demo_build
  mkdir -m 0700 "$demo_dir"/{home,tmp,run,web}
  mkdir -m 0700 "$demo_dir/home/.agentsecrets"
  # The kernel keyring belongs to the person, not to the throw-away home.
  echo '{"session_cache": 0}' >"$demo_dir/home/.agentsecrets/settings.json"
  demo_random 40 >"$demo_dir/value"
  (
    export HOME=$demo_dir/home TMPDIR=$demo_dir/tmp XDG_RUNTIME_DIR=$demo_dir/run
    export PATH=$demo_dir/prefix/bin:$PATH
    unset "${!DBUS_@}"
    cd "$demo_dir/web" || exit
    demo_story
  )
  printf '\nThe demo is done: %s\n' 'set, started with, and nothing left behind.'
}
