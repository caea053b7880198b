import type { StoredObject, StreamingStore } from '../../artifacts/object-store.js';

/** A store in memory, which a test may look into and damage. */
export class MemoryStore implements StreamingStore {
  readonly objects = new Map<string, Uint8Array>();
  /** When each was written. */
  readonly modified = new Map<string, Date>();
  /** Keys written, in order. */
  readonly puts: string[] = [];
  /** Keys read piece by piece, each with the first byte asked for, in order. */
  readonly reads: [key: string, from: number][] = [];

  get(key: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.objects.get(key)?.slice());
  }

  read(key: string, from: number): Promise<AsyncIterable<Uint8Array> | undefined> {
    this.reads.push([key, from]);
    const bytes = this.objects.get(key)?.slice(from);
    return Promise.resolve(bytes && this.inPieces(bytes));
  }

  put(key: string, bytes: Uint8Array): Promise<void> {
    this.puts.push(key);
    this.objects.set(key, bytes.slice());
    this.modified.set(key, new Date());
    return Promise.resolve();
  }

  head(key: string) {
    const found = this.objects.get(key);
    return Promise.resolve(found && this.describe(key));
  }

  copy(from: string, to: string): Promise<boolean> {
    const found = this.objects.get(from);
    if (found) {
      this.objects.set(to, found.slice());
      this.modified.set(to, new Date());
    }
    return Promise.resolve(found !== undefined);
  }

  list(prefix: string) {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    return Promise.resolve(keys.map((key) => this.describe(key)));
  }

  delete(key: string): Promise<void> {
    this.objects.delete(key);
    return Promise.resolve();
  }

  /** May be overridden by a test that wants a reading to break off. */
  protected async *inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let from = 0; from < bytes.length; from += 1000) {
      await Promise.resolve();
      yield bytes.subarray(from, from + 1000);
    }
  }

  /** What a test put there by hand was always there. */
  private describe(key: string): StoredObject {
    const bytes = this.objects.get(key)!.length;
    return { key, bytes, modified: this.modified.get(key) ?? new Date(0) };
  }
}
