"""The other contestants of `npm run bench -- train`.

    python train_peers.py make FOLDER ROWS            the data: x.f32 (row-major float32) and y.u8, 20,000 rows more for testing
    python train_peers.py LEARNER FOLDER ROWS THREADS fits 100 trees of 31 leaves; prints one JSON line

Importing and reading files is not timed; binning is.
"""
import json
import resource
import sys
import time

import numpy as np

WIDTH = 32
TEST_ROWS = 20_000


def make(folder, rows):
    r = np.random.Generator(np.random.PCG64(7))
    x = r.standard_normal((rows + TEST_ROWS, WIDTH)).astype(np.float32)
    z = (x[:, 0] - 0.7 * x[:, 1] * x[:, 2] + 0.5 * np.sin(3 * x[:, 3]) + 0.8 * (x[:, 4] > 0.5) * x[:, 5] - 2.2
         + 0.3 * x[:, 6] ** 2 - 0.4 * np.abs(x[:, 7]))
    x.tofile(f"{folder}/x.f32")
    (r.random(len(x)) < 1 / (1 + np.exp(-z))).astype(np.uint8).tofile(f"{folder}/y.u8")


def lightgbm(x, y, threads):
    import lightgbm as lgb

    params = dict(objective="binary", num_leaves=31, learning_rate=0.1, min_data_in_leaf=20, num_threads=threads, seed=1, verbose=-1)
    return lambda: lgb.train(params, lgb.Dataset(x, y), 100), lambda model, test: model.predict(test)


def xgboost(x, y, threads):
    import xgboost as xgb

    params = dict(objective="binary:logistic", tree_method="hist", grow_policy="lossguide", max_leaves=31, max_depth=0, eta=0.1,
                  nthread=threads, seed=1)
    return lambda: xgb.train(params, xgb.DMatrix(x, y), 100), lambda model, test: model.predict(xgb.DMatrix(test))


def scikit_learn(x, y, threads):
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    def fit():
        with threadpool_limits(threads):
            return HistGradientBoostingClassifier(max_iter=100, max_leaf_nodes=31, learning_rate=0.1, early_stopping=False,
                                                  random_state=1).fit(x, y)

    return fit, lambda model, test: model.predict_proba(test)[:, 1]


def run(learner, folder, rows, threads):
    from sklearn.metrics import log_loss, roc_auc_score

    x = np.fromfile(f"{folder}/x.f32", np.float32).reshape(-1, WIDTH)
    y = np.fromfile(f"{folder}/y.u8", np.uint8)
    fit, predict = {"lightgbm": lightgbm, "xgboost": xgboost, "scikit-learn": scikit_learn}[learner](x[:rows], y[:rows], threads)
    begun, begun_cpu = time.perf_counter(), time.process_time()
    model = fit()
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - begun_cpu
    scores = predict(model, x[rows:])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(dict(seconds=seconds, cpuSeconds=cpu_seconds, logLoss=float(log_loss(y[rows:], scores)),
                          auc=float(roc_auc_score(y[rows:], scores)), peakMiB=peak)))


if sys.argv[1] == "make":
    make(sys.argv[2], int(sys.argv[3]))
else:
    run(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
