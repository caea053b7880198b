import { existsSync } from 'node:fs';
import { arch, cpus } from 'node:os';
import { delimiter, join } from 'node:path';

/**
 * Whether there is an NVIDIA driver: its entry in /proc, or (on WSL, which has none) `nvidia-smi` on PATH. Says nothing
 * of what TensorFlow can do with it.
 */
export function hasNvidiaDriver(): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return (
    existsSync('/proc/driver/nvidia/version') ||
    folders.some((folder) => existsSync(join(folder, 'nvidia-smi')))
  );
}

/** Architecture and type of the processor, as far as the system says. */
export function processorName(): string {
  return [arch(), cpus()[0]?.model.trim()].filter((part) => part !== undefined && part !== '').join(' ');
}
