"""Writes streams to a folder and prints how well River and Vowpal Wabbit do on them, each example scored before it is learned.

    python ftrl_peers.py FOLDER

NAME.f32 is the matrix (row-major float32), NAME.u8 the labels, NAME.w32 the importances. Columns of `buckets` hold numbers of
buckets below `range`, 0 is none. All three use FTRL-Proximal with
the same settings and a constant that is regularised like any column.
"""
import json
import sys

import numpy as np
import vowpalwabbit
from river import linear_model, optim

SETTINGS = {"alpha": 0.1, "beta": 1.0, "l1": 0.0, "l2": 1.0}
CONSTANT = "constant"
RANGE = 4_096


def labels(r, z):
    return r.random(len(z)) < 1 / (1 + np.exp(-z))


def dense():
    """Numbers, a fifth of them 0."""
    r = np.random.Generator(np.random.PCG64(1))
    x = (r.standard_normal((6_000, 12)) * (r.random((6_000, 12)) < 0.8)).astype(np.float32)
    return x, labels(r, x @ r.normal(0, 0.7, 12) - 1.5), np.ones(len(x)), []


def weighted():
    """Some examples count double, some half."""
    x, y, _, buckets = dense()
    return x, y, np.random.Generator(np.random.PCG64(2)).choice([0.5, 1.0, 2.0], len(x)), buckets


def hashed():
    """A number, and users, items and crosses of the two in 4,096 buckets; some rows lack the user."""
    r = np.random.Generator(np.random.PCG64(3))
    n = 6_000
    user, item = r.zipf(1.3, n) % 500, r.zipf(1.2, n) % 800
    cross = (user * 7_919 + item * 104_729) % 1_000
    lacking = r.random(n) < 0.1
    ids = np.column_stack([np.where(lacking, 0, 1 + user), 1_000 + item, 2_000 + cross])
    truth = r.normal(0, 0.8, RANGE)
    truth[0] = 0
    number = r.standard_normal(n).astype(np.float32)
    x = np.column_stack([number, ids]).astype(np.float32)
    return x, labels(r, truth[ids].sum(1) + 0.5 * number - 1.5), np.ones(n), [1, 2, 3]


def example_of(row, buckets):
    """Names and values of what is not 0."""
    given = {CONSTANT: 1.0}
    for column in np.flatnonzero(row):
        if column in buckets:
            given[f"b{int(row[column])}"] = 1.0
        else:
            given[f"c{column}"] = float(row[column])
    return given


def by_river(x, y, weights, buckets):
    # Its intercept is learned by another rule: a constant column takes its place.
    model = linear_model.LogisticRegression(optim.FTRLProximal(**SETTINGS), intercept_lr=0)
    for row, label, weight in zip(x, y, weights):
        example = example_of(row, buckets)
        yield model.predict_proba_one(example).get(True, 0.5)
        model.learn_one(example, bool(label), w=float(weight))


def by_vowpal_wabbit(x, y, weights, buckets):
    given = " ".join(f"--{name} {SETTINGS[key]}" for name, key in
                     [("ftrl_alpha", "alpha"), ("ftrl_beta", "beta"), ("l1", "l1"), ("l2", "l2")])
    vw = vowpalwabbit.Workspace(f"--ftrl {given} --loss_function logistic --link logistic --noconstant --quiet")
    for row, label, weight in zip(x, y, weights):
        line = "| " + " ".join(f"{name}:{value:.9g}" for name, value in example_of(row, buckets).items())
        yield vw.predict(line)
        vw.learn(f"{1 if label else -1} {weight} {line}")
    vw.finish()


def log_loss(scores, y, weights):
    p = np.clip(np.fromiter(scores, float, len(y)), 1e-15, 1 - 1e-15)
    return float(-np.sum(weights * np.where(y, np.log(p), np.log(1 - p))) / np.sum(weights))


streams = []
for make in (dense, weighted, hashed):
    x, y, weights, buckets = make()
    name = make.__name__
    x.tofile(f"{sys.argv[1]}/{name}.f32")
    y.astype(np.uint8).tofile(f"{sys.argv[1]}/{name}.u8")
    weights.astype(np.float32).tofile(f"{sys.argv[1]}/{name}.w32")
    losses = {peer: log_loss(score(x, y, weights, buckets), y, weights)
              for peer, score in (("river", by_river), ("vowpal wabbit", by_vowpal_wabbit))}
    tables = [{"columns": buckets, "range": RANGE}] if buckets else []
    streams.append({"name": name, "width": x.shape[1], "buckets": tables, "settings": SETTINGS, "losses": losses})
print(json.dumps(streams))
