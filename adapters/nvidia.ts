import { existsSync } from 'node:fs';

/** Whether an NVIDIA driver is loaded (Linux; macOS has none). Says nothing of what TensorFlow can do with it. */
export function hasNvidiaDriver(): boolean {
  return existsSync('/proc/driver/nvidia/version');
}
