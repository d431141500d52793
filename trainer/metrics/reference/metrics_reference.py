"""Reference values of the metrics, by scikit-learn.

    python3 -m venv venv && venv/bin/pip install scikit-learn==1.9.1
    venv/bin/python trainer/metrics/reference/metrics_reference.py > trainer/metrics/reference/metrics.json
"""
import json
import random

import numpy as np
import sklearn
from sklearn.metrics import log_loss, roc_auc_score


def case(name, scores, labels):
    rate = float(np.mean(labels))
    both = 0 < rate < 1
    entropy = float(log_loss(labels, [rate] * len(labels))) if both else None
    loss = float(log_loss(labels, scores, labels=[0, 1]))
    return {
        "name": name,
        "scores": scores,
        "labels": labels,
        "logLoss": loss,
        "baseLogLoss": entropy,
        "normalizedEntropy": loss / entropy if both else None,
        "auc": float(roc_auc_score(labels, scores)) if both else None,
        "calibration": float(np.mean(scores)) / rate if rate > 0 else None,
    }


def drawn(seed, count, digits):
    chance = random.Random(seed)
    least = 10**-digits
    scores = [min(1 - least, max(least, round(chance.betavariate(1, 8), digits))) for _ in range(count)]
    labels = [1 if chance.random() < score else 0 for score in scores]
    return scores, labels


print(json.dumps({
    "madeWith": f"scikit-learn {sklearn.__version__}, numpy {np.__version__}",
    "cases": [
        case("300 draws", *drawn(1, 300, 6)),
        case("300 draws, many ties", *drawn(2, 300, 1)),
        case("all scores alike", [0.25] * 8, [0, 1, 0, 0, 1, 0, 0, 0]),
        case("perfect order", [0.1, 0.2, 0.3, 0.8, 0.9], [0, 0, 0, 1, 1]),
        case("reversed order", [0.9, 0.8, 0.3, 0.2], [0, 0, 1, 1]),
        case("no positives", [0.1, 0.2, 0.3], [0, 0, 0]),
    ],
}, indent=1))
