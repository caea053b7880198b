"""What the training contenders in Python share: windows in, one line of JSON out."""
import json, resource, sys, time

import numpy as np


def windows(folder, part, steps):
    """x float32 [windows, steps, 2], y float32 [windows]; part is "train" or "test"."""
    x = np.fromfile(f"{folder}/{part}.x", np.float32).reshape(-1, steps, 2)
    return x, np.fromfile(f"{folder}/{part}.y", np.float32)


class Clock:
    """From data in memory on: what an epoch's steps took, what its validation took, what the whole took."""

    def __init__(self):
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        self.train_seconds, self.validation_seconds = [], []

    def lap(self):
        self.lap_started = time.perf_counter()

    def trained(self):
        self.train_seconds.append(time.perf_counter() - self.lap_started)
        self.lap()

    def validated(self):
        self.validation_seconds.append(time.perf_counter() - self.lap_started)

    def report(self, steps, validation_loss, version):
        print(json.dumps({
            "seconds": time.perf_counter() - self.wall,
            "cpuSeconds": time.process_time() - self.cpu,
            "trainSeconds": self.train_seconds,
            "validationSeconds": self.validation_seconds,
            "steps": steps,
            "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024),
            "validationLoss": validation_loss,
            "version": version,
        }))
