export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** What `__complete` answers with where the shell is to offer files. No suggestion begins with a colon. */
export const filesMark = ':files';

/**
 * A script that has the shell ask `streamsage __complete` for what may be typed next.
 * @param command words that start this installation's command line, wherever the user is
 */
export function completionScript(shell: Shell, command: readonly string[]): string {
  const words = [...command, '__complete'].map(shell === 'fish' ? quotedInFish : quoted).join(' ');
  return scripts[shell](words);
}

const quoted = (word: string) => `'${word.replaceAll("'", String.raw`'\''`)}'`;
const quotedInFish = (word: string) => `'${word.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;

const scripts: Record<Shell, (complete: string) => string> = {
  bash: (complete) => String.raw`_streamsage() {
  local suggestion rest
  COMPREPLY=()
  while IFS=$'\t' read -r suggestion rest; do
    if [[ $suggestion == ${filesMark} ]]; then
      compopt -o default 2>/dev/null
      return
    fi
    COMPREPLY+=("$suggestion")
  done < <(${complete} "--bash-breaks=$COMP_WORDBREAKS" "--bash-line=${'$'}{COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}
complete -F _streamsage streamsage`,
  zsh: (complete) => String.raw`#compdef streamsage
_streamsage() {
  local line
  local -a lines suggestions
  lines=("${'$'}{(@f)$(${complete} -- "${'$'}{(@Q)words[2,CURRENT-1]}" "${'$'}{(Q)PREFIX}" 2>/dev/null)}")
  if [[ ${'$'}{lines[1]} == ${filesMark} ]]; then
    [[ $PREFIX == --*=* ]] && compset -P 1 '*='
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
    set -l typed (string replace -r '^["\']' '' -- "$current")
    set -l lines (${complete} -- $words[2..-1] "$typed" 2>/dev/null)
    if test "$lines[1]" = ${filesMark}
        set -l option (string match -r '^--[^=]+=' -- "$current")
        set -l path (string replace -r '^--[^=]+=' '' -- "$typed")
        printf '%s\n' "$option"(__fish_complete_path "$path")
    else if set -q lines[1]
        printf '%s\n' $lines
    end
end
complete -c streamsage -f -a '(__streamsage_complete)'`,
};
