"""Writes four data sets to a folder and prints how well LightGBM, XGBoost and scikit-learn do on them.

    python gbdt_peers.py FOLDER

NAME.f32 is the matrix (row-major float32, NaN is missing), NAME.u8 the labels. The first `train` rows are for learning. The
settings are the same for all: 100 trees, 15 leaves, learning rate 0.05, l2 1, at least 20 rows to a leaf.
"""
import json
import sys

import lightgbm as lgb
import numpy as np
import xgboost as xgb
from sklearn.datasets import load_breast_cancer, make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss, roc_auc_score

SETTINGS = {"trees": 100, "leaves": 15, "learningRate": 0.05, "l2": 1, "rowsMin": 20}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def nonlinear():
    r = np.random.Generator(np.random.PCG64(1))
    x = r.standard_normal((40_000, 12)).astype(np.float32)
    z = x[:, 0] - 0.7 * x[:, 1] * x[:, 2] + 0.5 * np.sin(3 * x[:, 3]) + 0.8 * (x[:, 4] > 0.5) * x[:, 5] - 1.5
    y = r.random(len(x)) < sigmoid(z)
    # Missing more often where the label is 1: the side of missing values says something.
    x[r.random(x.shape) < np.where(y, 0.25, 0.1)[:, None]] = np.nan
    return x, y, 20_000, []


def breast_cancer():
    x, y = load_breast_cancer(return_X_y=True)
    order = np.random.Generator(np.random.PCG64(2)).permutation(len(y))
    return x[order].astype(np.float32), y[order], 300, []


def imbalanced():
    x, y = make_classification(60_000, 20, n_informative=8, n_redundant=4, weights=[0.97], class_sep=0.8, flip_y=0.01, random_state=3)
    return x.astype(np.float32), y, 30_000, []


def stations():
    """Weather of places: which place and which month are names, the rest are measurements."""
    r = np.random.Generator(np.random.PCG64(4))
    n = 40_000
    place, month, wind = r.integers(0, 60, n), r.integers(0, 12, n), r.integers(0, 3, n)
    wetness = r.standard_normal(60) * 1.2
    humidity, pressure = r.normal(60, 15, n), r.normal(1013, 8, n)
    z = wetness[place] + np.cos(month / 12 * 2 * np.pi + place % 5) + 0.04 * (humidity - 60) - 0.08 * (pressure - 1013) + (wind == 1) - 1
    x = np.column_stack([place, month, wind, humidity, pressure, r.standard_normal((n, 3))]).astype(np.float32)
    return x, r.random(n) < sigmoid(z), 20_000, [0, 1, 2]


def by_lightgbm(x, y, test, categorical):
    params = dict(objective="binary", num_leaves=15, learning_rate=0.05, lambda_l2=1, min_data_in_leaf=20, num_threads=1,
                  deterministic=True, seed=1, verbose=-1)
    data = lgb.Dataset(x, y, categorical_feature=categorical, params={"verbose": -1})
    return lgb.train(params, data, 100).predict(test, num_threads=1)


def by_xgboost(x, y, test, categorical):
    types = ["c" if i in categorical else "q" for i in range(x.shape[1])]
    params = dict(objective="binary:logistic", tree_method="hist", grow_policy="lossguide", max_leaves=15, max_depth=0, eta=0.05,
                  reg_lambda=1, max_bin=255, nthread=1, seed=1)
    matrix = lambda rows, **more: xgb.DMatrix(rows, feature_types=types, enable_categorical=True, **more)
    return xgb.train(params, matrix(x, label=y), 100).predict(matrix(test))


def by_sklearn(x, y, test, categorical):
    model = HistGradientBoostingClassifier(max_iter=100, max_leaf_nodes=15, learning_rate=0.05, l2_regularization=1,
                                           min_samples_leaf=20, early_stopping=False, random_state=1,
                                           categorical_features=categorical or None)
    return model.fit(x, y).predict_proba(test)[:, 1]


sets = []
for make in (nonlinear, breast_cancer, imbalanced, stations):
    x, y, train, categorical = make()
    y = y.astype(np.uint8)
    name = make.__name__.replace("_", "-")
    x.tofile(f"{sys.argv[1]}/{name}.f32")
    y.tofile(f"{sys.argv[1]}/{name}.u8")
    qualities = {}
    for peer, fit in (("lightgbm", by_lightgbm), ("xgboost", by_xgboost), ("scikit-learn", by_sklearn)):
        scores = fit(x[:train], y[:train], x[train:], categorical)
        qualities[peer] = {"logLoss": float(log_loss(y[train:], scores)), "auc": float(roc_auc_score(y[train:], scores))}
    sets.append({"name": name, "train": train, "width": x.shape[1],
                 "settings": {**SETTINGS, "categorical": [str(column) for column in categorical]}, "qualities": qualities})
print(json.dumps(sets))
