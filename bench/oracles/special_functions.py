"""Values of SciPy's special functions that detectors/special-functions is held to.

    pip install scipy==1.17.1
    python bench/oracles/special_functions.py > test/fixtures/detectors/special-functions.json
"""

import json

import scipy
from scipy import special, stats

chi2 = [
    [s, k, float(stats.chi2.sf(s, k))]
    for k in (1, 2, 3, 9, 10, 63, 199, 500)
    for s in (0.001 * k, 0.1 * k, 0.5 * k, 0.9 * k, k, 1.1 * k, 1.5 * k, 3 * k, 10 * k)
    if stats.chi2.sf(s, k) > 1e-290
]
chi2_quantile = [[a, p, float(special.gammainccinv(a, p))] for a in (0.5, 1, 4.5, 5.3, 99.5, 250) for p in (0.2, 0.05, 0.01, 1e-4)]
log_gamma = [[a, float(special.gammaln(a))] for a in (0.1, 0.5, 1.5, 2.5, 5, 10.3, 100.5, 1e4)]
kolmogorov = [
    [n, round(t / n**0.5, 12), float(stats.kstwo.sf(round(t / n**0.5, 12), n))]
    for n in (1, 2, 3, 5, 10, 20, 29, 40, 41, 60, 100, 140, 300, 600, 1000, 1001, 5000, 50000, 500000)
    for t in (0.3, 0.5, 0.7, 0.9, 1.1, 1.3581, 1.7, 2, 2.14, 2.2, 3, 5)
    if t / n**0.5 < 1.02
]
print(json.dumps({"scipy": scipy.__version__, "chi2": chi2, "chi2_quantile": chi2_quantile, "log_gamma": log_gamma, "kolmogorov": kolmogorov}))
