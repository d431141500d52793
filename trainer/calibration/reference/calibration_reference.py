"""Reference values of calibrations, by scikit-learn and scipy.

    python3 -m venv venv && venv/bin/pip install scikit-learn==1.9.1
    venv/bin/python trainer/calibration/reference/calibration_reference.py > trainer/calibration/reference/calibration.json

Platt scaling is the one inside CalibratedClassifierCV(method='sigmoid'), on log-odds; it gives -slope and -intercept. The
base-rate shift is the root of sum(sigmoid(log-odds + shift)) - positives.
"""
import json
import random

import numpy as np
import scipy
import sklearn
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq
from scipy.special import expit
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression


def drawn(seed, count, slope, shift, digits):
    """Scores and labels whose truth is another line of the log-odds; few digits make ties."""
    chance = random.Random(seed)
    log_odds = [round(chance.gauss(-1.5, 1.2), digits) for _ in range(count)]
    labels = [1 if chance.random() < expit(slope * z + shift) else 0 for z in log_odds]
    return log_odds, labels


def case(name, log_odds, labels):
    x, y = np.array(log_odds), np.array(labels)
    platt = _SigmoidCalibration().fit(x, y)
    rates = IsotonicRegression().fit(x, y).predict(x)
    return {
        "name": name,
        "logOdds": log_odds,
        "labels": labels,
        "shift": float(brentq(lambda b: expit(x + b).sum() - y.sum(), -20, 20, xtol=1e-13)),
        "slope": -float(platt.a_),
        "intercept": -float(platt.b_),
        "rates": [float(r) for r in rates],
    }


def curve(xs, ys):
    at = [float(v) for v in np.linspace(xs[0], xs[-1], 25)]
    return {"xs": xs, "ys": ys, "at": at, "values": [float(v) for v in PchipInterpolator(xs, ys)(at)]}


print(json.dumps({
    "madeWith": f"scikit-learn {sklearn.__version__}, scipy {scipy.__version__}, numpy {np.__version__}",
    "cases": [
        case("too sure", *drawn(1, 600, 0.6, -0.3, 6)),
        case("not sure enough", *drawn(2, 600, 1.4, 0.5, 6)),
        case("with ties", *drawn(3, 400, 1.0, 0.2, 1)),
        case("rare positives", *drawn(4, 900, 0.9, -2.0, 6)),
        case("told apart without a mistake", [-2.0, -1.5, -1.0, 0.5, 1.0], [0, 0, 0, 1, 1]),
        case("upside down", [-2.0, -1.0, 0.0, 1.0, 2.0, 3.0], [1, 1, 0, 1, 0, 0]),
    ],
    "curves": [
        curve([-4.0, -2.5, -2.0, 0.0, 1.0], [-5.0, -2.7, -2.6, -0.2, 2.0]),
        curve([-3.0, -1.0, 0.5], [-3.5, -3.4, 2.0]),
        curve([-3.0, 1.0], [-2.0, 0.0]),
    ],
}))
