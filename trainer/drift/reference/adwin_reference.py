"""Indices at which River's ADWIN fires, and its window, on streams from CPython's generator (MT19937).

    python3 -m venv venv && venv/bin/pip install river==0.26.1
    venv/bin/python trainer/drift/reference/adwin_reference.py > trainer/drift/reference/adwin.json

The first two streams are those of River's documentation. Long streams are given by their recipe and the values'
own recurrence, so that the file stays small: a linear congruential generator that any language can repeat.
"""
import json
import random
from importlib.metadata import version

from river import drift


def fired(values, **options):
    detector = drift.ADWIN(**options)
    indices, widths = [], []
    for index, value in enumerate(values):
        detector.update(value)
        if detector.drift_detected:
            indices.append(index)
            widths.append(int(detector.width))
    return {
        "options": options,
        "fired": indices,
        "widthsAfterFiring": widths,
        "width": int(detector.width),
        "total": detector.total,
        "variance": detector.variance,
    }


def lcg(seed):
    state = seed
    while True:
        state = (state * 1664525 + 1013904223) % 2**32
        yield state / 2**32


def steps(seed, segments):
    """Bernoulli segments: (count, probability)."""
    numbers = lcg(seed)
    return [1.0 if next(numbers) < p else 0.0 for count, p in segments for _ in range(count)]


chance = random.Random(12345)
two = chance.choices([0, 1], k=1000) + chance.choices(range(4, 8), k=1000)
chance = random.Random(42)
four = [v for s in range(4) for v in chance.choices([0, 1] if s % 2 == 0 else range(4, 8), k=1000)]
segments = [[[20000, 0.1], [20000, 0.13], [20000, 0.05]], [[50000, 0.3]], [[3000, 0.5], [300, 0.9], [3000, 0.5]]]
variants = [{}, {"delta": 0.0001, "clock": 32, "max_buckets": 5, "min_window_length": 200, "grace_period": 500},
            {"delta": 0.05, "clock": 1, "max_buckets": 3}]
print(json.dumps({
    "madeWith": f"river {version('river')}",
    "streams": [
        {"name": "documentation, seed 12345", "values": two, "runs": [fired(two)]},
        {"name": "documentation, seed 42", "values": four, "runs": [fired(four)]},
    ],
    "generated": [
        {"seed": seed, "segments": s, "runs": [fired(steps(seed, s), **options) for options in variants]}
        for seed, s in enumerate(segments, start=1)
    ],
}))
