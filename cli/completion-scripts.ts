export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** What `__complete` answers with where the shell is to offer files. No suggestion begins with a colon. */
export const filesMark = ':files';

/**
 * A script that has the shell ask `streamsage __complete -- <words>` for what may be typed next.
 * @param command words that start this installation's command line, wherever the user is
 */
export function completionScript(shell: Shell, command: readonly string[]): string {
  const words = [...command, '__complete', '--'].map(shell === 'fish' ? quotedInFish : quoted).join(' ');
  return scripts[shell](words);
}

const quoted = (word: string) => `'${word.replaceAll("'", String.raw`'\''`)}'`;
const quotedInFish = (word: string) => `'${word.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;

const scripts: Record<Shell, (complete: string) => string> = {
  // Bash breaks words at colons and equals signs, which names of runs and options have: only what follows is replaced.
  bash: (complete) => String.raw`_streamsage() {
  local line=${'$'}{COMP_LINE:0:COMP_POINT} current prefix='' suggestion rest
  local -a words
  read -ra words <<< "$line"
  current=${'$'}{line##*[[:space:]]}
  [[ -z $current ]] && words+=('')
  [[ $current == *[:=]* ]] && prefix=${'$'}{current%"${'$'}{current##*[:=]}"}
  COMPREPLY=()
  while IFS=$'\t' read -r suggestion rest; do
    if [[ $suggestion == ${filesMark} ]]; then
      compopt -o default 2>/dev/null
      return
    fi
    COMPREPLY+=("${'$'}{suggestion#"$prefix"}")
  done < <(${complete} "${'$'}{words[@]:1}" 2>/dev/null)
}
complete -F _streamsage streamsage`,
  zsh: (complete) => String.raw`#compdef streamsage
_streamsage() {
  local line
  local -a lines suggestions
  lines=("${'$'}{(@f)$(${complete} "${'$'}{(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ ${'$'}{lines[1]} == ${filesMark} ]]; then
    _files
    return
  fi
  for line in $lines; do
    suggestions+=("${'$'}{${'$'}{line%%$'\t'*}//:/\\:}:${'$'}{line#*$'\t'}")
  done
  (( $#suggestions )) && _describe streamsage suggestions
}
compdef _streamsage streamsage`,
  fish: (complete) => String.raw`function __streamsage_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (${complete} $words[2..-1] "$current" 2>/dev/null)
    if test "$lines[1]" = ${filesMark}
        __fish_complete_path "$current"
    else if set -q lines[1]
        printf '%s\n' $lines
    end
end
complete -c streamsage -f -a '(__streamsage_complete)'`,
};
