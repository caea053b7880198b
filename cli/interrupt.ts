import { exitCodes } from './exit-codes.js';
import type { Output } from './output.js';

/** Work that goes on, within work that goes on. */
interface Scope {
  readonly output: Output;
  readonly said: string;
  readonly tidyUp: () => void | Promise<void>;
}

const scopes: Scope[] = [];
let isStopping = false;

/**
 * Runs work that Ctrl-C ends. What is said then is said by the innermost: one line, that tells what is left and what goes
 * on. A second Ctrl-C does not wait for the tidying up.
 * @param said what is then left, as sentences
 * @param tidyUp removes what must not be left half-done; begins before anything is said
 */
export async function interruptible<Result>(
  output: Output,
  said: string,
  work: () => Promise<Result>,
  tidyUp: Scope['tidyUp'] = () => undefined,
): Promise<Result> {
  const scope = { output, said, tidyUp };
  if (scopes.push(scope) === 1) process.once('SIGINT', stop);
  try {
    return await work();
  } finally {
    // What was tidied up has ended before its time: nobody is to go on from there.
    if (isStopping) await new Promise(() => undefined);
    scopes.splice(scopes.indexOf(scope), 1);
    if (scopes.length === 0) process.off('SIGINT', stop);
  }
}

function stop(): void {
  const { output, said, tidyUp } = scopes.at(-1)!;
  const end = () => process.exit(exitCodes.interrupted);
  isStopping = true;
  process.once('SIGINT', end);
  const tidied = tidyUp();
  output.note(`\nstreamsage: interrupted. ${said}`);
  if (tidied) void tidied.finally(end);
  else end();
}
