"""Fits calibrations to the rows of a file and prints what scikit-learn and scipy find.

    python calibration_peers.py FILE

FILE is a JSON list of {logOdds, labels}. Printed per set: the shift of the base rate, slope and intercept of Platt scaling, and the
rates of the isotonic regression by rising score.
"""
import json
import sys

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

fits = []
for rows in json.load(open(sys.argv[1])):
    x, y = np.array(rows["logOdds"]), np.array(rows["labels"])
    platt = _SigmoidCalibration().fit(x, y)
    fits.append({
        "shift": float(brentq(lambda b: expit(x + b).sum() - y.sum(), -20, 20, xtol=1e-13)),
        "slope": -float(platt.a_),
        "intercept": -float(platt.b_),
        "rates": [float(r) for r in IsotonicRegression().fit(x, y).predict(np.sort(x))],
    })
print(json.dumps(fits))
