"""What pandas and DuckDB find in a folder of `dataset export`.

usage: read_export.py FOLDER
prints JSON: {reader: {rows, days, clicks, unknown, first, types, checksum}}
"""

import glob
import json
import sys

import duckdb
import numpy as np
import pandas as pd

folder = sys.argv[1]
manifest = json.load(open(f"{folder}/manifest.json"))
features, format = manifest["features"], manifest["format"]
files = sorted(glob.glob(f"{folder}/day=*/*.{format}"))
assert files == [f"{folder}/{file['path']}" for file in manifest["files"]]


def told(frame):
    values = frame[features].to_numpy(dtype=np.float32)
    return {
        "rows": len(frame),
        "days": sorted(frame["day"].astype(str).str.slice(0, 10).unique()),
        "clicks": float(frame["label_click"].sum()),
        "unknown": int(frame["label_click"].isna().sum()),
        "first": str(pd.to_datetime(frame["occurred_at"], utc=True).min()),
        "user": frame["user_id"].iloc[0],
        "types": {name: str(frame[name].dtype) for name in [features[0], "label_click", "occurred_at"]},
        "checksum": float(values.astype(np.float64).sum()),
    }


def by_pandas():
    read = pd.read_parquet if format == "parquet" else pd.read_csv
    return pd.concat([read(path).assign(day=path.split("day=")[1][:10]) for path in files], ignore_index=True)


def by_duckdb():
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    return con.execute(f"SELECT * FROM '{folder}/day=*/*.{format}' ORDER BY occurred_at").df()


print(json.dumps({"pandas": told(by_pandas()), "duckdb": told(by_duckdb())}))
