export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** When it was last written, by the store's clock; some stores tell whole seconds only. */
  readonly modified: Date;
}

/**
 * The little that the ledger needs of an object store; any S3 server gives it. An object is whole or absent. All
 * methods throw when the store does not answer or refuses (adapters/errors.ts).
 */
export interface ObjectStore {
  /** The object's bytes; undefined if there is none. */
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array, contentType: string): Promise<void>;
  /** What is known of an object without its bytes; undefined if there is none. */
  head(key: string): Promise<StoredObject | undefined>;
  /** Copies on the server; false if there is nothing to copy. */
  copy(from: string, to: string): Promise<boolean>;
  /** Objects whose key begins with `prefix`, in the order of their keys. */
  list(prefix: string): Promise<StoredObject[]>;
  /** No error if there is none. */
  delete(key: string): Promise<void>;
}

/** A store whose objects can be read piece by piece. */
export interface StreamingStore extends ObjectStore {
  /**
   * An object's bytes from one on, counted from 0; none if it ends before; undefined if there is no object. What comes
   * while they are read may throw as the methods do.
   */
  read(key: string, from: number): Promise<AsyncIterable<Uint8Array> | undefined>;
}
