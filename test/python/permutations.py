"""NumPy's legacy generator. usage: permutations.py CASES_JSON   prints a JSON list: per case permutation and uniforms

A case is [count, seed].
"""
import json, sys
import numpy as np

out = []
for count, seed in json.load(open(sys.argv[1])):
    random = np.random.RandomState(seed)
    out.append({"permutation": random.permutation(count).tolist(), "uniform": random.random_sample(3).tolist()})
print(json.dumps(out))
