"""Values of SciPy's two-sample tests that detectors/exact, detectors/drift and detectors/special-functions are held to.

    pip install scipy==1.17.1 numpy==2.4.6
    python bench/oracles/two_sample.py > test/fixtures/detectors/two-sample.json
"""

import json
import warnings

import numpy as np
import scipy
from scipy import special, stats

warnings.filterwarnings("ignore")
rng = np.random.default_rng(20261121)


def binned_anderson_darling(p, q):
    """The right-continuous statistic of Scholz and Stephens over bins, on the scale of two samples."""
    n, m = p.sum(), q.sum()
    f, g, h = np.cumsum(p)[:-1] / n, np.cumsum(q)[:-1] / m, np.cumsum(p + q)[:-1] / (n + m)
    weight = (p + q)[:-1] / (n + m)
    return float(n * m / (n + m) * np.sum(weight * (f - g) ** 2 / (h * (1 - h))))


def histogram_case(reference, current):
    p, q = np.array(reference), np.array(current)
    n, m = p.sum(), q.sum()
    g = stats.contingency.chi2_contingency([p, q], correction=False, lambda_="log-likelihood")
    smooth_p, smooth_q = (p + 0.5) / (p + 0.5).sum(), (q + 0.5) / (q + 0.5).sum()
    left = np.repeat(np.arange(len(p)), p)
    right = np.repeat(np.arange(len(q)), q)
    u = stats.mannwhitneyu(right, left, use_continuity=False, method="asymptotic")
    positions = np.cumsum(np.arange(1, len(p) + 1) / 4)
    one = stats.chi2_contingency([p, q], correction=False)
    phi = max(0, one.statistic / (n + m) - (len(p) - 1) / (n + m - 1))
    columns = len(p) - (len(p) - 1) ** 2 / (n + m - 1)
    return {
        "reference": reference,
        "current": current,
        "kl": float(stats.entropy(smooth_q, smooth_p)),
        "hellinger": float(np.sqrt(((np.sqrt(p / n) - np.sqrt(q / m)) ** 2).sum() / 2)),
        "tvd": float(np.abs(p / n - q / m).sum() / 2),
        "g": float(g.statistic),
        "g_p": float(g.pvalue),
        "goodness": float(stats.chisquare(q, p * m / n).statistic) if (p > 0).all() else None,
        "cramers_v": float(np.sqrt(phi / min(columns - 1, 1 - 1 / (n + m - 1)))),
        "rank_delta": float(2 * u.statistic / (n * m) - 1),
        "rank_p": float(u.pvalue),
        "anderson_darling": binned_anderson_darling(p, q),
        "positions": positions.tolist(),
        "energy": float(stats.energy_distance(positions, positions, p, q)),
    }


def samples_case(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    cvm = stats.cramervonmises_2samp(a, b)
    ad = stats.anderson_ksamp([a, b])
    welch = stats.ttest_ind(b, a, equal_var=False)
    student = stats.ttest_ind(b, a)
    return {
        "reference": a.tolist(),
        "current": b.tolist(),
        "ks": float(stats.ks_2samp(a, b).statistic),
        "ks_exact": float(stats.ks_2samp(a, b, method="exact").pvalue),
        "ks_asymptotic": float(stats.ks_2samp(a, b, method="asymp").pvalue),
        "u": float(stats.mannwhitneyu(a, b).statistic),
        "u_two_sided": float(stats.mannwhitneyu(a, b).pvalue),
        "u_less": float(stats.mannwhitneyu(a, b, alternative="less").pvalue),
        "u_greater": float(stats.mannwhitneyu(a, b, alternative="greater").pvalue),
        "cvm": float(cvm.statistic),
        "cvm_p": float(cvm.pvalue),
        "ad": float(ad.statistic),
        "ad_p": float(ad.pvalue),
        "wasserstein": float(stats.wasserstein_distance(a, b)),
        "energy": float(stats.energy_distance(a, b)),
        "welch_t": float(welch.statistic),
        "welch_dof": float(welch.df),
        "welch_p": float(welch.pvalue),
        "student_t": float(student.statistic),
        "student_p": float(student.pvalue),
    }


histograms = [
    histogram_case([552, 248], [365, 235]),
    histogram_case([758, 430, 243, 69], [384, 352, 153, 111]),
    histogram_case([100, 60, 30], [70, 60, 60]),
    histogram_case(rng.multinomial(5000, np.full(10, 0.1)).tolist(), rng.multinomial(300, np.full(10, 0.1)).tolist()),
    histogram_case(rng.multinomial(10000, np.full(40, 0.025)).tolist(), rng.multinomial(2000, rng.dirichlet(np.full(40, 30))).tolist()),
]
samples = [
    samples_case(np.round(rng.normal(size=60), 3), np.round(rng.normal(0.4, 1.5, size=45), 3)),
    samples_case(np.round(rng.normal(size=7), 3), np.round(rng.normal(0.5, size=9), 3)),
    samples_case(np.round(rng.normal(size=20), 3), np.round(rng.normal(0.9, size=15), 3)),
    samples_case(np.round(rng.normal(size=5), 3), np.round(rng.normal(1.2, size=40), 3)),
    samples_case(rng.integers(0, 6, 80), rng.integers(0, 7, 120)),
    samples_case(rng.integers(0, 4, 12), rng.integers(1, 5, 12)),
    samples_case(np.round(rng.exponential(size=150), 4), np.round(rng.exponential(1.3, size=150), 4)),
    samples_case([1.0, 2.0], [5.0, 7.0]),
]
t_tails = [
    [t, dof, float(2 * stats.t.sf(t, dof))]
    for dof in (0.7, 1, 2.5, 10, 99.3, 2500, 9999, 10001, 1e6, 1e9)
    for t in (0.01, 0.5, 1, 1.96, 3, 8, 30)
    if stats.t.sf(t, dof) > 1e-290
]
# Twice the smaller tail of what the current sample gets when x + y events are dealt out.
fisher = []
for x, n, y, m in [(0, 5000, 1, 100), (3, 40, 9, 30), (50, 1000, 2, 100), (0, 10, 0, 10), (7, 7, 0, 9), (20000, 1000000, 2, 1000)]:
    dealt = stats.hypergeom(n + m, x + y, m)
    fisher.append([x, n, y, m, min(1.0, 2 * min(float(dealt.cdf(y)), float(dealt.sf(y - 1))))])
cvm_tails = [[x, float(1 - stats._hypotests._cdf_cvm_inf(x))] for x in (0.02, 0.1, 0.3, 0.5, 1.0, 2.0)]
normal = [[z, float(stats.norm.sf(z))] for z in (-3, -0.5, 0, 0.5, 1.96, 6, 30)]
beta = [[a, b, x, float(special.betainc(a, b, x))] for a, b, x in [(2, 3, 0.4), (0.5, 0.5, 0.1), (50, 2, 0.97), (300, 400, 0.4)]]
print(
    json.dumps(
        {
            "scipy": scipy.__version__,
            "histograms": histograms,
            "samples": samples,
            "t_tails": t_tails,
            "fisher": fisher,
            "cvm_tails": cvm_tails,
            "normal": normal,
            "beta": beta,
        }
    )
)
