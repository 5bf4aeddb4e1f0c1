#compdef keypair
# Completion for zsh: keypair completes the word at the cursor.

_keypair() {
  local -a lines texts shown
  local line
  # The words without quotes; the last one ends at the cursor.
  lines=("${(@f)$(command keypair complete zsh "=${(Q)PREFIX}" "${(@Q)words[2,CURRENT-1]}" 2>/dev/null)}")
  case $lines[1] in
    files)
      compset -P '--*='
      _files
      ;;
    folders)
      compset -P '--*='
      _files -/
      ;;
    programs) _command_names -e ;;
    words)
      for line in "${(@)lines[2,-1]}"; do
        texts+=("${line%%$'\t'*}")
        shown+=("${${line/$'\t'/  -- }[1,COLUMNS-1]}")
      done
      if [[ "${lines[2]}" == *$'\t'* ]]; then
        compadd -l -d shown -a texts
      else
        compadd -a texts
      fi
      ;;
  esac
}

# Zsh calls this file as a function if it is in $fpath. Otherwise it was sourced.
if [[ "$funcstack[1]" == _keypair ]]; then
  _keypair "$@"
else
  compdef _keypair keypair
fi
