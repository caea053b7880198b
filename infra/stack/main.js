/** `node infra/stack/main.js up|down|status [--json]`: the local stack. `streamsage up|down|status` call it. */
import { runMain } from '../pieces.js';
import { down } from './down.js';
import { readStack, stateFolder } from './state.js';
import { partStates } from './status.js';
import { up } from './up.js';

const [verb, ...flags] = process.argv.slice(2);
const json = flags.includes('--json');
const say = (/** @type {string} */ line) => void process.stderr.write(`  ${line}\n`);

await runMain(async () => {
  if (verb === 'up') await up(say);
  else if (verb === 'down') await down(say);
  else if (verb !== 'status') throw new Error(`Expected up, down or status, got \`${verb ?? ''}\``);
  const healthy = await report();
  if (verb !== 'down' && !healthy) process.exitCode = 1;
});

/** Prints the stack's state; true if every part runs. */
async function report() {
  const stack = await readStack();
  const states = await partStates(stack);
  const parts = Object.entries(states).map(([name, state]) => {
    const { pid, log } = stack?.parts[name] ?? {};
    return { name, state, pid, log };
  });
  if (json) {
    const { temporal, s3 } = stack ?? {};
    console.log(JSON.stringify({ folder: stateFolder(), parts, temporal, s3 }, undefined, 2));
  } else if (verb !== 'down') {
    for (const { name, state, pid, log } of parts) {
      const where = state === 'running' ? `pid ${pid}  log ${log}` : state === 'crashed' ? `see ${log}` : '';
      console.log(`${name.padEnd(13)}${state.padEnd(10)}${where}`.trimEnd());
    }
    if (states['temporal'] === 'running')
      console.log(`Temporal     ${stack?.temporal?.ui}  (server ${stack?.temporal?.address})`);
    if (states['minio'] === 'running')
      console.log(`MinIO        ${stack?.s3?.console}  (S3 ${stack?.s3?.endpoint})`);
    if (states['minio'] === 'running')
      console.log(`             log in with the keys in ${stack?.s3?.credentialsFile}`);
    if (Object.values(states).includes('crashed')) console.log('Mend it: npx --no-install streamsage up');
  } else {
    console.log('The local stack is down; its data is kept.');
  }
  return Object.values(states).every((state) => state === 'running' || state === 'elsewhere');
}
