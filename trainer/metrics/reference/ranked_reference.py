"""Reference values of the metrics of requests, thresholds and calibration, by scikit-learn.

    python3 -m venv venv && venv/bin/pip install scikit-learn==1.9.1
    venv/bin/python trainer/metrics/reference/ranked_reference.py > trainer/metrics/reference/ranked.json
"""
import json
import random
import warnings

import numpy as np
import sklearn
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    f1_score,
    ndcg_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

warnings.simplefilter("ignore")
BINS = 20


def expected_error(labels, scores):
    """calibration_curve says rate and mean score of each bin, not how many there are: counted over the same edges."""
    rates, means = calibration_curve(labels, scores, n_bins=BINS, strategy="quantile")
    edges = np.percentile(scores, np.linspace(0, 1, BINS + 1) * 100)
    counts = np.bincount(np.searchsorted(edges[1:-1], scores), minlength=BINS)
    counts = counts[counts > 0]
    return float(np.sum(counts * np.abs(rates - means)) / len(labels))


def case(name, requests, threshold):
    scores = np.array([score for shown in requests for score, _ in shown])
    labels = np.array([label for shown in requests for _, label in shown])
    said = (scores >= threshold).astype(int)
    mixed = [np.array(shown) for shown in requests if 0 < sum(label for _, label in shown) < len(shown)]
    aucs = [roc_auc_score(shown[:, 1], shown[:, 0]) for shown in mixed]
    gains = [ndcg_score([shown[:, 1]], [shown[:, 0]], k=10) for shown in mixed]
    return {
        "name": name,
        "threshold": threshold,
        "requests": requests,
        "groupedAuc": float(np.mean(aucs)) if mixed else None,
        "ndcg10": float(np.mean(gains)) if mixed else None,
        "brier": float(brier_score_loss(labels, scores)),
        "ece": expected_error(labels, scores),
        "accuracy": float(accuracy_score(labels, said)),
        "precision": float(precision_score(labels, said)) if said.any() else None,
        "recall": float(recall_score(labels, said)) if labels.any() else None,
        "f1": float(f1_score(labels, said)) if said.any() or labels.any() else None,
    }


def drawn(seed, requests, digits):
    chance = random.Random(seed)
    def shown():
        scores = [round(chance.betavariate(1, 6), digits) for _ in range(chance.randint(1, 30))]
        return [[score, int(chance.random() < score)] for score in scores]
    return [shown() for _ in range(requests)]


print(json.dumps({
    "madeWith": f"scikit-learn {sklearn.__version__}, numpy {np.__version__}",
    "cases": [
        case("40 requests", drawn(1, 40, 6), 0.3),
        case("40 requests, many ties", drawn(2, 40, 1), 0.2),
        case("one item a request", [[[0.2, 0]], [[0.9, 1]], [[0.4, 1]], [[0.6, 0]]], 0.5),
        case("nobody above the threshold", [[[0.2, 0], [0.1, 1], [0.3, 0]]], 0.5),
        case("no positives", [[[0.2, 0], [0.7, 0]], [[0.3, 0]]], 0.5),
    ],
}, indent=1))
