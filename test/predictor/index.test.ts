import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { ensureBuild } from '../../infra/build.js';
import * as library from '../../predictor/index.js';
import {
  type ParameterDefinition,
  type ParameterName,
  parameterDefinitions,
} from '../../predictor/config.js';
import { trainingParameterNames } from '../../predictor/train-model.js';
import { compilerComplaints, createProject, repository } from '../support/library-project.js';
import { smallRatingsFile } from '../support/ratings-file.js';

const run = promisify(execFile);
const declarations = join(repository, 'dist', 'predictor', 'index.d.ts');

/** Uses that must not compile: the compiler complains of each that does. */
const wrongUses = `
import { evaluate, loadPredictor, prepare, train, writeKerasFile, type Model } from 'streamsage';

const dataset = await prepare(new Uint8Array(), { sequenceLength: 10 });
// @ts-expect-error a path is no ratings file
await prepare('u.data');
// @ts-expect-error a column is missing
await prepare({ userId: [1], movieId: [1], rating: [5] });
// @ts-expect-error a parameter of training
await prepare(new Uint8Array(), { epochs: 3 });
// @ts-expect-error an unknown source
await prepare(new Uint8Array(), { source: 'netflix' });
// @ts-expect-error a data set is not written to
dataset.counts.ratings = 0;
// @ts-expect-error it has to be waited for
prepare(new Uint8Array()).counts;

const model: Model = await train(dataset, { parameters: { epochs: 3 }, signal: undefined });
// @ts-expect-error the ratings have to be prepared
await train(new Uint8Array());
// @ts-expect-error the seed is the data set's
await train(dataset, { parameters: { seed: 1 } });
// @ts-expect-error the library trains with WebAssembly
await train(dataset, { parameters: { engine: 'tensorflow' } });
// @ts-expect-error a name that is none
await train(dataset, { parameters: { epoch: 3 } });
// @ts-expect-error a text
await train(dataset, { parameters: { epochs: '3' } });
// @ts-expect-error a schedule that is none
await train(dataset, { parameters: { learningRateSchedule: 'step' } });
// @ts-expect-error the bytes of a checkpoint, not what was told with them
await train(dataset, { resumeFrom: { epoch: 1, step: 0, checkpoint: new Uint8Array() } });
// @ts-expect-error a controller is not its signal
await train(dataset, { signal: new AbortController() });
await train(dataset, {
  // @ts-expect-error metrics have no such name
  onEpoch: ({ validationLoss }) => console.log(validationLoss),
});

const predictor = await loadPredictor(await writeKerasFile(model));
const probabilities: Float32Array = await predictor.predict({ rating: [1], timeDiff: new Int32Array(1) });
await predictor.predict({ rating: [1], timeDiff: [0] }, { signal: AbortSignal.timeout(1) });
// @ts-expect-error seconds are missing
await predictor.predict({ rating: [1] });
// @ts-expect-error texts are no stars
await predictor.predict({ rating: ['1'], timeDiff: [0] });
// @ts-expect-error an array of windows: they lie one after the other
await predictor.predict([{ rating: [1], timeDiff: [0] }]);
// @ts-expect-error a path
await loadPredictor('binge_model.h5');
// @ts-expect-error a predictor does not know what it was trained with
await writeKerasFile(predictor);
await evaluate(predictor, dataset, 'train');
// @ts-expect-error there is no such part
await evaluate(model, dataset, 'validation');
// @ts-expect-error weights are not replaced
model.weights = predictor.weights;
// @ts-expect-error nothing else is exported
import { runTrainingJob } from 'streamsage';
// @ts-expect-error there is one door
import { parseRatings } from 'streamsage/dist/predictor/ratings/parse.js';

export { parseRatings, probabilities, runTrainingJob };
`;

describe('the library', function () {
  this.timeout(240_000);
  let project: Awaited<ReturnType<typeof createProject>>;
  let page: string;

  before(async () => {
    await ensureBuild(() => undefined);
    project = await createProject();
    page = await readFile(join(repository, 'docs', 'library.md'), 'utf8');
  });
  after(() => project.remove());

  /** Runs a module in the project, and gives back what it printed. */
  async function inProject(name: string, code: string, ...nodeOptions: string[]): Promise<string> {
    await writeFile(join(project.folder, name), code);
    const { stdout } = await run(process.execPath, [...nodeOptions, name], { cwd: project.folder });
    return stdout;
  }

  it('loads no Temporal, no S3, no TensorFlow: not when it is imported, and not when it is used', async () => {
    const code = `
      import { createRequire, register } from 'node:module';
      import { MessageChannel } from 'node:worker_threads';
      const { port1, port2 } = new MessageChannel();
      const loaded = [];
      port1.on('message', (url) => loaded.push(url));
      register('data:text/javascript,' + encodeURIComponent(\`
        let port;
        export function initialize(data) { port = data; }
        export async function load(url, context, next) { port.postMessage(url); return next(url, context); }
      \`), { data: port2, transferList: [port2] });
      const { prepare, syntheticRatings, train, writeKerasFile, loadPredictor } = await import('streamsage');
      const settled = () => new Promise((resolve) => setTimeout(resolve, 100));
      await settled();
      const required = () => Object.keys(createRequire(import.meta.url).cache);
      const imported = [...loaded, ...required()];
      const few = new TextEncoder().encode(
        new TextDecoder().decode(syntheticRatings()).split('\\n').filter((line) => /^[12]\\t/.test(line)).join('\\n'),
      );
      const model = await train(await prepare(few), { parameters: { epochs: 1, lstmUnits: 4, denseUnits: 4 } });
      await loadPredictor(await writeKerasFile(model));
      await settled();
      port1.close();
      console.log(JSON.stringify({ imported, used: [...loaded, ...required()] }));
    `;
    const { imported, used } = JSON.parse(await inProject('modules.mjs', code)) as Record<
      'imported' | 'used',
      string[]
    >;
    const packages = (urls: readonly string[]) =>
      [...new Set(urls.map((url) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? ''))].sort();
    const built = `${repository}dist/`;
    const rooms = (urls: readonly string[]) => [
      ...new Set(urls.filter((url) => url.includes(built)).map((url) => url.split(built)[1]!.split('/')[0])),
    ];
    const light = ['', 'apache-arrow', 'flatbuffers', 'pend', 'tslib', 'yauzl'];
    assert.deepEqual(
      packages(imported).filter((name) => !light.includes(name)),
      [],
    );
    assert.ok(packages(imported).includes('apache-arrow'), 'the list of modules is not empty');
    assert.deepEqual(
      packages(used).filter((name) => !light.includes(name)),
      ['h5wasm'],
    );
    assert.deepEqual(rooms(used), ['predictor']);
  });

  it('has one door, and behind it nothing but what its page names', async () => {
    const names = JSON.parse(
      await inProject('names.mjs', `console.log(JSON.stringify(Object.keys(await import('streamsage'))));`),
    ) as string[];
    assert.deepEqual(names.sort(), Object.keys(library).sort());
    const inner = `await import('streamsage/dist/predictor/train.js');`;
    await assert.rejects(inProject('inner.mjs', inner), /ERR_PACKAGE_PATH_NOT_EXPORTED/);
    const { exports, program } = declaredExports();
    const checker = program.getTypeChecker();
    const commentOf = (symbol: ts.Symbol) => {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return ts.displayPartsToString(target.getDocumentationComment(checker));
    };
    const spoken = new Set(Array.from(page.matchAll(/`(\w+)[^`]*`/g), ([, name]) => name));
    const namesOf = (symbols: readonly ts.Symbol[]) => symbols.map(({ name }) => name);
    assert.deepEqual(namesOf(exports.filter(({ name }) => !spoken.has(name))), [], 'not on the page');
    assert.deepEqual(namesOf(exports.filter((symbol) => commentOf(symbol) === '')), [], 'without a comment');
    assert.ok(exports.length > 30);
    for (const [, name] of page.matchAll(/^\| `(\w+)\(/gm)) {
      assert.ok(names.includes(name!), `docs/library.md names ${name!}, which is not there`);
    }
  });

  it('has declaration files that need no other package', async () => {
    const seen = new Set<string>();
    const foreign: string[] = [];
    const waiting = [declarations];
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      if (seen.has(file)) continue;
      seen.add(file);
      const { importedFiles } = ts.preProcessFile(await readFile(file, 'utf8'));
      for (const { fileName } of importedFiles) {
        if (fileName.startsWith('.'))
          waiting.push(resolve(dirname(file), fileName.replace(/\.js$/, '.d.ts')));
        else foreign.push(`${relative(repository, file)}: ${fileName}`);
      }
    }
    assert.ok(seen.size > 10);
    assert.deepEqual(foreign, []);
  });

  it('compiles where it is used rightly, and not where it is used wrongly', async () => {
    const file = join(project.folder, 'wrong-uses.ts');
    await writeFile(file, wrongUses);
    const node = { lib: ['es2023'], types: ['node'] };
    assert.deepEqual(compilerComplaints([file], node), []);
    assert.deepEqual(compilerComplaints([file], { lib: ['es2023', 'dom'], types: [] }), []);
    // Without its marks each of these uses is a complaint.
    await writeFile(file, wrongUses.replaceAll('@ts-expect-error', ''));
    const marks = wrongUses.split('@ts-expect-error').length - 1;
    assert.equal(compilerComplaints([file], node).length, marks);
  });

  it("compiles and runs its page's examples, one after the other", async () => {
    const examples = Array.from(page.matchAll(/```ts\n(.*?)```/gs), ([, code]) => code!);
    assert.equal(examples.length, 5);
    const files = await Promise.all(
      examples.map(async (code, index) => {
        const file = join(project.folder, `example-${index}.ts`);
        await writeFile(file, code);
        return file;
      }),
    );
    assert.deepEqual(compilerComplaints(files, { lib: ['es2023'], types: ['node'] }), []);
    const ratings = await readFile(await smallRatingsFile(project.folder, 20));
    await writeFile(join(project.folder, 'u.data'), ratings);
    const printed: string[] = [];
    for (const [index, code] of examples.entries())
      printed.push(await inProject(`example-${index}.mjs`, code));
    const [trained, predicted, stopped, resumed, columns] = printed;
    assert.match(trained!, /epoch 3: [\d.]+ [\d.]+\nROC AUC (0\.\d+|null) on \d+ windows\n$/);
    assert.match(predicted!, /^Another rating within two hours: 0\.\d+\n$/);
    assert.equal(stopped, 'stopped; the state is in training.checkpoint\n');
    assert.equal(resumed, 'went on to epoch 4\n');
    assert.match(columns!, /Int32Array\(4\) \[ 0, 60, 1, 89939 \][^]*windows: 3[^]*accuracy 0\.\d+;/);
  });

  it('says every parameter with its default, range and unit, as the table of parameters has them', () => {
    const rows = (names: readonly ParameterName[]) =>
      names.map((name) => {
        const definition: ParameterDefinition = parameterDefinitions[name];
        return definition.kind === 'number'
          ? [`\`${name}\``, definition.default, ...range(definition), definition.unit]
          : [
              `\`${name}\``,
              definition.default,
              'choices' in definition ? definition.choices.join(', ') : '',
              '',
              '',
            ];
      });
    const range = ({
      minimum,
      maximum,
      exclusive,
    }: {
      minimum: number;
      maximum: number;
      exclusive?: boolean;
    }) => (exclusive ? [`above ${minimum}`, `below ${maximum}`] : [minimum, maximum]);
    const shown = (marker: string) =>
      new RegExp(`<!-- ${marker} -->\\n\\n.*\\n.*\\n((?:\\|.*\\n)*)`)
        .exec(page)![1]!
        .trimEnd()
        .split('\n')
        .map((line) =>
          line
            .slice(1, -1)
            .split('|')
            .map((cell) => cell.trim()),
        );
    const texts = (cells: readonly (readonly unknown[])[]) => cells.map((row) => row.map(String));
    assert.deepEqual(
      shown('parameters of prepare'),
      texts(rows(['sequenceLength', 'bingeThreshold', 'testSize', 'seed', 'maxBadRows'])),
    );
    assert.deepEqual(shown('parameters of train'), texts(rows(trainingParameterNames)));
  });
});

function declaredExports() {
  const program = ts.createProgram([declarations], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  });
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(declarations)!)!;
  return { program, exports: checker.getExportsOfModule(module) };
}
