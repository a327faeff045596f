"""Expected calibration error over ten bins, from scikit-learn's calibration_curve.

    pip install scikit-learn==1.9.1 numpy
    python bench/oracles/calibration.py > test/fixtures/detectors/calibration.json

calibration_curve answers the mean score and the positive share of each bin that holds something; the
bins' weights come from the same bins, closed on the right.
"""

import json

import numpy as np
import sklearn
from sklearn.calibration import calibration_curve

rng = np.random.default_rng(20261121)


def case(name, scores, labels):
    positive, score = calibration_curve(labels, scores, n_bins=10, strategy="uniform")
    edges = np.linspace(0, 1, 11)
    bins = np.searchsorted(edges[1:-1], scores)
    counts = np.bincount(bins, minlength=10)
    weights = counts[counts > 0] / len(scores)
    return {
        "name": name,
        "scores": [float(s) for s in scores],
        "labels": [int(label) for label in labels],
        "ece": float(np.sum(weights * np.abs(score - positive))),
    }


def drawn(name, n, calibrate):
    scores = rng.beta(2, 3, n)
    return case(name, scores, (rng.random(n) < calibrate(scores)).astype(int))


print(
    json.dumps(
        {
            "oracle": f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}",
            "cases": [
                drawn("calibrated", 400, lambda s: s),
                drawn("overconfident", 300, lambda s: 0.6 * s),
                drawn("few", 7, lambda s: s),
                case(
                    "on the edges",
                    np.array([0, 0.1, 0.2, 0.4, 0.5, 0.5, 0.8, 0.9, 1, 1]),
                    np.array([0, 0, 1, 0, 1, 0, 1, 1, 1, 0]),
                ),
                case("one class", np.linspace(0.05, 0.95, 20), np.ones(20, dtype=int)),
            ],
        }
    )
)
