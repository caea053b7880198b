"""Contender in Python: the notebook's training in Keras. usage: training.py notebook|tuned FILE EPOCHS"""
import json, os, resource, sys, time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras, numpy as np
from keras import layers

kind, path, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3])
user, _, rating, stamp = np.fromfile(path, dtype=np.int64, sep=" ").reshape(-1, 4).T
order = np.lexsort((stamp, user))
user, rating, stamp = user[order], rating[order].astype(float), stamp[order]
gap = np.diff(stamp, prepend=stamp[0]) * (np.diff(user, prepend=user[0]) == 0)
scale = lambda v: (v - v.min()) / (v.max() - v.min())
features = np.stack([scale(rating), scale(gap)], axis=1).astype(np.float32)
first = np.flatnonzero(user[:-5] == user[5:])
y = (gap[first + 5] < 7200).astype(np.float32)
x = features[first[:, None] + np.arange(5)]
permuted = np.random.RandomState(42).permutation(len(first))
n_test = -(-len(first) // 5)
test, train = permuted[:n_test], permuted[n_test:]
keras.utils.set_random_seed(42)
started = time.perf_counter()
model = keras.Sequential([
    layers.Input((5, 2)), layers.LSTM(64), layers.Dropout(0.2), layers.Dense(32, activation="relu"), layers.Dense(1, activation="sigmoid"),
])
options = {"steps_per_execution": 100} if kind == "tuned" else {}
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"], **options)
model.fit(x[train], y[train], epochs=epochs, batch_size=32, validation_data=(x[test], y[test]), verbose=0)
seconds = time.perf_counter() - started
print(json.dumps({"seconds": seconds, "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
