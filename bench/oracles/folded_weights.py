"""The weights of detectors/calibration/absolute-gaussian.ts: a sum of powers for a folded normal covariance.

    pip install mpmath==1.3.0
    python bench/oracles/folded_weights.py
"""

from mpmath import asin, exp, fsum, lu_solve, matrix, mp, mpf, pi, sqrt

mp.dps = 50
exponents = [1] + [e for k in range(10) for e in (3 * 2**k, 2 * 2**k)]


def folded(t):
    """The covariance of |X| and |Y|, times pi/2, for correlation exp(-t)."""
    r = exp(-t)
    return sqrt(1 - r * r) + r * asin(r) - 1 if t > 0 else pi / 2 - 1


# Close to a correlation of one lies the singular point: as many places for each decade of distance.
places = [mpf(0)] + [mpf(10) ** (mpf(i) / 30 - 9) for i in range(301)]
values = [folded(t) for t in places]
powers = matrix(len(places), len(exponents))
for i, t in enumerate(places):
    for j, e in enumerate(exponents):
        powers[i, j] = exp(-2 * e * t)

importance = [mpf(1)] * len(places)
for _ in range(14):
    scaled = matrix(len(places), len(exponents))
    target = matrix(len(places), 1)
    for i, w in enumerate(importance):
        target[i] = sqrt(w) * values[i]
        for j in range(len(exponents)):
            scaled[i, j] = sqrt(w) * powers[i, j]
    weights = lu_solve(scaled.T * scaled, scaled.T * target)
    errors = [abs(fsum(powers[i, j] * weights[j] for j in range(len(exponents))) - values[i]) for i in range(len(places))]
    worst = max(errors)
    importance = [w * (e / worst + mpf("0.02")) for w, e in zip(importance, errors)]
    whole = fsum(importance) / len(places)
    importance = [w / whole for w in importance]

for e, w in zip(exponents, weights):
    print(e, float(w))
print("greatest error", float(worst))
