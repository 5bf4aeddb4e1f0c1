#compdef keypair
# Completion for zsh: keypair says what the word at the cursor can be.

_keypair() {
  local -a lines texts shown
  local line
  # The words without their quotes, the last of them up to the cursor.
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

# Either zsh has found this file in $fpath and calls it, or it is read at the start.
if [[ "$funcstack[1]" == _keypair ]]; then
  _keypair "$@"
else
  compdef _keypair keypair
fi
