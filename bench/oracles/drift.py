"""Values of SciPy's statistics that detectors/drift and detectors/calibration are held to.

    pip install scipy==1.17.1 numpy
    python bench/oracles/drift.py > test/fixtures/detectors/drift.json
"""

import json

import numpy as np
import scipy
from scipy import stats
from scipy.spatial import distance

rng = np.random.default_rng(20261120)


def histogram_case(reference, current):
    p, q = np.array(reference), np.array(current)
    used = p + q > 0
    table = np.array([p[used], q[used]])
    chi2 = stats.contingency.chi2_contingency(table)
    positions = np.cumsum(np.arange(1, len(p) + 1) / 4)
    return {
        "reference": reference,
        "current": current,
        "js": float(distance.jensenshannon(p, q, base=2)),
        "psi_jeffreys": float(np.sum(stats.entropy((p + 0.5), (q + 0.5)) + stats.entropy((q + 0.5), (p + 0.5)))),
        "chi2": float(chi2.statistic),
        "chi2_p": float(chi2.pvalue),
        "dof": int(chi2.dof),
        "cramers_v": float(stats.contingency.association(table, method="cramer", correction=False)),
        "positions": positions.tolist(),
        "wasserstein": float(stats.wasserstein_distance(positions, positions, p, q)),
    }


def samples_case(reference, current):
    test = stats.ks_2samp(reference, current, method="asymp")
    return {
        "reference": reference.tolist(),
        "current": current.tolist(),
        "d": float(test.statistic),
        "p": float(test.pvalue),
    }


histograms = [
    histogram_case([50, 50], [80, 20]),
    histogram_case([552, 248], [365, 235]),
    histogram_case([100, 0, 30], [0, 40, 30]),
    histogram_case([7, 0, 0, 3], [1, 0, 5, 2]),
    histogram_case(rng.multinomial(5000, np.full(10, 0.1)).tolist(), rng.multinomial(300, np.full(10, 0.1)).tolist()),
    histogram_case(rng.multinomial(10000, np.full(50, 0.02)).tolist(), rng.multinomial(800, rng.dirichlet(np.full(50, 20))).tolist()),
]
samples = [
    samples_case(np.round(rng.normal(size=60), 3), np.round(rng.normal(0.5, size=45), 3)),
    samples_case(rng.integers(0, 6, 80).astype(float), rng.integers(1, 7, 120).astype(float)),
    samples_case(np.array([1.0, 2.0]), np.array([5.0])),
]
p_values = [0.9, 0.001, 0.04, 0.04, 0.0005, 0.3, 1.0, 0.012]
print(
    json.dumps(
        {
            "scipy": scipy.__version__,
            "histograms": histograms,
            "samples": samples,
            "p_values": p_values,
            "benjamini_hochberg": stats.false_discovery_control(p_values).tolist(),
        }
    )
)
