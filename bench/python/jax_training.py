"""Contender: the notebook's training in JAX, a whole epoch in one compiled call.

usage: jax_training.py autodiff|by-hand one-thread|all-cores WINDOWS STEPS BATCH EPOCHS [TRAIN_WINDOWS [TEST_WINDOWS]]

autodiff: the loss as one writes it, gradients by jax.value_and_grad; the recurrence is unrolled by lax.scan.
by-hand: the LSTM's backward pass written out, so that all steps share one product for the gradient of the weights.
Batches of 32 are faster on one thread than on two, large batches are not. Of the variants tried (Python loop, scan with and
without unrolling, masks for a whole epoch at once, other generators, one vector of parameters, two steps in one turn
of the outer scan) these were the fastest, or as fast as the fastest.
"""
import os, sys

os.environ["JAX_PLATFORMS"] = "cpu"
kind, threads, folder = sys.argv[1:4]
steps, batch, epochs = map(int, sys.argv[4:7])
train_limit, test_limit = (*map(int, sys.argv[7:]), None, None)[:2]
if threads == "one-thread":
    # XLA's pool takes its size from here. XLA_FLAGS=--xla_cpu_multi_thread_eigen=false leaves two threads at work (0.10.2),
    # and pinning to a core doubles the time on a machine with other work.
    os.environ["NPROC"] = "1"

import jax, jax.numpy as jnp
from jax import lax, random

from contender import Clock, windows

UNITS, DENSE, DROPOUT, RATE = 64, 32, 0.2, 1e-3
(x, y), (test_x, test_y) = windows(folder, "train", steps), windows(folder, "test", steps)
x, y, test_x, test_y = x[:train_limit], y[:train_limit], test_x[:test_limit], test_y[:test_limit]


def initial_weights(key):
    keys = random.split(key, 4)
    uniform, orthogonal = jax.nn.initializers.glorot_uniform(), jax.nn.initializers.orthogonal()
    return {
        "kernel": uniform(keys[0], (2, 4 * UNITS)),
        "recurrent": orthogonal(keys[1], (UNITS, 4 * UNITS)),
        "bias": jnp.zeros(4 * UNITS).at[UNITS : 2 * UNITS].set(1.0),
        "dense": uniform(keys[2], (UNITS, DENSE)),
        "dense_bias": jnp.zeros(DENSE),
        "out": uniform(keys[3], (DENSE, 1)),
        "out_bias": jnp.zeros(1),
    }


def gates(z):
    """Keras's order: input, forget, candidate, output."""
    i, f, g, o = jnp.split(z, 4, axis=1)
    return jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(g), jax.nn.sigmoid(o)


def lstm_autodiff(kernel, recurrent, bias, x):
    def cell(state, z):
        h, c = state
        i, f, g, o = gates(z + h @ recurrent)
        c = f * c + i * g
        return (o * jnp.tanh(c), c), None

    zeros = jnp.zeros((len(x), UNITS))
    projected = jnp.einsum("btf,fg->tbg", x, kernel) + bias
    # Unrolling long windows costs minutes of compilation and gains nothing.
    return lax.scan(cell, (zeros, zeros), projected, unroll=min(steps, 10))[0][0]


def forward(kernel, recurrent, bias, x):
    projected = jnp.einsum("btf,fg->tbg", x, kernel) + bias
    zeros = jnp.zeros((len(x), UNITS))

    def cell(state, z):
        h, c = state
        i, f, g, o = gates(z + h @ recurrent)
        new_c = f * c + i * g
        tanh_c = jnp.tanh(new_c)
        return (o * tanh_c, new_c), (i, f, g, o, c, tanh_c, h)

    (h, _), kept = lax.scan(cell, (zeros, zeros), projected, unroll=min(steps, 10))
    return h, (kept, kernel, recurrent, x)


def backward(residuals, dh):
    kept, kernel, recurrent, x = residuals

    def cell(state, kept):
        dh, dc = state
        i, f, g, o, c, tanh_c, _ = kept
        dc = dc + dh * o * (1 - tanh_c * tanh_c)
        dz = jnp.concatenate(
            [dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g * g), dh * tanh_c * o * (1 - o)], axis=1
        )
        return (dz @ recurrent.T, dc * f), dz

    _, dz = lax.scan(cell, (dh, jnp.zeros_like(dh)), kept, reverse=True, unroll=min(steps, 10))
    flat = dz.reshape(-1, 4 * UNITS)
    return x.swapaxes(0, 1).reshape(-1, 2).T @ flat, kept[-1].reshape(-1, UNITS).T @ flat, flat.sum(0), None


@jax.custom_vjp
def lstm_by_hand(kernel, recurrent, bias, x):
    return forward(kernel, recurrent, bias, x)[0]


lstm_by_hand.defvjp(forward, backward)
lstm = {"autodiff": lstm_autodiff, "by-hand": lstm_by_hand}[kind]


def summed_loss(weights, x, y, counts, mask=None):
    """Over the windows that count (1; 0 where a batch is filled up)."""
    h = lstm(weights["kernel"], weights["recurrent"], weights["bias"], x)
    if mask is not None:
        h = h * mask
    dense = jax.nn.relu(h @ weights["dense"] + weights["dense_bias"])
    logit = (dense @ weights["out"] + weights["out_bias"])[:, 0]
    return jnp.sum(counts * (jnp.maximum(logit, 0) - logit * y + jnp.log1p(jnp.exp(-jnp.abs(logit)))))


def mean_loss(weights, x, y, counts, mask):
    return summed_loss(weights, x, y, counts, mask) / counts.sum()


def batches_of(size, x, y, order):
    """The last batch is filled up: with one of another shape, all would be compiled twice."""
    number = -(-len(order) // size)
    counts = jnp.arange(number * size) < len(order)
    order = jnp.pad(order, (0, number * size - len(order)))
    return x[order].reshape(number, size, steps, 2), y[order].reshape(number, size), counts.astype(x.dtype).reshape(number, size)


def train_step(state, batch):
    weights, first, second, step = state
    x, y, counts, key = batch
    mask = random.bernoulli(key, 1 - DROPOUT, (len(x), UNITS)) / (1 - DROPOUT)
    value, gradient = jax.value_and_grad(mean_loss)(weights, x, y, counts, mask)
    step = step + 1
    rate = RATE * jnp.sqrt(1 - 0.999**step) / (1 - 0.9**step)
    first = jax.tree.map(lambda m, g: m + 0.1 * (g - m), first, gradient)
    second = jax.tree.map(lambda v, g: v + 0.001 * (g * g - v), second, gradient)
    weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, first, second)
    return (weights, first, second, step), value


def train_epoch(state, key, x, y):
    order_key, mask_key = random.split(key)
    batches = batches_of(batch, x, y, random.permutation(order_key, len(y)))
    state, _ = lax.scan(train_step, state, (*batches, random.split(mask_key, len(batches[0]))))
    return state


def validation(weights, x, y):
    """In batches of 32: all windows at once take three times as long."""
    losses = lax.map(lambda part: summed_loss(weights, *part), batches_of(32, x, y, jnp.arange(len(y))))
    return losses.sum() / len(y)


clock = Clock()
x, y, test_x, test_y = map(jnp.asarray, (x, y, test_x, test_y))
key = random.key(42)
weights = jax.jit(initial_weights)(key)
zeros = lambda: jax.tree.map(jnp.zeros_like, weights)
state = (weights, zeros(), zeros(), jnp.float32(0))
run_epoch, validate = jax.jit(train_epoch, donate_argnums=0), jax.jit(validation)
for epoch in range(epochs):
    clock.lap()
    state = jax.block_until_ready(run_epoch(state, random.fold_in(key, epoch), x, y))
    clock.trained()
    validation_loss = float(validate(state[0], test_x, test_y))
    clock.validated()
clock.report(-(-len(y) // batch), validation_loss, f"JAX {jax.__version__}")
