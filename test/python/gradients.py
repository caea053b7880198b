"""Gradients of the model by TensorFlow's automatic differentiation.

usage: gradients.py CASE_JSON      prints a JSON object: weight name -> flat gradient

The case holds shape, weights (flat, Keras's layout), x [n, steps, features], y [n] and mask [n, units].
"""
import json, sys
import numpy as np, tensorflow as tf

case = json.load(open(sys.argv[1]))
shape = case["shape"]
steps, features, units, dense = (shape[k] for k in ("steps", "features", "units", "denseUnits"))
sizes = {
    "lstmKernel": (features, 4 * units), "lstmRecurrentKernel": (units, 4 * units), "lstmBias": (4 * units,),
    "denseKernel": (units, dense), "denseBias": (dense,), "outputKernel": (dense, 1), "outputBias": (1,),
}
w = {k: tf.Variable(np.array(case["weights"][k], "f4").reshape(s)) for k, s in sizes.items()}
x = tf.constant(np.array(case["x"], "f4").reshape(-1, steps, features))
y = tf.constant(np.array(case["y"], "f4").reshape(-1, 1))
mask = tf.constant(np.array(case["mask"], "f4").reshape(-1, units))
with tf.GradientTape() as tape:
    h = c = tf.zeros([x.shape[0], units])
    for t in range(steps):
        z = x[:, t] @ w["lstmKernel"] + h @ w["lstmRecurrentKernel"] + w["lstmBias"]
        i, f, g, o = tf.split(z, 4, axis=1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        h = tf.sigmoid(o) * tf.tanh(c)
    hidden = tf.nn.relu((h * mask) @ w["denseKernel"] + w["denseBias"])
    logits = hidden @ w["outputKernel"] + w["outputBias"]
    loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits))
grads = tape.gradient(loss, w)
print(json.dumps({k: g.numpy().ravel().tolist() for k, g in grads.items()}))
