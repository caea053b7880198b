"""Contenders in Python: u.data -> windows -> split. usage: preprocessing.py pandas|numpy FILE"""
import json, resource, sys, time

import numpy as np

kind, path = sys.argv[1:3]
if kind == "pandas":
    import pandas as pd
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import MinMaxScaler

    started = time.perf_counter()
    df = pd.read_csv(path, sep="\t", names=["user_id", "movie_id", "rating", "timestamp"])
    df = df.sort_values(by=["user_id", "timestamp"])
    df["time_diff"] = df.groupby("user_id")["timestamp"].diff().fillna(0)
    df[["rating_norm", "time_diff_norm"]] = MinMaxScaler().fit_transform(df[["rating", "time_diff"]])
    xs, ys = [], []
    for _, group in df.groupby("user_id"):
        features, times = group[["rating_norm", "time_diff_norm"]].values, group["timestamp"].values
        for i in range(len(features) - 5):
            xs.append(features[i : i + 5])
            ys.append(1 if times[i + 5] - times[i + 4] < 7200 else 0)
    x, y = np.array(xs), np.array(ys)
    parts = train_test_split(x, y, test_size=0.2, random_state=42)
else:
    started = time.perf_counter()
    user, _, rating, stamp = np.fromfile(path, dtype=np.int64, sep=" ").reshape(-1, 4).T
    order = np.lexsort((stamp, user))
    user, rating, stamp = user[order], rating[order].astype(float), stamp[order]
    gap = np.diff(stamp, prepend=stamp[0]) * (np.diff(user, prepend=user[0]) == 0)
    scale = lambda v: (v - v.min()) / (v.max() - v.min())
    features = np.stack([scale(rating), scale(gap)], axis=1).astype(np.float32)
    first = np.flatnonzero(user[:-5] == user[5:])
    y = (gap[first + 5] < 7200).astype(np.uint8)
    permuted = np.random.RandomState(42).permutation(len(first))
    n_test = -(-len(first) // 5)
    window = np.arange(5)
    parts = [features[first[rows][:, None] + window] for rows in (permuted[n_test:], permuted[:n_test])]
seconds = time.perf_counter() - started
assert len(parts[0]) > 0
print(json.dumps({"seconds": seconds, "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
