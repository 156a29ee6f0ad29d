/** Completion scripts: thin shells around `__complete`, for both names of the program. */

const bash = `# bash completion for kubectl and cox
__cox_complete() {
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | sed -e '/^:[0-9]*$/d' -e 's/\\t.*//'))
}
complete -o default -o nosort -F __cox_complete kubectl 2>/dev/null || complete -o default -F __cox_complete kubectl
complete -o default -o nosort -F __cox_complete cox 2>/dev/null || complete -o default -F __cox_complete cox
`;

const zsh = `#compdef kubectl cox
# zsh completion for kubectl and cox
__cox_complete() {
  local -a found
  found=("\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null | sed -e '/^:[0-9]*$/d' -e 's/\\t.*//')}")
  if (( \${#found[1]} )); then compadd -a found; else _files; fi
}
compdef __cox_complete kubectl cox
`;

const fish = `# fish completion for kubectl and cox
function __cox_complete
  set -l words (commandline -opc) (commandline -ct)
  $words[1] __complete $words[2..-1] 2>/dev/null | string match -rv '^:[0-9]*$'
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
