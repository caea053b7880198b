import type { World } from './world.js';

/** A bad input, and how a user meets it. */
export interface BadInput {
  /** What is bad, as the table says it. */
  readonly what: string;
  /** Files of the case, by name: they lie in the folder where the command runs. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Words after `streamsage`. */
  readonly argv: readonly string[];
  readonly input?: Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  /** Exit code. */
  readonly ends: number;
  /** Lines of standard error that are shown in the table: all of them, unless a case is accepted without a word. */
  readonly accepted?: boolean;
  /** The one line that the table shows of an answer that has more, on standard output or standard error. */
  readonly shows?: RegExp;
  /** A web server of the case: answers every request. Its address stands for `{server}` in argv and environment. */
  readonly server?: (path: string) => Answer;
  /** Tells the command where real servers are; `before` does there what is bad. */
  readonly servers?: true;
  readonly before?: (world: World) => Promise<unknown>;
  /** Options of a file system that is mounted at `runs`: full, or read-only. */
  readonly disk?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** A part of the table. */
export interface BadInputs {
  readonly title: string;
  readonly cases: readonly BadInput[];
}
