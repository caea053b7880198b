"""Opens a model that StreamSage wrote in Keras 2 (tf-keras).

usage: keras2_file.py MODEL_H5 CASE_JSON      prints a JSON object

The case holds x, flat [n, steps, features], and steps.
"""
import json, sys
import numpy as np, tensorflow as tf, tf_keras

case = json.load(open(sys.argv[2]))
x = np.array(case["x"], "f4").reshape(-1, case["steps"], 2)
y = (x.sum(axis=(1, 2)) > x.sum(axis=(1, 2)).mean()).astype("f4")
model = tf_keras.models.load_model(sys.argv[1])
predictions = model.predict(x, verbose=0).ravel()
before = model.evaluate(x, y, verbose=0)[0]
history = model.fit(x, y, epochs=3, verbose=0).history
model.save(sys.argv[1].replace(".h5", "_trained_on.h5"))
print(json.dumps({
    "keras": tf_keras.__version__, "tensorflow": tf.__version__, "predictions": predictions.tolist(),
    "layers": [f"{type(layer).__name__} {layer.name}" for layer in model.layers], "dropout": model.layers[1].rate,
    "optimizer": type(model.optimizer).__name__, "learning_rate": float(model.optimizer.learning_rate.numpy()),
    "before": float(before), "losses": [float(v) for v in history["loss"]],
    "after": model.predict(x, verbose=0).ravel().tolist(),
}))
