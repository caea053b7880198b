import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { EpochMetrics } from '../model/checkpoint.js';

export interface CurveOptions {
  /** Accuracy of always saying the more frequent label. */
  readonly majorityAccuracy: number;
  /** Log loss of always saying the base rate. */
  readonly baseRateLogLoss: number;
  readonly synthetic: boolean;
}

export interface LearningCurves {
  readonly accuracySvg: Uint8Array;
  readonly accuracyPng: Uint8Array;
  readonly lossSvg: Uint8Array;
  readonly lossPng: Uint8Array;
}

/** The field's colour-blind safe pair (M. Okabe and K. Ito, 2008), and grey for what must be beaten. */
const colours = { train: '#0072b2', validation: '#d55e00', reference: '#666666' } as const;
const font = 'DejaVu Sans';

/** Accuracy and loss by epoch, each with the line it must beat. The same history gives the same bytes. */
export async function learningCurves(
  history: readonly EpochMetrics[],
  { majorityAccuracy, baseRateLogLoss, synthetic }: CurveOptions,
): Promise<LearningCurves> {
  const note = synthetic ? 'synthetic data, not MovieLens' : undefined;
  const accuracy = await drawCurves({
    title: 'Accuracy',
    note,
    axis: 'share of windows',
    format: '.4f',
    train: history.map((metrics) => metrics.accuracy),
    validation: history.map(({ valAccuracy }) => valAccuracy),
    reference: { value: majorityAccuracy, label: 'majority class alone' },
  });
  const loss = await drawCurves({
    title: 'Binary cross-entropy',
    note,
    axis: 'nats per window',
    format: '.3f',
    train: history.map((metrics) => metrics.loss),
    validation: history.map(({ valLoss }) => valLoss),
    reference: { value: baseRateLogLoss, label: 'base rate alone' },
  });
  return {
    accuracySvg: new TextEncoder().encode(accuracy),
    accuracyPng: await rasterise(accuracy),
    lossSvg: new TextEncoder().encode(loss),
    lossPng: await rasterise(loss),
  };
}

interface Curves {
  readonly title: string;
  readonly note: string | undefined;
  readonly axis: string;
  readonly format: string;
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly reference: { readonly value: number; readonly label: string };
}

function drawCurves(curves: Curves): Promise<string> {
  const { spec } = compile(curveSpec(curves));
  return new vega.View(vega.parse(spec), { renderer: 'none', logLevel: vega.Error }).toSVG();
}

function curveSpec({ title, note, axis, format, train, validation, reference }: Curves): TopLevelSpec {
  const epochs = train.length;
  const rows = [
    ...train.map((value, index) => ({ epoch: index + 1, part: 'train', value })),
    ...validation.map((value, index) => ({ epoch: index + 1, part: 'validation', value })),
  ];
  const tickStep = Math.max(1, Math.ceil(epochs / 10));
  const ticks = Array.from({ length: Math.ceil(epochs / tickStep) }, (_, index) => 1 + index * tickStep);
  const y = {
    field: 'value',
    type: 'quantitative' as const,
    scale: { zero: false, nice: true, padding: 8 },
    axis: { title: axis, format, tickCount: 6 },
  };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 12,
    width: 520,
    height: 300,
    title: { text: title, anchor: 'start', ...(note ? { subtitle: note, subtitleColor: '#b00020' } : {}) },
    config: {
      font,
      title: { fontSize: 15, subtitleFontSize: 12 },
      axis: { labelFontSize: 11, titleFontSize: 12, titleFontWeight: 'normal', gridColor: '#e8e8e8' },
      legend: { labelFontSize: 12, symbolSize: 160 },
      view: { stroke: null },
    },
    layer: [
      {
        data: { values: rows },
        mark: { type: 'line', point: epochs <= 30 ? { size: 34 } : false, strokeWidth: 2 },
        encoding: {
          x: {
            field: 'epoch',
            type: 'quantitative',
            scale: { domain: [1, Math.max(2, epochs)], nice: false },
            axis: { title: 'epoch', values: ticks, format: 'd', grid: false },
          },
          y,
          color: {
            field: 'part',
            type: 'nominal',
            scale: { domain: ['train', 'validation'], range: [colours.train, colours.validation] },
            legend: { title: null, orient: 'top', direction: 'horizontal' },
          },
        },
      },
      {
        data: { values: [reference] },
        mark: { type: 'rule', strokeDash: [5, 4], color: colours.reference },
        encoding: { y },
      },
      {
        data: { values: [reference] },
        mark: {
          type: 'text',
          align: 'right',
          baseline: 'bottom',
          dy: -4,
          color: colours.reference,
          x: 'width',
        },
        encoding: { y, text: { field: 'label' } },
      },
    ],
  };
}

let rasteriser: Promise<Uint8Array> | undefined;

/** Readies the rasteriser once; gives back the font's file. */
function readyRasteriser(): Promise<Uint8Array> {
  rasteriser ??= (async () => {
    const { resolve } = createRequire(import.meta.url);
    await initWasm(await readFile(resolve('@resvg/resvg-wasm/index_bg.wasm')));
    return readFile(resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'));
  })();
  return rasteriser;
}

/** SVG → PNG at twice its size, with a font of our own, so that every machine draws the same. */
async function rasterise(svg: string): Promise<Uint8Array> {
  const fontFile = await readyRasteriser();
  const resvg = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: 2 },
    font: { fontBuffers: [fontFile], defaultFontFamily: font },
  });
  const image = resvg.render();
  try {
    return image.asPng().slice();
  } finally {
    image.free();
    resvg.free();
  }
}
