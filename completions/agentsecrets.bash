# shellcheck shell=bash
# Completion of agentsecrets(1) for bash. What may be typed is known by the
# program: `agentsecrets __complete WORD...` prints the candidates for the
# last word, one a line, ":files" where the name of a file may stand, and
# ":command N" where word N, counted from 0, begins a command of its own.

# _agentsecrets_command INDEX: complete the command that begins there.
_agentsecrets_command() {
  if declare -F _comp_command_offset >/dev/null; then
    _comp_command_offset "$1"
  elif declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  elif ((COMP_CWORD == $1)); then
    mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
  else
    compopt -o default
  fi
}

_agentsecrets() {
  local line=${COMP_LINE:0:COMP_POINT} rest piece breaks word prefix='' answer i
  local -a words=() starts=() answers=()

  # Readline cuts words at '=' and ':' too: put back what has no blank in
  # between, and remember which piece each word began with.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    rest=${line#"${line%%[![:space:]]*}"}
    piece=${COMP_WORDS[i]}
    ((i < COMP_CWORD)) || piece=$rest
    if ((i > 0)) && [[ $rest == "$line" ]]; then
      words[-1]+=$piece
    else
      words+=("$piece")
      starts+=("$i")
    fi
    line=${rest#"$piece"}
  done

  # Readline replaces what is behind the last of them only.
  word=${words[-1]}
  breaks=${COMP_WORDBREAKS//[^=:]/}
  [[ -z $breaks ]] || prefix=${word%"${word##*["$breaks"]}"}

  # A value that stands in the line is nobody's business.
  for ((i = 1; i < ${#words[@]}; i++)); do
    case ${words[i]} in
    -*) ;;
    *=@*) words[i]=${words[i]%%=*}=@ ;;
    *=*) [[ ${words[i - 1]} == --map ]] || words[i]=${words[i]%%=*}= ;;
    esac
  done

  mapfile -t answers < <("$1" __complete "${words[@]:1}" 2>/dev/null)
  COMPREPLY=()
  case ${answers[0]-} in
  :command\ *)
    answer=${answers[0]#:command }
    _agentsecrets_command "${starts[answer + 1]}"
    return
    ;;
  :files)
    if [[ $word == [!-]*=@* ]]; then
      # Readline would take the '@' for the beginning of a host's name.
      compopt -o nospace
      mapfile -t answers < <(compgen -P "${word%%=@*}=@" -f -- "${word#*=@}")
    else
      compopt -o default
      return
    fi
    ;;
  esac
  COMPREPLY=("${answers[@]#"$prefix"}")
}

complete -F _agentsecrets agentsecrets
