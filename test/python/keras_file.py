"""Opens a model that StreamSage wrote, and one that Keras wrote with the same weights.

usage: keras_file.py OURS_H5 KERAS_H5      prints a JSON object
"""
import contextlib, io, json, sys
import keras, numpy as np

ours, theirs = (keras.models.load_model(path) for path in sys.argv[1:3])
x = np.random.default_rng(1).random((200, 5, 2), dtype="f4")
y = (x.sum(axis=(1, 2)) > 5).astype("f4")
difference = float(np.abs(ours.predict(x, verbose=0) - theirs.predict(x, verbose=0)).max())
lines = []
ours.summary(print_fn=lambda text, **_: lines.append(text))
before = ours.evaluate(x, y, verbose=0)[0]
history = ours.fit(x, y, epochs=3, verbose=0).history
print(json.dumps({
    "keras": keras.__version__, "difference": difference, "summary": "\n".join(lines), "dropout": ours.layers[1].rate,
    "optimizer": ours.optimizer.name, "learning_rate": float(ours.optimizer.learning_rate.numpy()),
    "before": float(before), "losses": [float(v) for v in history["loss"]],
}))
