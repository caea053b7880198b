import type { S3Settings } from './settings.js';

/**
 * Where a person looks at an object, or at a folder if the key ends in a slash, in MinIO's console. Whoever follows it
 * logs in there first: nothing in it is secret. Undefined where no console is known.
 */
export function consoleLink({ console, bucket }: S3Settings, key: string): string | undefined {
  return console && `${console}/browser/${encodeURIComponent(bucket)}/${encodeURIComponent(key)}`;
}
