"""Trains scikit-learn on a window of feedloop and answers with model.onnx. Needs: scikit-learn, skl2onnx, pyarrow.

The folder of the window is the last argument; before it may stand the number of trees: 0 is a logistic regression.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

*given, folder = sys.argv[1:]
folder = Path(folder)
manifest = json.loads((folder / "manifest.json").read_text())
columns, named = manifest["columns"], manifest["rowColumns"]

window = parquet.read_table(folder / "window.parquet")
vectors = np.column_stack([window[column].to_numpy() for column in columns])
labels, weights = window[named["label"]].to_numpy(), window[named["weight"]].to_numpy()
order = np.argsort(window[named["occurredAt"]].to_numpy(), kind="stable")
# The latest fifth says what the model is worth.
cut = int(len(order) * 0.8)
before, after = order[:cut], order[cut:]

trees = int(given[0]) if given else 100
if trees == 0:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
    model.fit(vectors[before], labels[before], logisticregression__sample_weight=weights[before])
else:
    model = GradientBoostingClassifier(
        n_estimators=trees, max_depth=3, min_samples_leaf=50, subsample=0.8, random_state=manifest["seed"]
    )
    model.fit(vectors[before], labels[before], sample_weight=weights[before])
told = {"log_loss": log_loss(labels[after], model.predict_proba(vectors[after])[:, 1], labels=[0, 1])}

onnx = convert_sklearn(
    model, initial_types=[("vectors", FloatTensorType([None, len(columns)]))], options={"zipmap": False}
)
(folder / "model.onnx").write_bytes(onnx.SerializeToString())

golden = parquet.read_table(folder / "golden.parquet")
scores = model.predict_proba(np.column_stack([golden[column].to_numpy() for column in columns]))[:, 1]
(folder / "answer.json").write_text(json.dumps({"metrics": told, "goldenScores": scores.tolist()}))
