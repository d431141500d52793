"""Reference predictions of gradient-boosted trees, by LightGBM, on columns with fewer distinct values than bins.

    python3 -m venv venv && venv/bin/pip install lightgbm==4.7.0 scikit-learn==1.9.1
    venv/bin/python trainer/learners/reference/gbdt_reference.py > trainer/learners/reference/gbdt.json

With a bin for each value both libraries choose among the same splits, so that every prediction must be the same. LightGBM
does not look again at a column whose splits were not worth it in the parent; the trees of the cases in which that happens are small
enough that this makes no difference.
"""
import json
import math
import random

import lightgbm as lgb
import numpy as np

WIDTH = 4


def table(seed, count, missing, categories):
    chance = random.Random(seed)
    rows, labels, weights = [], [], []
    for _ in range(count):
        row = [chance.randint(-20, 20) / 4 for _ in range(WIDTH - 1)] + [float(chance.randint(0, categories - 1))]
        logit = 0.8 * row[0] - 0.5 * row[1] * (row[2] > 0) + math.sin(7 * row[3]) - 1
        labels.append(1 if chance.random() < 1 / (1 + math.exp(-logit)) else 0)
        weights.append(chance.choice([0.5, 1.0, 2.0]))
        rows.append([None if i < WIDTH - 1 and chance.random() < missing else v for i, v in enumerate(row)])
    return rows, labels, weights


def fitted(rows, labels, weights, params, categorical):
    numbers = np.array([[math.nan if v is None else v for v in row] for row in rows], dtype=np.float32)
    data = lgb.Dataset(numbers, labels, weight=weights, categorical_feature=categorical, params={"verbose": -1})
    fixed = dict(objective="binary", num_leaves=8, learning_rate=0.3, max_bin=255, min_data_in_bin=1, num_threads=1,
                 deterministic=True, lambda_l2=1, min_data_in_leaf=10, enable_bundle=False, feature_pre_filter=False, seed=1, verbose=-1)
    model = lgb.train({**fixed, **params}, data, num_boost_round=10)
    return [float(p) for p in model.predict(numbers)]


cases = []
for name, seed, missing, categories, settings, params in [
    ("borders", 1, 0.0, 8, {"l2": 0}, {"lambda_l2": 0}),
    ("missing values", 2, 0.3, 8, {}, {}),
    ("l1", 3, 0.1, 8, {"l1": 0.5, "leaves": 5}, {"lambda_l1": 0.5, "num_leaves": 5}),
    ("a gain to reach", 9, 0.1, 8, {"gainMin": 1, "leaves": 4}, {"min_gain_to_split": 1, "num_leaves": 4}),
    ("weights", 4, 0.1, 8, {"hessianMin": 4}, {"min_sum_hessian_in_leaf": 4}),
    ("monotone columns", 5, 0.0, 8, {"increasing": ["0"], "decreasing": ["1"], "leaves": 5}, {"monotone_constraints": [1, -1, 0, 0], "num_leaves": 5}),
    ("categories, each alone", 6, 0.0, 3, {"categorical": ["3"]}, {}),
    ("sets of categories", 7, 0.1, 30, {"categorical": ["3"]}, {}),
    ("shallow", 8, 0.0, 8, {"depthMax": 2}, {"max_depth": 2}),
]:
    rows, labels, weights = table(seed, 600, missing, categories)
    used = weights if name == "weights" else None
    categorical = [3] if "categorical" in settings else []
    cases.append({
        "name": name,
        "settings": {"trees": 10, "leaves": 8, "learningRate": 0.3, "l2": 1, "rowsMin": 10, **settings},
        "vectors": rows,
        "labels": labels,
        **({"weights": used} if used else {}),
        "predictions": fitted(rows, labels, used, params, categorical),
    })

print(json.dumps({"madeWith": f"lightgbm {lgb.__version__}, numpy {np.__version__}", "cases": cases}))
