import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { InvalidWeightsError } from '../errors.js';
import type { KerasModel } from './keras-file.js';

export type KerasReaderMessage = { readonly model: KerasModel } | { readonly refused: string };

/** How long a file may take, milliseconds: the largest takes less than one second. */
const deadlineMs = 20_000;
/** Beside this module in a build; in `dist/` when run from source: threads do not run TypeScript. */
const places = ['./keras-reader.js', '../../dist/predictor/publishing/keras-reader.js'];

/**
 * Reads a Keras file of this model, ours or one that Keras wrote, in a thread of its own: a few altered bytes are enough
 * to make the HDF5 library turn in a circle for ever, or write its complaints to the terminal.
 * @throws InvalidWeightsError if it is damaged, of another model, or takes too long
 */
export async function readKerasFile(bytes: Uint8Array, withinMs = deadlineMs): Promise<KerasModel> {
  const copy = Uint8Array.from(bytes);
  const options = { workerData: copy, transferList: [copy.buffer], stdout: true, stderr: true };
  const thread = new Worker(readerPath(), options);
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<KerasModel>((resolve, reject) => {
      const refuse = (why: string) => reject(new InvalidWeightsError(why));
      const unread = 'Expected a whole Keras model in HDF5, got one';
      timer = setTimeout(() => refuse(`${unread} that cannot be read within ${withinMs / 1000} s`), withinMs);
      thread.once('message', (message: KerasReaderMessage) =>
        'model' in message ? resolve(message.model) : refuse(message.refused),
      );
      thread.once('error', (error: unknown) =>
        refuse(`${unread} that cannot be read: ${error instanceof Error ? error.message : String(error)}`),
      );
      thread.once('exit', (code) => refuse(`${unread} that ended its reader with code ${code}`));
    });
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
}

function readerPath(): string {
  const path = places
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((file) => existsSync(file));
  if (path === undefined) throw new Error('The reader of Keras files has not been built: npm run build');
  return path;
}
