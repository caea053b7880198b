import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rename, stat } from 'node:fs/promises';
import { promisify } from 'node:util';

/** @typedef {import('./state.js').Part} Part */

const keptLogBytes = 10_000_000;
const termGraceMs = 15_000;

/**
 * When a process was started, as the system tells it; undefined if there is no such process.
 * @param {number} pid
 * @returns {Promise<string | undefined>}
 */
export async function startTimeOf(pid) {
  if (process.platform === 'linux') {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    // The name, in parentheses, may hold spaces. A zombie (Z) has ended when its other threads have: until then they
    // hold its ports.
    const fields = status?.slice(status.lastIndexOf(')') + 2).split(' ');
    return fields && !(fields[0] === 'Z' && Number(fields[17]) <= 1) ? fields[19] : undefined;
  }
  const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }));
  return stdout.trim() || undefined;
}

/**
 * Whether a part's process is running: the one that was started, not another with its number.
 * @param {Part | undefined} part
 */
export async function isRunning(part) {
  return part !== undefined && (await startTimeOf(part.pid)) === part.startTime;
}

/**
 * Starts a program that outlives this process and its terminal; what it writes goes to `log`.
 * @param {string} program
 * @param {readonly string[]} parameters
 * @param {{ log: string, env: NodeJS.ProcessEnv, cwd: string, record: (part: Part) => void, awaitReady?: boolean }} options
 *   record: called as soon as there is a process, so that it is known even if this one ends now;
 *   awaitReady: wait for its IPC message `{ ready: true }`
 * @returns {Promise<Part>}
 * @throws {Error} with the end of its log if it cannot start, or ends before it is ready
 */
export async function startProcess(program, parameters, { log, env, cwd, record, awaitReady = false }) {
  await rotate(log);
  const output = openSync(log, 'a', 0o600);
  const child = spawn(program, parameters, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', output, output, ...(awaitReady ? /** @type {const} */ (['ipc']) : [])],
  });
  closeSync(output);
  const failed = new Promise((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`ended with ${signal ?? code}`)));
  });
  failed.catch(() => undefined);
  const ready = new Promise((resolve) => {
    child.on('message', (message) => {
      if (/** @type {{ ready?: boolean }} */ (message).ready) resolve(undefined);
    });
  });
  const late = timeout(90_000, 'was not ready after 90 s');
  try {
    const part = await partOf(child.pid, log);
    if (!part) throw await failed.catch((error) => error);
    record(part);
    if (awaitReady) await Promise.race([ready, failed, late.promise]);
    return part;
  } catch (error) {
    child.kill('SIGKILL');
    const { message } = /** @type {Error} */ (error);
    throw new Error(`${program}: ${message}\n${await lastLines(log)}`, { cause: error });
  } finally {
    late.cancel();
    if (child.connected) child.disconnect();
    child.removeAllListeners();
    child.unref();
  }
}

/**
 * @param {number | undefined} pid
 * @param {string} log
 * @returns {Promise<Part | undefined>} undefined if there is no such process
 */
async function partOf(pid, log) {
  const startTime = pid === undefined ? undefined : await startTimeOf(pid);
  return pid === undefined || startTime === undefined ? undefined : { pid, startTime, log };
}

/**
 * Ends a part: SIGTERM, then, after a grace, SIGKILL.
 * @param {Part} part
 */
export async function stopProcess(part) {
  if (!(await isRunning(part))) return;
  send(part.pid, 'SIGTERM');
  const deadline = Date.now() + termGraceMs;
  while (await isRunning(part)) {
    if (Date.now() > deadline) send(part.pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * A process may end by itself before the signal reaches it.
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
  }
}

/**
 * The end of a log, for an error message.
 * @param {string} log
 */
export async function lastLines(log) {
  const text = await readFile(log, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-15).join('\n');
}

/** A log is kept from one start to the next, and one old one beside it. @param {string} log */
async function rotate(log) {
  const found = await stat(log).catch(() => undefined);
  if (found && found.size > keptLogBytes) await rename(log, `${log}.old`);
}

/**
 * @param {number} milliseconds
 * @param {string} what
 */
function timeout(milliseconds, what) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const promise = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(what)), milliseconds);
  });
  return { promise, cancel: () => clearTimeout(timer) };
}
