import { isConfigured } from '../servers.js';
import { minioAnswers, partNames, temporalAnswers } from './parts.js';
import { isRunning } from './processes.js';

/** @typedef {import('./state.js').Stack} Stack */

/**
 * `elsewhere`: the environment names a server, so none is run here. `crashed`: it was started and has ended by itself, or
 * it runs and does not answer.
 * @typedef {'running' | 'crashed' | 'stopped' | 'elsewhere'} PartState
 */

/**
 * @param {Stack | undefined} stack
 * @returns {Promise<Record<string, PartState>>}
 */
export async function partStates(stack) {
  const states = await Promise.all(partNames.map(async (name) => [name, await stateOf(stack, name)]));
  return Object.fromEntries(states);
}

/**
 * @param {Stack | undefined} stack
 * @param {typeof partNames[number]} name
 * @returns {Promise<PartState>}
 */
async function stateOf(stack, name) {
  if ((name === 'temporal' || name === 'minio') && isConfigured(name)) return 'elsewhere';
  const part = stack?.parts[name];
  if (!stack || !part) return 'stopped';
  if (!(await isRunning(part))) return 'crashed';
  if (name === 'temporal' && !(await temporalAnswers(stack))) return 'crashed';
  if (name === 'minio' && !(await minioAnswers(stack))) return 'crashed';
  return 'running';
}
