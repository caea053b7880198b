import type { ObjectStore } from '../artifacts/object-store.js';

/** The same store, which says how many bytes come and go. */
export function meteredStore(
  store: ObjectStore,
  moved: (direction: 'read' | 'written', bytes: number) => void,
): ObjectStore {
  return {
    async get(key) {
      const found = await store.get(key);
      if (found) moved('read', found.length);
      return found;
    },
    async put(key, bytes, contentType) {
      await store.put(key, bytes, contentType);
      moved('written', bytes.length);
    },
    head: (key) => store.head(key),
    copy: (from, to) => store.copy(from, to),
    list: (prefix) => store.list(prefix),
    delete: (key) => store.delete(key),
  };
}
