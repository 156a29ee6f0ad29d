/** Completion scripts: thin shells around `__complete`, for both names of the program. */

const bash = `# bash completion for kubectl and cox
__cox_complete() {
  local line=\${COMP_LINE:0:COMP_POINT} out directive candidate
  local -a words
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  out=$("\${words[0]}" __complete "\${words[@]:1}" 2>/dev/null) || return
  directive=\${out##*:}
  COMPREPLY=()
  while IFS= read -r candidate; do
    [[ -n $candidate ]] && COMPREPLY+=("\${candidate%%$'\\t'*}")
  done <<< "\${out%:*}"
  (( directive & 2 )) && compopt -o nospace
  (( directive & 4 )) && compopt +o default
} 2>/dev/null
complete -o default -F __cox_complete kubectl cox
`;

const zsh = `#compdef kubectl cox
# zsh completion for kubectl and cox
__cox_complete() {
  local out directive
  local -a found
  out=$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  directive=\${out##*:}
  found=("\${(@f)\${out%:*}}")
  found=("\${(@)\${(@)found%%$'\\t'*}:#}")
  [[ \${words[CURRENT]} == -*=* ]] && compset -P '*='
  if (( \${#found} && (directive & 2) )); then compadd -S '' -a found
  elif (( \${#found} )); then compadd -a found
  elif (( ! (directive & 4) )); then _files
  fi
}
compdef __cox_complete kubectl cox
`;

const fish = `# fish completion for kubectl and cox
function __cox_complete
  set -l current (commandline -ct)
  set -l words (commandline -opc)
  set -l out ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
  set -l before ''
  if string match -q -- '-*=*' "$current"
    set before (string replace -r '=.*' '=' -- "$current")
  end
  for candidate in $out[1..-2]
    echo "$before$candidate"
  end
  if test (count $out) -le 1; and test "$out[-1]" = ':0'
    __fish_complete_path "$current"
  end
end
complete -c kubectl -f -a '(__cox_complete)'
complete -c cox -f -a '(__cox_complete)'
`;

const powershell = `# powershell completion for kubectl and cox
$complete = {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | ForEach-Object { $_.ToString() })
  if ($wordToComplete -eq '') { $words += '' }
  & $words[0] __complete @($words | Select-Object -Skip 1) 2>$null | Where-Object { $_ -notmatch '^:\\d*$' } | ForEach-Object {
    $text, $about = $_ -split "\`t", 2
    [System.Management.Automation.CompletionResult]::new($text, $text, 'ParameterValue', $(if ($about) { $about } else { $text }))
  }
}
Register-ArgumentCompleter -Native -CommandName kubectl, cox -ScriptBlock $complete
`;

export const completionScripts: Readonly<Record<string, string>> = { bash, zsh, fish, powershell };
