"""Drifts and warnings that river tells, which detectors/sequential is held to.

    pip install river==0.26.1 scipy==1.17.1
    python bench/oracles/river_detectors.py > test/fixtures/detectors/river-detectors.json

ADWIN's cuts and Page-Hinkley's form differ between releases of river. The older ADWIN is that of
river 0.21.2, run beside it (a second environment, same script):

    pip install river==0.21.2
    python bench/oracles/river_detectors.py --adwin > test/fixtures/detectors/river-adwin-0.21.json

CUSUM and EWMA charts are in no release: their alarms are computed here from the formulas, with
sums over all earlier values instead of recursions.
"""

import json
import math
import sys

import numpy as np
import river
from river import drift
from scipy import stats

rng = np.random.RandomState(12345)
# The two streams of river's own tests.
integers = np.concatenate((rng.randint(2, size=1000), rng.randint(8, size=1000)))
rng = np.random.RandomState(12345)
errors = np.concatenate((rng.binomial(1, 0.2, size=1000), rng.binomial(1, 0.8, size=1000)))
streams = {"integers": integers, "errors": errors}
# One more of each kind: real numbers that rise, fall and spread, and rare errors that creep up.
steps = [(0, 1), (1.5, 1), (-1, 1), (-1, 3), (-1, 3)]
streams["reals"] = np.round(np.concatenate([rng.normal(m, s, 500) for m, s in steps]), 6)
rates = np.concatenate((np.full(1500, 0.05), np.linspace(0.05, 0.3, 1000), np.full(1000, 0.1)))
streams["creeping"] = (rng.random_sample(len(rates)) < rates).astype(int)


def run(detector, stream):
    drifts, warnings = [], []
    for i, x in enumerate(stream):
        detector.update(x)
        if detector.drift_detected:
            drifts.append(i)
        elif getattr(detector, "warning_detected", False):
            warnings.append(i)
    return {"drifts": drifts, "warnings": warnings}


def cusum(stream, warm_up=30, slack=0.5, threshold=5.0):
    drifts, start = [], 0
    while start + warm_up <= len(stream):
        head = stream[start : start + warm_up]
        mean, sigma = np.mean(head), np.std(head, ddof=1)
        begin = start + warm_up - 1
        score = (stream[begin:] - mean) / sigma
        # Page's sum is the height of the walk above its least point so far.
        heights = []
        for sign in (1, -1):
            walk = np.concatenate(([0.0], np.cumsum(sign * score - slack)))
            heights.append((walk - np.minimum.accumulate(walk))[1:])
        over = np.flatnonzero(np.max(heights, axis=0) > threshold)
        if len(over) == 0:
            break
        start = begin + over[0] + 1
        drifts.append(int(start - 1))
    return {"drifts": drifts, "warnings": []}


def ewma(stream, alpha=0.1, threshold=4.0, warm_up=30):
    drifts, start = [], 0
    for i in range(len(stream)):
        n = i - start + 1
        if n < warm_up:
            continue
        x = stream[start : i + 1]
        weights = alpha * (1 - alpha) ** np.arange(n - 1, -1, -1.0)
        weights[0] = (1 - alpha) ** (n - 1)
        recent = np.sum(weights * x)
        variance = np.sum(weights * (x - recent) ** 2)
        error = math.sqrt(variance * alpha / (2 - alpha) * (1 - (1 - alpha) ** (2 * n)))
        if abs(recent - np.mean(x)) > threshold * error:
            drifts.append(i)
            start = i + 1
    return {"drifts": drifts, "warnings": []}


def case(method, params, stream, detector):
    told = detector(streams[stream]) if callable(detector) else run(detector, streams[stream])
    return {"method": method, "params": params, "stream": stream, **told}


def adwin_cases(cuts):
    return [
        case("adwin/2", {"cuts": cuts}, name, drift.ADWIN()) for name in streams
    ] + [
        case(
            "adwin/2",
            {"cuts": cuts, "delta": 0.05, "clock": 7, "maxBuckets": 3, "minWindowLength": 3, "gracePeriod": 40},
            name,
            drift.ADWIN(delta=0.05, clock=7, max_buckets=3, min_window_length=3, grace_period=40),
        )
        for name in ("integers", "reals", "creeping")
    ]


def all_cases():
    cases = adwin_cases("all")
    for name in ("integers", "reals"):
        for mode in ("up", "down", "both"):
            params = {"mode": mode, "threshold": 20}
            cases.append(case("page-hinkley/fading", params, name, drift.PageHinkley(mode=mode, threshold=20)))
        cases.append(case("page-hinkley/fading", {}, name, drift.PageHinkley()))
        cases.append(case("kswin/exact", {"seed": 42}, name, drift.KSWIN(seed=42)))
        params = {"alpha": 1e-4, "windowSize": 200, "statSize": 100, "seed": 7}
        cases.append(case("kswin/exact", params, name, drift.KSWIN(1e-4, 200, 100, seed=7)))
        # So small a sample of so large a window is drawn in another way.
        params = {"alpha": 0.01, "windowSize": 400, "statSize": 20, "seed": 1}
        cases.append(case("kswin/exact", params, name, drift.KSWIN(0.01, 400, 20, seed=1)))
        cases.append(case("cusum/tabular", {}, name, cusum))
        cases.append(case("ewma/adaptive", {}, name, ewma))
    for name in ("errors", "creeping"):
        binary = drift.binary
        cases.append(case("ddm/strict", {}, name, binary.DDM()))
        params = {"warmStart": 100, "warningThreshold": 1.5, "driftThreshold": 2.5}
        cases.append(case("ddm/strict", params, name, binary.DDM(100, 1.5, 2.5)))
        cases.append(case("eddm/distances", {}, name, binary.EDDM()))
        cases.append(case("eddm/distances", {"alpha": 0.8, "beta": 0.75}, name, binary.EDDM(30, 0.8, 0.75)))
        for mode in ("up", "both"):
            both = mode == "both"
            cases.append(case("hddm/averages", {"mode": mode}, name, binary.HDDMA(two_sided_test=both)))
            cases.append(case("hddm/weighted", {"mode": mode}, name, binary.HDDMW(two_sided_test=both)))
            params = {"mode": mode, "lambda": 0.2, "driftConfidence": 0.01, "warningConfidence": 0.1}
            cases.append(case("hddm/weighted", params, name, binary.HDDMW(0.01, 0.1, 0.2, both)))
    return cases


def equal_samples(n, h):
    test = stats.ks_2samp(range(n), range(h, n + h), method="exact")
    return {"n": n, "d": float(test.statistic), "p": float(test.pvalue)}


sizes = [(1, 1), (5, 5), (30, 12), (30, 3), (30, 0), (100, 25), (1000, 60), (5000, 400)]
cases = adwin_cases("settled") if "--adwin" in sys.argv else all_cases()
print(
    json.dumps(
        {
            "river": river.__version__,
            "cases": cases,
            **(
                {}
                if "--adwin" in sys.argv
                else {
                    "streams": {name: stream.tolist() for name, stream in streams.items()},
                    "equal_samples": [equal_samples(n, h) for n, h in sizes],
                }
            ),
        }
    )
)
