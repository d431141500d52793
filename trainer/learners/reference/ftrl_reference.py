"""Reference weights and predictions of FTRL-Proximal logistic regression, by River and by plain numpy.

    python3 -m venv venv && venv/bin/pip install river==0.26.1 numpy
    venv/bin/python trainer/learners/reference/ftrl_reference.py > trainer/learners/reference/ftrl.json

The vector's last number is the constant 1 (the bias), so that River's own intercept stays out of it.

River 0.26 turns z and n into weights at the beginning of a step, not after it, so its predictions lag one
example behind the paper, and it leaves a weight as it was when |z| falls back below l1. Its optimizer is
therefore asked for fresh weights (a step with zero gradients from no weights) before every prediction. numpy is
Algorithm 1 of McMahan et al. 2013, written out. The script fails when the two differ.
"""
import json
import math
import random
from importlib.metadata import version

import numpy as np
from river import optim

WIDTH = 6


def stream(seed, count):
    chance = random.Random(seed)
    truth = [chance.gauss(0, 1.2) for _ in range(WIDTH)]
    rows = []
    for _ in range(count):
        x = [float(np.float32(chance.gauss(0, 1) if chance.random() < 0.8 else 0.0)) for _ in range(WIDTH - 1)] + [1.0]
        p = 1 / (1 + math.exp(-sum(a * b for a, b in zip(truth, x)) + 1.5))
        rows.append((x, 1 if chance.random() < p else 0, chance.choice([1.0, 1.0, 0.5, 2.0])))
    return rows


def by_river(rows, alpha, beta, l1, l2):
    optimizer = optim.FTRLProximal(alpha=alpha, beta=beta, l1=l1, l2=l2)
    loss = optim.losses.Log()
    nothing = {i: 0.0 for i in range(WIDTH)}
    predictions = []
    for x, y, importance in rows:
        weights = optimizer._step_with_dict({}, nothing)
        score = sum(weights.get(i, 0.0) * v for i, v in enumerate(x))
        predictions.append(float(loss.mean_func(score)))
        slope = importance * loss.gradient(y, score)
        optimizer._step_with_dict(weights, {i: slope * v for i, v in enumerate(x)})
    weights = optimizer._step_with_dict({}, nothing)
    return [float(weights.get(i, 0.0)) for i in range(WIDTH)], predictions


def by_numpy(rows, alpha, beta, l1, l2):
    z, n = np.zeros(WIDTH), np.zeros(WIDTH)

    def weights():
        w = -(z - np.sign(z) * l1) / ((beta + np.sqrt(n)) / alpha + l2)
        return np.where(np.abs(z) <= l1, 0.0, w)

    predictions = []
    for x, y, importance in rows:
        x = np.array(x)
        w = weights()
        p = 1 / (1 + math.exp(-float(np.dot(w, x))))
        predictions.append(p)
        g = importance * (p - y) * x
        sigma = (np.sqrt(n + g * g) - np.sqrt(n)) / alpha
        z += g - sigma * w
        n += g * g
    return [float(v) for v in weights()], predictions


cases = []
for name, seed, options in [
    ("alpha 0.05, no l1", 1, {"alpha": 0.05, "beta": 1.0, "l1": 0.0, "l2": 1.0}),
    ("alpha 0.1, l1 and l2", 2, {"alpha": 0.1, "beta": 1.0, "l1": 0.5, "l2": 0.1}),
    ("alpha 0.5, strong l1", 3, {"alpha": 0.5, "beta": 0.5, "l1": 4.0, "l2": 0.0}),
]:
    rows = stream(seed, 200)
    river_weights, river_predictions = by_river(rows, **options)
    numpy_weights, numpy_predictions = by_numpy(rows, **options)
    assert np.allclose(river_weights, numpy_weights, rtol=0, atol=1e-12), name
    assert np.allclose(river_predictions, numpy_predictions, rtol=0, atol=1e-12), name
    cases.append({
        "name": name,
        "options": options,
        "vectors": [x for x, _, _ in rows],
        "labels": [y for _, y, _ in rows],
        "importances": [w for _, _, w in rows],
        "weights": river_weights,
        "predictions": river_predictions,
    })

print(json.dumps({"madeWith": f"river {version('river')}, numpy {np.__version__}", "cases": cases}))
