/** Writes states one after the other. Of those that come while one is being written, the newest alone is kept. */
export class LatestWriter<State> {
  private waiting: { readonly state: State } | undefined;
  private writing: Promise<void> | undefined;

  constructor(private readonly write: (state: State) => void | Promise<void>) {}

  /** @returns a promise of all that has been put so far, which fails with the first write that does */
  put(state: State): Promise<void> {
    this.waiting = { state };
    this.writing ??= this.drain();
    return this.writing;
  }

  /** Resolves when nothing waits to be written any more. */
  settled(): Promise<void> {
    return this.writing ?? Promise.resolve();
  }

  private async drain(): Promise<void> {
    while (this.waiting) {
      const { state } = this.waiting;
      this.waiting = undefined;
      await this.write(state);
    }
    this.writing = undefined;
  }
}
