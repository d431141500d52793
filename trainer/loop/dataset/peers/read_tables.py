"""What pandas and DuckDB find in a folder of `dataset synthesize`.

usage: read_tables.py FOLDER
prints JSON: {reader: {table: {rows, columns, clicks, first, types}}}
"""

import json
import sys

import duckdb
import pandas as pd

TABLES = ["impressions", "interactions", "content_features", "user_features"]
folder = sys.argv[1]


def iso(value):
    return pd.Timestamp(value).tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def by_pandas(table, format):
    path = f"{folder}/{table}.{format}"
    frame = pd.read_parquet(path) if format == "parquet" else pd.read_csv(path)
    shown = table == "impressions"
    first = pd.to_datetime(frame["shown_at"], utc=True).iloc[0] if shown else None
    return {
        "rows": len(frame),
        "columns": list(frame.columns),
        "clicks": int(frame["click"].sum()) if shown else None,
        "first": iso(first) if shown else None,
        "types": {name: str(kind) for name, kind in frame.dtypes.items()},
    }


def by_duckdb(table, format):
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    source = f"'{folder}/{table}.{format}'"
    described = con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    shown = table == "impressions"
    rows = con.execute(f"SELECT count(*) FROM {source}").fetchone()[0]
    clicks = con.execute(f"SELECT sum(click) FROM {source}").fetchone()[0] if shown else None
    moment = "strftime(min(shown_at)::TIMESTAMPTZ, '%Y-%m-%dT%H:%M:%S.%g') || 'Z'"
    first = con.execute(f"SELECT {moment} FROM {source}").fetchone()[0] if shown else None
    return {
        "rows": rows,
        "columns": [name for name, *_ in described],
        "clicks": int(clicks) if shown else None,
        "first": first,
        "types": {name: kind for name, kind, *_ in described},
    }


readers = {"pandas": by_pandas, "duckdb": by_duckdb}
print(
    json.dumps(
        {
            f"{name} {format}": {table: read(table, format) for table in TABLES}
            for name, read in readers.items()
            for format in ("parquet", "csv")
        }
    )
)
