# Completion for bash: keypair completes the word at the cursor.

_keypair() {
  local line kind=
  COMPREPLY=()
  while IFS= read -r line; do
    if [ -z "$kind" ]; then kind=$line; else COMPREPLY+=("$line"); fi
  done <<<"$(command keypair complete bash "=${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)"
  case $kind in
    files) compopt -o default 2>/dev/null ;;
    folders) compopt -o dirnames 2>/dev/null ;;
    programs)
      while IFS= read -r line; do
        COMPREPLY+=("$line")
      done <<<"$(compgen -c -- "$2")"
      ;;
  esac
}

# Version 3 has no compopt, so it may offer files where keypair expects something else.
if [ "${BASH_VERSINFO[0]}" -ge 4 ]; then
  complete -F _keypair keypair
else
  complete -o default -F _keypair keypair
fi
