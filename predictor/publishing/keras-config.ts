import { InvalidWeightsError } from '../errors.js';
import { checkShape } from '../model/shape-limits.js';
import type { ModelShape, WeightName } from '../model/weights.js';

export interface ModelFileOptions {
  /** Share of LSTM outputs dropped in training. */
  readonly dropout: number;
  readonly learningRate: number;
  /** What the model is: attributes `streamsage_…` of the Keras file, `userDefinedMetadata` in TensorFlow.js. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The version whose format the files follow; Keras 3 reads it too. */
export const kerasVersion = '2.15.0';

/** Layers in order, and the path of each weight within its layer's group. */
export const kerasLayers: readonly {
  readonly name: string;
  readonly weights: Readonly<Partial<Record<WeightName, string>>>;
}[] = [
  {
    name: 'lstm',
    weights: {
      lstmKernel: 'lstm_cell/kernel',
      lstmRecurrentKernel: 'lstm_cell/recurrent_kernel',
      lstmBias: 'lstm_cell/bias',
    },
  },
  { name: 'dropout', weights: {} },
  { name: 'dense', weights: { denseKernel: 'kernel', denseBias: 'bias' } },
  { name: 'dense_1', weights: { outputKernel: 'kernel', outputBias: 'bias' } },
];

const zeros = { class_name: 'Zeros', config: {} };
const glorot = { class_name: 'GlorotUniform', config: { seed: null } };
const float32 = { trainable: true, dtype: 'float32' };

/** The model as Keras describes one; written so that Keras 2, Keras 3 and TensorFlow.js all read it. */
export function modelConfig({ steps, features, units, denseUnits }: ModelShape, dropout: number) {
  return {
    class_name: 'Sequential',
    config: {
      name: 'sequential',
      layers: [
        {
          class_name: 'InputLayer',
          config: {
            batch_input_shape: [null, steps, features],
            dtype: 'float32',
            sparse: false,
            ragged: false,
            name: 'input_layer',
          },
        },
        {
          class_name: 'LSTM',
          config: {
            name: 'lstm',
            ...float32,
            return_sequences: false,
            return_state: false,
            go_backwards: false,
            stateful: false,
            unroll: false,
            units,
            activation: 'tanh',
            recurrent_activation: 'sigmoid',
            use_bias: true,
            kernel_initializer: glorot,
            recurrent_initializer: { class_name: 'Orthogonal', config: { gain: 1, seed: null } },
            bias_initializer: zeros,
            unit_forget_bias: true,
            dropout: 0,
            recurrent_dropout: 0,
          },
        },
        { class_name: 'Dropout', config: { name: 'dropout', ...float32, rate: dropout } },
        dense('dense', denseUnits, 'relu'),
        dense('dense_1', 1, 'sigmoid'),
      ],
    },
  };
}

/** What the names of layers and the sizes are in a model's configuration. */
export interface ReadConfig {
  readonly shape: ModelShape;
  /** The file's name of each of `kerasLayers` that has weights. */
  readonly names: Readonly<Record<string, string>>;
}

/**
 * Reads what Keras 2, Keras 3 or TensorFlow.js say of a model of these layers, whatever they are called.
 * @param what names the file in errors
 * @param config of a `Sequential`
 * @throws InvalidWeightsError if it is another model: it would predict something else
 */
export function readModelConfig(what: string, config: unknown): ReadConfig {
  const layers = field(field(config, 'config'), 'layers');
  const all = Array.isArray(layers) ? layers.map((layer: unknown) => field(layer, 'class_name')) : [];
  const withWeights = Array.isArray(layers)
    ? layers.filter((layer) => !['InputLayer', 'Dropout'].includes(String(field(layer, 'class_name'))))
    : [];
  const [lstm, hidden, output] = withWeights.map((layer: unknown) => field(layer, 'config'));
  const isOurs =
    field(config, 'class_name') === 'Sequential' &&
    withWeights.map((layer: unknown) => field(layer, 'class_name')).join() === 'LSTM,Dense,Dense' &&
    says(lstm, { activation: 'tanh', recurrent_activation: 'sigmoid', use_bias: true }) &&
    ['return_sequences', 'return_state', 'go_backwards'].every((name) => !field(lstm, name)) &&
    says(hidden, { activation: 'relu', use_bias: true }) &&
    says(output, { activation: 'sigmoid', use_bias: true, units: 1 });
  if (!isOurs) {
    throw new InvalidWeightsError(
      `Expected ${what} to describe LSTM → Dropout → Dense(relu) → Dense(1, sigmoid), got ` +
        (all.length > 0 ? shown(all.join(' → ')) : 'no Sequential model with layers'),
    );
  }
  const [steps, features] = inputShape(layers as unknown[]);
  const sizes = { steps, features, units: field(lstm, 'units'), denseUnits: field(hidden, 'units') };
  const shape = sizes as unknown as ModelShape;
  checkShape(shape);
  const names = [lstm, hidden, output].map((layer) => field(layer, 'name'));
  if (!names.every((name) => typeof name === 'string')) {
    throw new InvalidWeightsError(`Expected ${what} to name its layers, got ${shown(names.join(', '))}`);
  }
  return { shape, names: { lstm: names[0]!, dense: names[1]!, dense_1: names[2]! } };
}

/** [steps, features], from whichever layer says it. */
function inputShape(layers: readonly unknown[]): readonly [unknown, unknown] {
  for (const layer of layers) {
    const config = field(layer, 'config');
    const shape = field(config, 'batch_input_shape') ?? field(config, 'batch_shape');
    if (Array.isArray(shape) && shape.length === 3) return [shape[1], shape[2]];
  }
  return [undefined, undefined];
}

function says(config: unknown, expected: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(expected).every(([name, value]) => field(config, name) === value);
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

/** Words out of a file as they may be shown: short, without control characters. */
function shown(text: string): string {
  return text.slice(0, 120).replace(/[^\x20-\x7e→]/g, '�');
}

function dense(name: string, units: number, activation: string) {
  return {
    class_name: 'Dense',
    config: {
      name,
      ...float32,
      units,
      activation,
      use_bias: true,
      kernel_initializer: glorot,
      bias_initializer: zeros,
    },
  };
}

/** How the model was compiled, so that training can go on without another word. */
export function trainingConfig(learningRate: number) {
  return {
    loss: 'binary_crossentropy',
    loss_weights: null,
    metrics: ['accuracy'],
    weighted_metrics: null,
    optimizer_config: {
      class_name: 'Adam',
      config: {
        name: 'adam',
        learning_rate: learningRate,
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-7,
        amsgrad: false,
      },
    },
  };
}
