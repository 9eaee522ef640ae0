# What an interactive zsh of the completion tests reads at its start: TAB
# writes what it would offer to the file $OFFERED, one a line, and says so.
fpath=($AGENTSECRETS_PREFIX/share/zsh/site-functions $fpath)
autoload -Uz compinit
compinit -u -D
PS1='ready> '

# Every candidate comes through here. -O, -A and -D are questions only.
compadd() {
  local -a matching
  if ((!${@[(I)-[OAD]]})); then
    builtin compadd -O matching "$@"
    (($#matching == 0)) || print -rl -- "$IPREFIX"$^matching >>$OFFERED
  fi
  builtin compadd "$@"
}

offered() {
  _main_complete
  compstate[insert]= compstate[list]=
  print -n '(offered)' >/dev/tty
}

if [[ -n $OFFERED ]]; then
  zle -C offered complete-word offered
  bindkey '^I' offered
fi
