import type { ObjectStore } from '../../artifacts/object-store.js';

/** A store in memory, which a test may look into and damage. */
export class MemoryStore implements ObjectStore {
  readonly objects = new Map<string, Uint8Array>();
  /** Keys written, in order. */
  readonly puts: string[] = [];

  get(key: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.objects.get(key)?.slice());
  }

  put(key: string, bytes: Uint8Array): Promise<void> {
    this.puts.push(key);
    this.objects.set(key, bytes.slice());
    return Promise.resolve();
  }

  head(key: string) {
    const found = this.objects.get(key);
    return Promise.resolve(found && { key, bytes: found.length });
  }

  copy(from: string, to: string): Promise<boolean> {
    const found = this.objects.get(from);
    if (found) this.objects.set(to, found.slice());
    return Promise.resolve(found !== undefined);
  }

  list(prefix: string) {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    return Promise.resolve(keys.map((key) => ({ key, bytes: this.objects.get(key)!.length })));
  }

  delete(key: string): Promise<void> {
    this.objects.delete(key);
    return Promise.resolve();
  }
}
