import { flagName, namedSources, parameterNames } from '../predictor/config.js';
import type { Source, TrainInput } from './contract.js';

/** How a person calls the command line in a clone. Every hint in the web UI says it so. */
export const streamsage = 'npx --no-install streamsage';

/** What starts such a run again, in phrases for a shell, none of which is to be broken. A file is named as it was given: where it lies, no run knows. */
export function trainCommand(
  { source, parameters = {}, refresh, onUnchanged }: TrainInput,
  more: Pick<TrainInput, 'refresh'> = {},
): string[] {
  const again = more.refresh ?? refresh;
  const flags = parameterNames.flatMap((name) => {
    const value = parameters[name];
    if (value === undefined || value === false) return [];
    return [value === true ? flagName(name) : `${flagName(name)} ${shellWord(String(value))}`];
  });
  return [
    ...[`${streamsage} train`, `--source ${sourceWord(source)}`],
    ...flags,
    ...(onUnchanged === 'skip' ? ['--on-unchanged skip'] : []),
    ...(again ? [`--refresh ${shellWord(again)}`] : []),
  ];
}

/** What no shell line should hold is left to the reader. */
function sourceWord(source: Source): string {
  switch (source.kind) {
    case 'uploaded':
      return fileWord(source.name);
    case 'url':
    case 's3':
      return shellWord(addressOf(source));
    default:
      return shellWord(source.kind);
  }
}

/** The address as it was given; `ADDRESS` for one that could hold a secret, as no worker takes it. */
export function addressOf(source: Extract<Source, { kind: 'url' | 's3' }>): string {
  if (source.kind === 's3') {
    const address = `s3://${source.bucket}/${source.key}`;
    return isPlain(address, 1000) ? address : 'ADDRESS';
  }
  const harmless = /^https?:\/\/[^@?#\p{C}\p{Z}]{1,1000}(\?[\w.=&-]{1,200})?$/u.test(source.url);
  return harmless && !/token|key|sig|secret|pass|auth|cred/i.test(source.url.split('?')[1] ?? '')
    ? source.url
    : 'ADDRESS';
}

function fileWord(name: string): string {
  if (!isPlain(name, 255)) return 'FILE';
  const ambiguous = name.startsWith('-') || namedSources.some((known) => known === name);
  return shellWord(ambiguous ? `./${name}` : name);
}

function isPlain(text: string, maximum: number): boolean {
  return text !== '' && text.length <= maximum && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text);
}

/** One word for a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w.,:/@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
