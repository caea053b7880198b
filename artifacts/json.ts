import type { z } from 'zod';
import type { ObjectStore } from './object-store.js';

/** What bytes from the store say, if they are JSON of that schema; undefined for anything else. */
export function parseJson<Value>(schema: z.ZodType<Value>, bytes: Uint8Array): Value | undefined {
  try {
    return schema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data;
  } catch {
    return undefined;
  }
}

/** A value as JSON in UTF-8 that ends with its line: one line, or lines for people to read. */
export function encodeJson(value: unknown, layout: 'line' | 'indented' = 'line'): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, undefined, layout === 'line' ? 0 : 2)}\n`);
}

/** Writes a value as JSON into the store. */
export function putJson(
  store: ObjectStore,
  key: string,
  value: unknown,
  layout?: 'line' | 'indented',
): Promise<void> {
  return store.put(key, encodeJson(value, layout), 'application/json');
}
