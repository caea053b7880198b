import { isNoWayThrough } from '../adapters/errors.js';
import { wrapWords } from '../workflows/plain-text.js';
import { exitCodes } from './exit-codes.js';

/**
 * How a check ended. `warning`: runs work, or some of them. `failed`: something is to be mended. `away`: Temporal or the
 * store is not configured, cannot be reached, or refuses.
 */
export type FindingState = 'ok' | 'warning' | 'failed' | 'away';

/** What one check found, and what to do where that is not well. */
export interface Finding {
  readonly check: string;
  readonly state: FindingState;
  readonly says: string;
}

/** Something to look at, which may answer with several findings. */
export interface Check {
  readonly name: string;
  readonly limitMs: number;
  /** What it means that there is no answer in that time. */
  readonly whenSilent: FindingState;
  /** @param signal fires when the time is over; what is to be tidied up is tidied up then */
  readonly run: (signal: AbortSignal) => Promise<readonly Finding[]>;
}

/** How long a check that is out of time may tidy up. */
const tidyMs = 6000;

/**
 * Runs checks side by side: whatever one throws, and however long it takes, the others say what they found.
 * @param interrupted fires when nobody wants to know any more: what is to be tidied up is tidied up
 */
export async function runChecks(checks: readonly Check[], interrupted?: AbortSignal): Promise<Finding[]> {
  return (await Promise.all(checks.map((check) => runCheck(check, interrupted)))).flat();
}

async function runCheck(
  { name, limitMs, whenSilent, run }: Check,
  interrupted?: AbortSignal,
): Promise<readonly Finding[]> {
  const controller = new AbortController();
  interrupted?.addEventListener('abort', () => controller.abort(interrupted.reason));
  const says = `no answer within ${limitMs / 1000} s`;
  const silent: readonly Finding[] = [{ check: name, state: whenSilent, says }];
  const running = Promise.resolve()
    .then(() => run(controller.signal))
    .catch((error: unknown) => [failure(name, error)]);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), limitMs)));
  const found = await Promise.race([running, late]);
  clearTimeout(timer);
  if (found !== undefined) return found;
  controller.abort(new Error(says));
  await Promise.race([running, new Promise((resolve) => setTimeout(resolve, tidyMs).unref())]);
  return silent;
}

/** What an error means that a check did not expect. */
export function failure(check: string, error: unknown): Finding {
  const says = error instanceof Error ? error.message || error.name : String(error);
  return { check, state: isNoWayThrough(error) ? 'away' : 'failed', says };
}

/** 3 where a server is away or refuses, else 1 where something failed, else 0. */
export function exitCodeOfFindings(findings: readonly Finding[]): number {
  if (findings.some(({ state }) => state === 'away')) return exitCodes.cannotReach;
  return findings.some(({ state }) => state === 'failed') ? exitCodes.failed : exitCodes.done;
}

const marks: Readonly<Record<FindingState, string>> = {
  ok: 'ok    ',
  warning: 'warn  ',
  failed: 'FAIL  ',
  away: 'AWAY  ',
};

/** A line each, wrapped: no line is longer than `width` characters. */
export function describeFindings(findings: readonly Finding[], width = 60): string[] {
  return findings.flatMap(({ check, state, says }) => {
    const indent = marks[state].length;
    const words = `${check}: ${says}`.split(/\s+/).flatMap((word) => pieces(word, width - indent));
    return wrapWords(words, width - indent).map(
      (line, index) => (index === 0 ? marks[state] : ' '.repeat(indent)) + line,
    );
  });
}

/** A word that has no room on a line is cut. */
function pieces(word: string, width: number): string[] {
  const characters = Array.from(word);
  const parts: string[] = [];
  for (let start = 0; start < characters.length; start += width) {
    parts.push(characters.slice(start, start + width).join(''));
  }
  return parts;
}
