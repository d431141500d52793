"""Reference values of off-policy estimators, by the Open Bandit Pipeline (obp).

    python3 -m venv venv && venv/bin/pip install pandas==3.1.1 scikit-learn==1.9.1 && venv/bin/pip install --no-deps obp==0.4.1
    venv/bin/python trainer/metrics/reference/off-policy_reference.py > trainer/metrics/reference/off-policy.json

`off-policy_reference.py FILE` answers for the choices of a file instead: rewards, actions, propensities, chances of the
evaluated policy and expected rewards, the last two one list of actions each round.
"""
import json
import sys
import types

import numpy as np
import obp

# obp needs torch for neural policies only: the estimators name its type, and no more.
sys.modules["torch"] = types.SimpleNamespace(Tensor=type(None))
sys.modules["obp.ope"] = package = types.ModuleType("obp.ope")
package.__path__ = [f"{obp.__path__[0]}/ope"]
from obp.ope.estimators import DoublyRobust, InverseProbabilityWeighting, SelfNormalizedInverseProbabilityWeighting


def values(rewards, actions, propensities, chances, expected):
    log = dict(reward=np.array(rewards, dtype=float), action=np.array(actions), pscore=np.array(propensities),
               position=np.zeros(len(rewards), dtype=int), action_dist=np.array(chances)[:, :, None])
    return {
        "ips": float(InverseProbabilityWeighting().estimate_policy_value(**log)),
        "snips": float(SelfNormalizedInverseProbabilityWeighting().estimate_policy_value(**log)),
        "dr": float(DoublyRobust().estimate_policy_value(**log, estimated_rewards_by_reg_model=np.array(expected)[:, :, None])),
    }


def case(name, rounds, actions, seed):
    r = np.random.Generator(np.random.PCG64(seed))
    log = r.dirichlet(np.ones(actions), rounds).round(4) + 0.01
    log /= log.sum(1, keepdims=True)
    chosen = np.array([r.choice(actions, p=p) for p in log])
    chances = np.eye(actions)[r.integers(0, actions, rounds)] * 0.75 + 0.25 / actions
    expected = r.random((rounds, actions)).round(4)
    given = dict(rewards=(r.random(rounds) < 0.3).astype(int).tolist(), actions=chosen.tolist(),
                 propensities=log[np.arange(rounds), chosen].tolist(), chances=chances.tolist(), expected=expected.tolist())
    return dict(name=name, **given, values=values(**given))


if len(sys.argv) > 1:
    print(json.dumps(values(**json.load(open(sys.argv[1])))))
else:
    print(json.dumps(dict(madeWith=f"obp {obp.__version__}, numpy {np.__version__}",
                          cases=[case("three choices", 40, 3, 1), case("ten choices", 60, 10, 2)])))
