"""Contender: the notebook's training in Keras. usage: keras_training.py notebook|tuned WINDOWS STEPS BATCH EPOCHS

notebook: as it is. tuned: a hundred steps in one call of TensorFlow.
"""
import os, sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import keras, tensorflow as tf
from keras import layers

from contender import Clock, windows

kind, folder, steps, batch, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
(x, y), validation = windows(folder, "train", steps), windows(folder, "test", steps)
keras.utils.set_random_seed(42)
clock = Clock()


class Laps(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        clock.lap()

    def on_test_begin(self, logs=None):
        clock.trained()

    def on_epoch_end(self, epoch, logs=None):
        clock.validated()


model = keras.Sequential([
    layers.Input((steps, 2)), layers.LSTM(64), layers.Dropout(0.2), layers.Dense(32, activation="relu"), layers.Dense(1, activation="sigmoid"),
])
options = {"steps_per_execution": 100} if kind == "tuned" else {}
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"], **options)
history = model.fit(x, y, epochs=epochs, batch_size=batch, validation_data=validation, verbose=0, callbacks=[Laps()])
clock.report(-(-len(y) // batch), history.history["val_loss"][-1], f"Keras {keras.__version__} on TensorFlow {tf.__version__}")
