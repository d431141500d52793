"""What a team would write: FastAPI and ONNX Runtime. MODEL=path, the file that feedloop's scorer serves."""

import os

import numpy as np
import onnxruntime as ort
from fastapi import FastAPI
from pydantic import BaseModel

options = ort.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = ort.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
app = FastAPI()


class Query(BaseModel):
    rows: list[list[float]]


@app.post("/predict")
def predict(query: Query):
    rows = np.asarray(query.rows, dtype=np.float32)
    return {"scores": session.run(["scores"], {"vectors": rows})[0].ravel().tolist()}
