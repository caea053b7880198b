import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Path of a program on PATH.
 * @param {string} name
 * @param {NodeJS.ProcessEnv} [environment]
 */
export function findOnPath(name, environment = process.env) {
  for (const folder of (environment['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // not here
    }
  }
  return undefined;
}

/**
 * Runs a program and gives back what it wrote.
 * @param {string} program
 * @param {readonly string[]} parameters
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void }} [options]
 * @returns {Promise<string>} standard output
 * @throws {Error} with the last lines that it wrote, if it fails
 */
export function runCommand(program, parameters, { cwd, env, onLine } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let tail = '';
    const keep = (/** @type {Buffer} */ chunk) => {
      tail = (tail + chunk.toString()).slice(-4000);
      const line = tail.trimEnd().split('\n').at(-1);
      if (line) onLine?.(line);
    };
    child.stdout.on('data', (chunk) => {
      output += chunk;
      keep(chunk);
    });
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else
        reject(
          new Error(
            `\`${program} ${parameters.join(' ')}\` ended with ${signal ?? code}:\n${tail.trimEnd()}`,
          ),
        );
    });
  });
}
