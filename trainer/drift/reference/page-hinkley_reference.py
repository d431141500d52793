"""Indices at which River's PageHinkley fires, on streams from CPython's generator (MT19937).

    python3 -m venv venv && venv/bin/pip install river==0.26.1
    venv/bin/python trainer/drift/reference/page-hinkley_reference.py > trainer/drift/reference/page-hinkley.json

The first stream is that of River's documentation, which names index 1006. Long streams are given by their recipe and
the values' own recurrence, so that the file stays small: a linear congruential generator that any language can repeat.
"""
import json
import random
from importlib.metadata import version

from river import drift


def fired(values, **options):
    detector = drift.PageHinkley(**options)
    indices = []
    for index, value in enumerate(values):
        detector.update(value)
        if detector.drift_detected:
            indices.append(index)
    return {"options": options, "fired": indices}


def lcg(seed):
    state = seed
    while True:
        state = (state * 1664525 + 1013904223) % 2**32
        yield state / 2**32


def levels(seed, segments):
    """Values uniform within 0.5 of each segment's level: (count, level)."""
    numbers = lcg(seed)
    return [level + next(numbers) - 0.5 for count, level in segments for _ in range(count)]


chance = random.Random(12345)
two = chance.choices([0, 1], k=1000) + chance.choices(range(4, 8), k=1000)
segments = [
    [[2000, 0], [2000, 0.4], [2000, -0.3]],
    [[3000, 1], [3000, 0.8], [3000, 1]],
    [[10000, 0.2]],
]
variants = [
    {},
    {"mode": "up", "threshold": 20},
    {"mode": "down", "threshold": 20},
    {"min_instances": 500, "delta": 0.02, "threshold": 8, "alpha": 0.999},
    {"delta": 0, "threshold": 5, "alpha": 1},
]
print(json.dumps({
    "madeWith": f"river {version('river')}",
    "streams": [{"name": "documentation, seed 12345", "values": two, "runs": [fired(two, **o) for o in variants]}],
    "generated": [
        {"seed": seed, "segments": s, "runs": [fired(levels(seed, s), **options) for options in variants]}
        for seed, s in enumerate(segments, start=1)
    ],
}))
