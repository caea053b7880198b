"""scikit-learn's metrics of the same predictions.

usage: metrics.py CASES_JSON      prints a JSON array
"""
import json, sys
import numpy as np
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

out = []
for case in json.load(open(sys.argv[1])):
    p, y = np.array(case["probabilities"]), np.array(case["labels"])
    clipped = np.clip(p, 1e-7, 1 - 1e-7)
    out.append({
        "logLoss": log_loss(y, clipped, labels=[0, 1]), "rocAuc": roc_auc_score(y, p),
        "averagePrecisionStop": average_precision_score(1 - y, 1 - p),
    })
print(json.dumps(out))
