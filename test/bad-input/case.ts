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
  /** A web server of the case: answers every request. Its address stands for `{server}` in argv and environment. */
  readonly server?: (path: string) => Answer;
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
