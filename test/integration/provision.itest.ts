import assert from 'node:assert/strict';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Connections } from '../../cli/connections.js';
import { main } from '../../cli/main.js';
import { startRun } from '../../cli/start-run.js';
import { searchAttributes } from '../../workflows/search-attributes.js';
import { MemoryStore } from '../support/memory-store.js';
import { startTemporal } from '../support/temporal.js';

const unexpected = (line: string) => assert.fail(line);
const names = Object.values(searchAttributes).map(({ name }) => name);

describe('a Temporal server that nobody has prepared', function () {
  this.timeout(120_000);
  let environment: TestWorkflowEnvironment;
  const environmentBefore = { ...process.env };

  before(async () => {
    environment = await startTemporal({ bare: true });
    process.env['TEMPORAL_ADDRESS'] = environment.address;
  });

  after(async () => {
    process.env = environmentBefore;
    await environment.teardown();
  });

  async function start(): Promise<{ run: string; notes: string[] }> {
    const notes: string[] = [];
    const output = { result: unexpected, note: (line: string) => void notes.push(line) };
    const connections = { client: environment.client, store: new MemoryStore() } as unknown as Connections;
    const options = { parameters: {}, refresh: undefined };
    return { run: await startRun(connections, { kind: 'synthetic' }, options, output), notes };
  }

  const attributesOf = async (run: string) =>
    (await environment.client.workflow.getHandle(run).describe()).typedSearchAttributes;

  async function provision(namespace: string): Promise<Record<string, string>> {
    process.env['TEMPORAL_NAMESPACE'] = namespace;
    const results: string[] = [];
    const output = { result: (line: string) => void results.push(line), note: unexpected };
    assert.equal(await main(['provision', 'temporal', '--json'], output), 0);
    const { provided } = JSON.parse(results.join('\n')) as { provided: { what: string; result: string }[] };
    return Object.fromEntries(provided.map(({ what, result }) => [what, result]));
  }

  it('takes a run all the same, and the user is told what is missing', async () => {
    const { run, notes } = await start();
    assert.equal((await attributesOf(run)).get(searchAttributes.dataset), undefined);
    assert.match(notes.join(), /streamsage provision temporal/);
  });

  it('gets what is missing, once, and then shows runs by it', async () => {
    const made = await provision('default');
    assert.equal(made['namespace default'], 'there');
    for (const name of names) assert.equal(made[`search attribute ${name}`], 'made', name);
    const again = await provision('default');
    assert.deepEqual(new Set(Object.values(again)), new Set(['there']));

    const { run, notes } = await start();
    assert.deepEqual(notes, []);
    assert.equal((await attributesOf(run)).get(searchAttributes.recipe), 'notebook');
  });

  it('gets a namespace of its own', async () => {
    const made = await provision('films');
    assert.deepEqual(new Set(Object.values(made)), new Set(['made']));
    const { namespaceInfo } = await environment.connection.workflowService.describeNamespace({
      namespace: 'films',
    });
    assert.equal(namespaceInfo?.name, 'films');
  });
});
