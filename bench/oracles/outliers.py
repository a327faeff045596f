"""Values of scikit-learn and NumPy that detectors/outliers is held to.

    pip install scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
    python bench/oracles/outliers.py > test/fixtures/detectors/outliers.json
"""

import json

import numpy as np
import sklearn
from scipy import stats
from sklearn.covariance import ledoit_wolf
from sklearn.ensemble import IsolationForest

rng = np.random.default_rng(20261121)


def rounded(values):
    return np.round(values, 4)


def shrinkage_case(x):
    """Mahalanobis distances of rows under Ledoit-Wolf-shrunk correlations, some values missing."""
    means, deviations = x.mean(axis=0), x.std(axis=0)
    z = (x - means) / deviations
    shrunk, shrinkage = ledoit_wolf(z, assume_centered=True)
    probes = rounded(means + deviations * rng.normal(size=(8, x.shape[1])) * 2)
    for row in range(3, 8):
        probes[row, rng.permutation(x.shape[1])[: row - 3]] = np.nan
    distances = []
    for probe in (probes - means) / deviations:
        seen = ~np.isnan(probe)
        inner = shrunk[np.ix_(seen, seen)]
        # Given what is there, the distance of what is not has the number of missing values as its mean.
        distances.append(float(probe[seen] @ np.linalg.solve(inner, probe[seen]) + (~seen).sum()))
    return {
        "rows": x.tolist(),
        "shrinkage": float(shrinkage),
        "probes": [[None if np.isnan(v) else v for v in row] for row in probes.tolist()],
        "distances": distances,
    }


def forest_case(x, probes, **parameters):
    scores = [
        -IsolationForest(n_estimators=100, max_samples=256, random_state=seed, **parameters)
        .fit(x)
        .score_samples(probes)
        for seed in range(20)
    ]
    return {
        "rows": x.tolist(),
        "probes": probes.tolist(),
        "scores": np.mean(scores, axis=0).tolist(),
        "spread": np.std(scores, axis=0).tolist(),
    }


mixing = rng.normal(size=(5, 5))
correlated = rounded(rng.normal(size=(80, 5)) @ mixing + [0, 10, -3, 100, 0.5])
few = rounded(rng.normal(size=(12, 6)) * [1, 100, 0.01, 5, 5, 5])

blobs = rounded(np.vstack([rng.normal(size=(300, 3)), rng.normal(size=(200, 3)) * 0.5 + [5, 5, 0]]))
probes = rounded(np.vstack([rng.normal(size=(10, 3)), rng.uniform(-4, 9, size=(30, 3))]))
exponential = rounded(rng.exponential(size=(300, 2)))

reference = rounded(rng.normal(size=50))
asked = [-9.0, 9.0, *reference[:5].tolist(), *rounded(rng.normal(size=10)).tolist()]

print(
    json.dumps(
        {
            "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
            "shrinkage": [shrinkage_case(correlated), shrinkage_case(few)],
            "forest": [
                forest_case(blobs, probes),
                forest_case(exponential, rounded(rng.exponential(size=(30, 2)) * 2)),
            ],
            "strict_percentiles": {
                "reference": reference.tolist(),
                "asked": asked,
                "shares": [float(stats.percentileofscore(reference, a, kind="strict") / 100) for a in asked],
            },
        }
    )
)
