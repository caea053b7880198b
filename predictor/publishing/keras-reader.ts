import { parentPort, workerData } from 'node:worker_threads';
import { parseKerasFile } from './keras-file.js';
import type { KerasReaderMessage } from './read-keras-file.js';

/** Entry of the thread that reads a Keras file: bytes come in, a model or why there is none goes out. */
try {
  tell({ model: await parseKerasFile(workerData as Uint8Array) });
} catch (error) {
  tell({ refused: error instanceof Error ? error.message : String(error) });
}

function tell(message: KerasReaderMessage): void {
  parentPort?.postMessage(message);
}
