"""What MLflow's own client reads of a run that feedloop sent. argv: rows as JSON, experiment, run id, model."""
import json
import sys

import mlflow
import numpy
import pandas
from mlflow import MlflowClient

rows, experiment, run_id, model = json.loads(sys.argv[1]), *sys.argv[2:]
client = MlflowClient()
experiment_id = client.get_experiment_by_name(experiment).experiment_id
runs = client.search_runs([experiment_id], f"tags.`feedloop.run_id` = '{run_id}'")
run = runs[0]
uri = f"models:/{model}@challenger"
vectors = numpy.array(rows, dtype=numpy.float32)

import onnxruntime

graph = mlflow.onnx.load_model(uri)
session = onnxruntime.InferenceSession(graph.SerializeToString())
name = session.get_inputs()[0].name
flavor = mlflow.pyfunc.load_model(uri)
columns = [column.name for column in flavor.metadata.get_input_schema().inputs]
# Columns in another order: the signature puts them right.
table = pandas.DataFrame(vectors, columns=columns)[list(reversed(columns))]
versions = client.search_model_versions(f"name='{model}'")

print(
    json.dumps(
        {
            "runs": len(runs),
            "status": run.info.status,
            "start": run.info.start_time,
            "end": run.info.end_time,
            "params": run.data.params,
            "auc": [[m.step, m.timestamp, m.value] for m in client.get_metric_history(run.info.run_id, "auc")],
            "artifacts": sorted(f.path for d in ["", "curves", "model"] for f in client.list_artifacts(run.info.run_id, d)),
            "columns": columns,
            "types": sorted({str(column.type) for column in flavor.metadata.get_input_schema().inputs}),
            "output": flavor.metadata.get_output_schema().inputs[0].name,
            "scores": session.run(None, {name: vectors})[0].ravel().tolist(),
            "pyfunc": flavor.predict(table).iloc[:, 0].tolist(),
            "versions": [version.version for version in versions],
            "aliases": client.get_registered_model(model).aliases,
        }
    )
)
