"""The model trained by Keras, with the options of a case, visiting the windows in the order that the case gives.

usage: training_options.py CASE_JSON      prints JSON: history, and the weights that training gives

The case holds shape, weights (flat, Keras's layout), x [n, steps, features], y [n], vx, vy, orders [epochs][n], batchSize,
learningRate, schedule, decaySteps, clipNorm, classWeights, patience.
"""
import json, os, sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras, numpy as np

case = json.load(open(sys.argv[1]))
steps, features, units, dense = (case["shape"][k] for k in ("steps", "features", "units", "denseUnits"))
x = np.array(case["x"], "f4").reshape(-1, steps, features)
vx = np.array(case["vx"], "f4").reshape(-1, steps, features)
y, vy = np.array(case["y"], "f4"), np.array(case["vy"], "f4")
model = keras.Sequential([
    keras.layers.Input((steps, features)), keras.layers.LSTM(units),
    keras.layers.Dense(dense, activation="relu"), keras.layers.Dense(1, activation="sigmoid"),
])
names = ["lstmKernel", "lstmRecurrentKernel", "lstmBias", "denseKernel", "denseBias", "outputKernel", "outputBias"]
model.set_weights([np.array(case["weights"][n], "f4").reshape(w.shape) for n, w in zip(names, model.get_weights())])


class Batches(keras.utils.PyDataset):
    epoch = 0

    def __len__(self):
        return -(-len(y) // case["batchSize"])

    def __getitem__(self, index):
        rows = case["orders"][self.epoch][index * case["batchSize"] : (index + 1) * case["batchSize"]]
        weights = np.array([case["classWeights"][int(label)] for label in y[rows]], "f4")
        return x[rows], y[rows], weights


batches = Batches()
rate = {
    "constant": lambda: case["learningRate"],
    "linear": lambda: keras.optimizers.schedules.PolynomialDecay(case["learningRate"], case["decaySteps"], 0.0),
    "cosine": lambda: keras.optimizers.schedules.CosineDecay(case["learningRate"], case["decaySteps"]),
}[case["schedule"]]()
model.compile(
    optimizer=keras.optimizers.Adam(rate, global_clipnorm=case["clipNorm"] or None), loss="binary_crossentropy",
)
callbacks = [keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: setattr(batches, "epoch", epoch))]
if case["patience"]:
    callbacks.append(keras.callbacks.EarlyStopping("val_loss", patience=case["patience"], restore_best_weights=True))
fitted = model.fit(
    batches, epochs=len(case["orders"]), shuffle=False, validation_data=(vx, vy), verbose=0, callbacks=callbacks,
)
weights = {n: w.ravel().tolist() for n, w in zip(names, model.get_weights())}
print(json.dumps({"history": fitted.history, "weights": weights}))
