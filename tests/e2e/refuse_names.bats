#!/usr/bin/env bats
# Names that change how programs load or run code are refused by the name
# that the command would see, whatever way it came about and in any case.
# long with sanitizers
# shellcheck disable=SC2016
load lib
remember_passwords

# One example of each pattern stands beside the names themselves.
NAMES="LD_PRELOAD LD_AUDIT LD_LIBRARY_PATH LD_X GLIBC_TUNABLES GCONV_PATH
GETCONF_DIR LOCPATH NLSPATH MALLOC_CHECK_ MALLOC_X RES_OPTIONS LOCALDOMAIN
HOSTALIASES RESOLV_HOST_CONF PATH IFS CDPATH ENV BASH_ENV BASH_FUNC_X SHELLOPTS
BASHOPTS PS4 PS1 PROMPT_COMMAND GLOBIGNORE ZDOTDIR FPATH NULLCMD READNULLCMD
SHELL HOME TMPDIR PYTHONPATH PYTHONSTARTUP PYTHONHOME PYTHONWARNINGS
PYTHONUSERBASE PYTHONBREAKPOINT PYTHONINSPECT PYTHONX BROWSER PERL5OPT PERL5DB
PERL5LIB PERLLIB RUBYOPT RUBYLIB NODE_OPTIONS NODE_PATH NODE_EXTRA_CA_CERTS
NPM_CONFIG_PREFIX JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS MAVEN_OPTS
GRADLE_OPTS CLASSPATH PHPRC PHP_INI_SCAN_DIR LUA_INIT LUA_INIT_5_4 GIT_SSH
GIT_SSH_COMMAND GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_CONFIG_VALUE_0
GIT_EXTERNAL_DIFF GIT_EDITOR GIT_PAGER GIT_ASKPASS GIT_PROXY_COMMAND
GIT_EXEC_PATH GIT_TEMPLATE_DIR GIT_DIR GIT_X SSH_ASKPASS EDITOR VISUAL PAGER
MANPAGER LESSOPEN LESSCLOSE LESS MAKEFLAGS CC CXX LD RUSTC_WRAPPER RUSTFLAGS
CARGO_HOME CARGO_X GOFLAGS GOPROXY PIP_INDEX_URL UV_INDEX_URL DOCKER_HOST
DOCKER_CONFIG KUBECONFIG AWS_CONFIG_FILE OPENSSL_CONF OPENSSL_ENGINES
OPENSSL_MODULES SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE REQUESTS_CA_BUNDLE
SSLKEYLOGFILE HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY FTP_PROXY
GIO_EXTRA_MODULES GTK_MODULES QT_PLUGIN_PATH XDG_CONFIG_HOME XDG_DATA_DIRS
DBUS_SESSION_BUS_ADDRESS TERMINFO TERMINFO_DIRS TERMCAP TERM DISPLAY
WAYLAND_DISPLAY LISTEN_FDS LISTEN_PID NOTIFY_SOCKET AGENTSECRETS_ACTIVE
AGENTSECRETS_HOME AGENTSECRETS_X"

setup_file() {
  fresh_home
  new_account >&2
  agentsecrets set KEY=value OTHER=thing >&2
}

setup() {
  use_home one "$BATS_FILE_TMPDIR"
  own_copy
  PROJECT=$(sed -nE 's/^project ([^ ]*) .*/\1/p' "$AGENTSECRETS_HOME/trust")
}

refused() { assert_nothing_started 125 "$@"; }

@test "every name of the table, also in lower and mixed case, by --map" {
  local name form rest
  for name in $NAMES; do
    rest=${name:1}
    for form in "$name" "${name,,}" "${name:0:1}${rest,,}"; do
      refused "refused: $form: changes how programs" env --map "$form=KEY" --
    done
  done
}

@test "every name of the table that can be stored" {
  local name stored=()
  for name in $NAMES; do
    [[ $name == _* ]] || stored+=("$name")
  done
  printf x |
    "$TOOLS/tests/lib/forge" "$PROJECT" development 1 "${stored[@]}" |
    /usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/vault.py" \
      "$AGENTSECRETS_HOME/vault/$PROJECT.development" put 1
  for name in "${stored[@]}"; do
    refused "refused: $name: changes how programs" env --only "$name,KEY" --
    assert_match "hint: .*--allow-name $name"
    # Not selected, or under another name, it harms nobody.
    refused "refused: $name:" env --only "$name" --
  done
  refused 'refused: AGENTSECRETS_ACTIVE, ' env --
  run -0 agentsecrets env --only KEY -- true
  run -0 agentsecrets env --only 'KEY,LD_*' --map A=LD_PRELOAD --prefix X_ -- true
  run -0 agentsecrets env --dry-run --prefix X_ -- true
  [ "${#lines[@]}" = $((${#stored[@]} + 2)) ]
}

@test "a name that only a prefix makes dangerous" {
  agentsecrets set PRELOAD=x >&2
  refused 'refused: LD_PRELOAD' env --only PRELOAD --prefix LD_ --
  refused 'refused: Ld_PRELOAD' env --only PRELOAD --prefix Ld_ --
  run -0 agentsecrets env --only PRELOAD --prefix MY_LD_ -- true
  # It is not for mapped names.
  refused 'refused: ld_x:' env --only KEY --prefix MY_ --map ld_x=KEY --
}

@test "a name that the lasting map makes dangerous" {
  mkdir "$BATS_TEST_TMPDIR/work"
  cp -r .agentsecrets "$BATS_TEST_TMPDIR/work"
  cd "$BATS_TEST_TMPDIR/work"
  sed -i 's/^{/{"map": {"ld_preload": "KEY"},/' .agentsecrets/project.json
  agentsecrets trust >&2
  refused 'refused: ld_preload' env --
  run -0 agentsecrets env --except KEY -- true
  run -0 agentsecrets env --map NAME=KEY -- true
  # The map that is given beats it.
  refused 'refused: Path' env --map Path=KEY --
}

@test "--allow-name permits that name, in that case, and no other" {
  run -0 agentsecrets env --map PAGER=KEY --allow-name PAGER -- \
    sh -c 'echo "$PAGER"'
  [ "$output" = value ]
  run -0 agentsecrets env --map pager=KEY --allow-name pager -- true
  refused 'refused: pager:' env --map pager=KEY --allow-name PAGER --
  refused 'refused: EDITOR:' env --map PAGER=KEY,EDITOR=OTHER \
    --allow-name PAGER --
  refused 'refused: EDITOR:' env --map PAGER=KEY --map EDITOR=OTHER \
    --allow-name PAGER,VISUAL --
  run -0 agentsecrets env --map PAGER=KEY --map EDITOR=OTHER \
    --allow-name PAGER,VISUAL --allow-name EDITOR -- true
  # A pattern is no name.
  refused 'refused: LD_PRELOAD:' env --map LD_PRELOAD=KEY --allow-name 'LD_*' --
}

@test "allow_names of the user's settings permits, too; project.json never" {
  set_settings '{"session_cache": 0, "allow_names": ["PAGER"]}'
  run -0 agentsecrets env --map PAGER=KEY -- true
  refused 'refused: EDITOR:' env --map EDITOR=KEY --
  set_settings '{"session_cache": 0}'
  mkdir "$BATS_TEST_TMPDIR/work"
  cp -r .agentsecrets "$BATS_TEST_TMPDIR/work"
  cd "$BATS_TEST_TMPDIR/work"
  sed -i 's/^{/{"allow_names": ["PAGER"], "allow-name": "PAGER",/' \
    .agentsecrets/project.json
  agentsecrets trust >&2
  refused 'refused: PAGER:' env --map PAGER=KEY --
}

@test "names near the dangerous ones are not refused" {
  local name
  for name in LDX PATHS MY_PATH HOMEPAGE ENVIRONMENT EDITORS XPYTHONPATH \
    GITHUB_TOKEN CCX PIPELINE AGENTSECRET DBUSX TERMS NPM_TOKEN AWS_SECRET_KEY; do
    run -0 agentsecrets env --dry-run --only KEY --map "$name=KEY" -- true
    [ "$output" = "$name" ]
  done
}

@test "a final name that is none" {
  local name
  for name in '1A' 'A-B' 'A.B' 'A B' 'Ä' '%A' "A'B"; do
    refused 'is no name for an environment variable' env --map "$name=KEY" --
  done
  refused 'is no name' env --prefix 9 --
  refused 'is no name' env --prefix 'A=' --
}

@test "two secrets of one final name" {
  refused "'KEY' and 'OTHER' would both be 'SAME'" \
    env --map SAME=KEY --map SAME=OTHER --
  refused "would both be 'OTHER'" env --map OTHER=KEY --
}

@test "storing a dangerous name warns, and env refuses it" {
  run -0 agentsecrets set LD_PRELOAD=x
  assert_match "warning: 'LD_PRELOAD' changes how programs run"
  refused 'refused: LD_PRELOAD:' env --
}
