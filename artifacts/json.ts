import type { z } from 'zod';

/** What bytes from the store say, if they are JSON of that schema; undefined for anything else. */
export function parseJson<Value>(schema: z.ZodType<Value>, bytes: Uint8Array): Value | undefined {
  try {
    return schema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data;
  } catch {
    return undefined;
  }
}
