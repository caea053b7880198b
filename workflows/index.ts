// Everything exported here becomes a workflow type.
export { trainBingePredictor } from './train-binge-predictor.js';
