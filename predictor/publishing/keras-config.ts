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
