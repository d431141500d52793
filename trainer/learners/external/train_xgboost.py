"""Trains XGBoost on a window of feedloop and answers with model.onnx. Needs: xgboost, onnxmltools, pyarrow.

The folder of the window is the last argument; further arguments are parameters of XGBoost, such as max_depth=4.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import xgboost
from onnxmltools.convert import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from sklearn.metrics import log_loss

*given, folder = sys.argv[1:]
folder = Path(folder)
manifest = json.loads((folder / "manifest.json").read_text())
columns, named = manifest["columns"], manifest["rowColumns"]

window = parquet.read_table(folder / "window.parquet")
vectors = np.column_stack([window[column].to_numpy() for column in columns])
labels, weights = window[named["label"]].to_numpy(), window[named["weight"]].to_numpy()
order = np.argsort(window[named["occurredAt"]].to_numpy(), kind="stable")
# The latest fifth says how many trees are enough, and what the model is worth.
cut = int(len(order) * 0.8)
before, after = order[:cut], order[cut:]

settings = {"n_estimators": 500, "max_depth": 4, "learning_rate": 0.05, "min_child_weight": 20, "subsample": 0.8}
settings |= {name: json.loads(value) for name, value in (one.split("=", 1) for one in given)}
model = xgboost.XGBClassifier(
    **settings, early_stopping_rounds=25, eval_metric="logloss", random_state=manifest["seed"], n_jobs=1
)
model.fit(
    vectors[before],
    labels[before],
    sample_weight=weights[before],
    eval_set=[(vectors[after], labels[after])],
    verbose=False,
)
told = {"log_loss": log_loss(labels[after], model.predict_proba(vectors[after])[:, 1], labels=[0, 1])}

onnx = convert_xgboost(model, initial_types=[("vectors", FloatTensorType([None, len(columns)]))])
(folder / "model.onnx").write_bytes(onnx.SerializeToString())

golden = parquet.read_table(folder / "golden.parquet")
scores = model.predict_proba(np.column_stack([golden[column].to_numpy() for column in columns]))[:, 1]
(folder / "answer.json").write_text(json.dumps({"metrics": told, "goldenScores": scores.tolist()}))
