"""What Great Expectations says of the same files.

usage: ge_verdicts.py SUITE FILE...
prints one JSON list a file: {success, unexpected_count, element_count, missing_count, exception} by expectation
"""

import json
import os
import sys
import warnings

os.environ["GX_ANALYTICS_ENABLED"] = "false"
warnings.filterwarnings("ignore")

import great_expectations as gx  # noqa: E402
import pandas as pd  # noqa: E402
from great_expectations.expectations.registry import get_expectation_impl  # noqa: E402


def read(path):
    if path.endswith(".parquet"):
        return pd.read_parquet(path)
    # Dates are parsed as far as all of them can be.
    frame = pd.read_csv(path)
    for name in frame.columns:
        if name.endswith("_at"):
            frame[name] = pd.to_datetime(frame[name], format="ISO8601", utc=True)
    return frame


def verdict_of(found):
    exceptions = found.exception_info or {}
    infos = [exceptions] if "raised_exception" in exceptions else list(exceptions.values())
    messages = [info.get("exception_message") for info in infos if info.get("raised_exception")]
    result = found.result or {}
    counts = {key: result.get(key) for key in ("unexpected_count", "element_count", "missing_count")}
    return {"success": bool(found.success), "exception": messages[0] if messages else None, **counts}


def verdicts_of(batch, expectations):
    """One suite for all; each verdict finds its place by a number in `meta`."""
    made = [
        get_expectation_impl(one["type"])(**one["kwargs"], meta={"place": place})
        for place, one in enumerate(expectations)
    ]
    found = batch.validate(gx.ExpectationSuite(name=f"suite{id(batch)}", expectations=made))
    placed = {one.expectation_config.meta["place"]: verdict_of(one) for one in found.results}
    return [placed[place] for place in range(len(made))]


suite, *files = sys.argv[1:]
expectations = json.load(open(suite))["expectations"]
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
source = context.data_sources.add_pandas("files")
for number, path in enumerate(files):
    definition = source.add_dataframe_asset(f"file{number}").add_batch_definition_whole_dataframe("whole")
    batch = definition.get_batch(batch_parameters={"dataframe": read(path)})
    print(json.dumps(verdicts_of(batch, expectations)))
