"""Writes streams to a folder and prints how well River and Vowpal Wabbit do on them, each example scored before it is learned.

    python ftrl_peers.py FOLDER

NAME.f32 is the matrix (row-major float32), NAME.u8 the labels, NAME.w32 the importances. All three use FTRL-Proximal with
the same settings and a constant that is regularised like any column.
"""
import json
import sys

import numpy as np
import vowpalwabbit
from river import linear_model, optim

SETTINGS = {"alpha": 0.1, "beta": 1.0, "l1": 0.0, "l2": 1.0}
CONSTANT = "constant"


def labels(r, z):
    return r.random(len(z)) < 1 / (1 + np.exp(-z))


def dense():
    """Numbers, a fifth of them 0."""
    r = np.random.Generator(np.random.PCG64(1))
    x = (r.standard_normal((6_000, 12)) * (r.random((6_000, 12)) < 0.8)).astype(np.float32)
    return x, labels(r, x @ r.normal(0, 0.7, 12) - 1.5), np.ones(len(x))


def weighted():
    """Some examples count double, some half."""
    x, y, _ = dense()
    return x, y, np.random.Generator(np.random.PCG64(2)).choice([0.5, 1.0, 2.0], len(x))


def hashed():
    """Users, items and words in 96 columns: few of them 1, all others 0."""
    r = np.random.Generator(np.random.PCG64(3))
    n = 6_000
    x = np.zeros((n, 96), np.float32)
    ids = np.column_stack([r.zipf(1.3, n) % 32, 32 + r.zipf(1.2, n) % 32, *(64 + r.zipf(1.5, (3, n)) % 32)])
    np.put_along_axis(x, ids, 1, axis=1)
    return x, labels(r, x @ r.normal(0, 0.8, 96) - 2), np.ones(n)


def by_river(x, y, weights):
    # Its intercept is learned by another rule: a constant column takes its place.
    model = linear_model.LogisticRegression(optim.FTRLProximal(**SETTINGS), intercept_lr=0)
    for row, label, weight in zip(x, y, weights):
        example = {CONSTANT: 1.0, **{str(column): float(row[column]) for column in np.flatnonzero(row)}}
        yield model.predict_proba_one(example).get(True, 0.5)
        model.learn_one(example, bool(label), w=float(weight))


def by_vowpal_wabbit(x, y, weights):
    given = " ".join(f"--{name} {SETTINGS[key]}" for name, key in
                     [("ftrl_alpha", "alpha"), ("ftrl_beta", "beta"), ("l1", "l1"), ("l2", "l2")])
    vw = vowpalwabbit.Workspace(f"--ftrl {given} --loss_function logistic --link logistic --noconstant --quiet")
    for row, label, weight in zip(x, y, weights):
        values = " ".join(f"c{column}:{row[column]:.9g}" for column in np.flatnonzero(row))
        line = f"| {CONSTANT}:1 {values}"
        yield vw.predict(line)
        vw.learn(f"{1 if label else -1} {weight} {line}")
    vw.finish()


def log_loss(scores, y, weights):
    p = np.clip(np.fromiter(scores, float, len(y)), 1e-15, 1 - 1e-15)
    return float(-np.sum(weights * np.where(y, np.log(p), np.log(1 - p))) / np.sum(weights))


streams = []
for make in (dense, weighted, hashed):
    x, y, weights = make()
    name = make.__name__
    x.tofile(f"{sys.argv[1]}/{name}.f32")
    y.astype(np.uint8).tofile(f"{sys.argv[1]}/{name}.u8")
    weights.astype(np.float32).tofile(f"{sys.argv[1]}/{name}.w32")
    losses = {peer: log_loss(score(x, y, weights), y, weights)
              for peer, score in (("river", by_river), ("vowpal wabbit", by_vowpal_wabbit))}
    streams.append({"name": name, "width": x.shape[1], "settings": SETTINGS, "losses": losses})
print(json.dumps(streams))
