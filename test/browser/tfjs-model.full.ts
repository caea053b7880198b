import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { writeTfjsModel } from '../../predictor/publishing/tfjs-model.js';
import { fitMinMax } from '../../predictor/ratings/scaler.js';
import { startChromium } from '../support/chromium.js';
import { type FileServer, serveFiles } from '../support/file-server.js';
import { ensureKernel } from '../support/kernel.js';
import { enginePredictions, randomWeights, randomWindows, windowValues } from '../support/model.js';

const shape = { steps: 5, features: 2, units: 64, denseUnits: 32 };
const weights = randomWeights(shape);
const scalers = { rating: fitMinMax([1, 5]), timeDiff: fitMinMax([0, 900]) };
const options = { dropout: 0.2, learningRate: 0.001, metadata: { scalers: JSON.stringify(scalers) } };

const { resolve } = createRequire(import.meta.url);
const library = resolve('@tensorflow/tfjs/dist/tf.min.js');
const { version } = createRequire(import.meta.url)('@tensorflow/tfjs/package.json') as { version: string };

/** A run's folder as a browser sees it, with this page at its top. */
async function serveModel(page: string): Promise<FileServer> {
  const model = writeTfjsModel(shape, weights, options);
  return serveFiles({
    '': { contentType: 'text/html', bytes: new TextEncoder().encode(page) },
    'tf.min.js': { contentType: 'text/javascript', bytes: await readFile(library) },
    'tfjs/model.json': { contentType: 'application/json', bytes: model['model.json'] },
    'tfjs/group1-shard1of1.bin': {
      contentType: 'application/octet-stream',
      bytes: model['group1-shard1of1.bin'],
    },
  });
}

/** Opens a page beside the model. `complaints` are the errors that nobody on the page caught. */
async function withPage(
  context: Mocha.Context,
  html: string,
  work: (page: Page, complaints: readonly string[]) => Promise<void>,
): Promise<void> {
  const browser = await startChromium(context);
  const server = await serveModel(html);
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', ({ message }) => complaints.push(message));
    // The real library, wherever the page says it comes from: no test leaves this machine.
    await page.route(`https://cdn.jsdelivr.net/npm/@tensorflow/tfjs@${version}/dist/tf.min.js`, (route) =>
      route.fulfill({ path: library, contentType: 'text/javascript' }),
    );
    await page.goto(server.address);
    await work(page, complaints);
  } finally {
    await browser.close();
    await server.close();
  }
}

describe('the TensorFlow.js model in Chromium, on the backend `cpu`', function () {
  this.timeout(60_000);

  before(() => ensureKernel());

  it('predicts what the engine does', async function () {
    const windows = randomWindows(shape, 500);
    const expected = await enginePredictions(shape, weights, windows);
    await withPage(this, '<!doctype html><script src="tf.min.js"></script>', async (page, complaints) => {
      const { backend, values } = await page.evaluate<{ backend: string; values: number[] }>(`(async () => {
        await tf.setBackend('cpu');
        const model = await tf.loadLayersModel('tfjs/model.json');
        const input = tf.tensor3d(${JSON.stringify(windowValues(windows))}, [500, 5, 2]);
        return { backend: tf.getBackend(), values: Array.from(await model.predict(input).data()) };
      })()`);
      assert.equal(backend, 'cpu');
      assert.equal(values.length, 500);
      const largest = Math.max(...Array.from(expected, (value, index) => Math.abs(value - values[index]!)));
      assert.ok(largest < 1e-6, String(largest));
      assert.deepEqual(complaints, []);
    });
  });

  it("is what the README's page shows", async function () {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    const html = /```html\n(.*?)```/s.exec(readme)?.[1];
    assert.ok(html, 'the README shows a page');
    const [stars, seconds] = ['stars', 'seconds'].map(
      (name) => JSON.parse(new RegExp(`const ${name} = (.*);`).exec(html)![1]!) as number[],
    );
    const features = stars!.flatMap((value, index) => [
      value * scalers.rating.scale + scalers.rating.offset,
      seconds![index]! * scalers.timeDiff.scale + scalers.timeDiff.offset,
    ]);
    const window = { ...randomWindows(shape, 1), features: Float32Array.from(features) };
    const [expected] = await enginePredictions(shape, weights, window);
    await withPage(this, `<!doctype html>${html}`, async (page, complaints) => {
      const text = await page
        .getByText('Another rating within two hours: ')
        .textContent({ timeout: 20_000 })
        .catch((error: unknown) => assert.fail(`${String(error)}; the page says: ${complaints.join()}`));
      const shown = Number(/: ([\d.e-]+)$/.exec(text ?? '')?.[1]);
      assert.ok(Math.abs(shown - expected!) < 1e-6, `${text ?? 'nothing'}, expected ${expected!}`);
    });
  });
});
