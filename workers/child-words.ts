import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Tell } from '../activities/telemetry.js';

/** How much of what a child wrote last is kept to say why it ended: V8 writes a long trace after its reason. */
const keptErrorOutput = 32_000;
/** A line without an end is passed on in pieces of this length. */
const longestLine = 10_000;

/**
 * Tells of a child's start and end, and passes on the lines that it writes.
 * @returns the end of what it has written to its standard error
 */
export function followChild(child: ChildProcess, tell: Tell): () => string {
  const pid = child.pid;
  const started = performance.now();
  let tail = '';
  child.stderr?.on('data', (chunk: string) => (tail = (tail + chunk).slice(-keptErrorOutput)));
  if (pid !== undefined) {
    tell({ kind: 'processStarted', childPid: pid });
    for (const stream of [child.stdout, child.stderr])
      if (stream) eachLine(stream, (line) => tell({ kind: 'processSaid', childPid: pid, line }));
    // Not on `close`: that does not come where this side has closed the channel.
    child.once('exit', (code, signal) =>
      tell({
        kind: 'processEnded',
        childPid: pid,
        code,
        signal,
        seconds: (performance.now() - started) / 1000,
      }),
    );
  }
  return () => tail;
}

function eachLine(stream: Readable, take: (line: string) => void): void {
  let begun = '';
  const pass = (line: string) => {
    if (line.trim() !== '') take(line);
  };
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (begun + chunk).split('\n');
    begun = lines.pop() ?? '';
    lines.forEach(pass);
    for (; begun.length > longestLine; begun = begun.slice(longestLine)) pass(begun.slice(0, longestLine));
  });
  stream.on('end', () => pass(begun));
}
