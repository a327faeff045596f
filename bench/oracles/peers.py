"""What other monitoring products answer, which detectors/peers is held to. Each needs an environment of its own:

    pip install evidently==0.7.21 "numpy<2.4"          # peers.py cases | evidently; NumPy 2.4 dropped what empirical_mmd calls
    pip install nannyml==0.13.1                        # peers.py nannyml
    pip install alibi-detect==0.12.0                   # peers.py alibi-detect
    pip install whylogs==1.6.4 deepchecks==0.19.1      # peers.py whylogs | deepchecks
    pip install pyspark==3.5.3                         # peers.py deequ | tail -n 1: fetches com.amazon.deequ:deequ:2.0.7-spark-3.5, wants Java 17

    python bench/oracles/peers.py cases > test/fixtures/detectors/peers/cases.json
    PYTHONHASHSEED=0 python bench/oracles/peers.py evidently > test/fixtures/detectors/peers/evidently.json
"""

import no_telemetry  # noqa: F401, isort: skip
import json
import os
import subprocess
import sys
import warnings
from collections import Counter

import numpy as np

warnings.filterwarnings("ignore")
FIXTURES = "test/fixtures/detectors/peers"


def cases():
    rng = np.random.default_rng(20261122)
    normal = lambda n, mean=0.0, deviation=1.0: np.round(rng.normal(mean, deviation, n), 4).tolist()
    draw = lambda n, shares: [chr(97 + int(i)) for i in rng.choice(len(shares), n, p=np.array(shares) / sum(shares))]
    numeric = {
        "no drift": (normal(120), normal(80)),
        "shifted": (normal(150), normal(90, 0.6)),
        "wider, beyond the range": (normal(200), normal(150, 0, 2.5)),
        "same size": (normal(60), normal(60, 0.3)),
        "small": (normal(12), normal(9, 1)),
        "skewed": (np.round(rng.lognormal(0, 1, 130), 4).tolist(), np.round(rng.lognormal(0.3, 1, 70), 4).tolist()),
        "large and negative": (np.round(rng.normal(-1e6, 50, 90), 2).tolist(), np.round(rng.normal(-1e6, 55, 95), 2).tolist()),
        "zero-inflated": (
            np.round(np.where(rng.random(140) < 0.6, 0, rng.exponential(2, 140)), 3).tolist(),
            np.round(np.where(rng.random(60) < 0.5, 0, rng.exponential(2, 60)), 3).tolist(),
        ),
        "two values": (rng.integers(0, 2, 90).astype(float).tolist(), rng.integers(0, 2, 50).astype(float).tolist()),
        "four values": (rng.integers(1, 5, 90).astype(float).tolist(), rng.integers(2, 6, 50).astype(float).tolist()),
        "twelve values": (rng.integers(0, 12, 100).astype(float).tolist(), rng.integers(0, 13, 70).astype(float).tolist()),
        "constant reference": ([3.0] * 40, normal(30, 3)),
        "constant": ([3.0] * 40, [3.0] * 30),
        "constants apart": ([3.0] * 40, [4.0] * 30),
        "more than a thousand": (normal(1100), normal(200, 0.1)),
    }
    categorical = {
        "no drift": (draw(200, [5, 3, 2]), draw(120, [5, 3, 2])),
        "shifted": (draw(200, [5, 3, 2, 1]), draw(120, [2, 3, 4, 1])),
        "an unseen one": (draw(150, [5, 3, 2]), draw(100, [5, 3, 2, 2])),
        "a vanished one": (draw(150, [5, 3, 2, 2]), draw(100, [5, 3, 2])),
        "two": (draw(100, [6, 4]), draw(80, [4, 6])),
        "two of the same size": (draw(70, [6, 4]), draw(70, [5, 5])),
        "one": (["a"] * 50, ["a"] * 40),
        "one each": (["a"] * 50, ["b"] * 40),
        "many, some rare": (draw(400, [60, 30, 20, 10, 3, 1, 0.5, 0.5]), draw(300, [55, 30, 20, 14, 3, 2, 1, 1])),
        "more than a thousand": (draw(1200, [5, 3, 2]), draw(300, [4, 3, 3])),
    }
    name = lambda kind, table: [{"kind": kind, "name": key, "reference": a, "current": b} for key, (a, b) in table.items()]
    return name("numeric", numeric) + name("categorical", categorical)


def large():
    """Ten thousand values that a formula makes, the same in every language."""
    reference = [(i * 0.6180339887498949) % 1 for i in range(1, 10501)]
    current = [1.2 * ((i * 0.41421356237309515) % 1) - 0.05 for i in range(1, 2001)]
    return {"kind": "numeric", "name": "ten thousand by a formula", "reference": reference, "current": current}


def number(value):
    """A number that JSON can carry; NaN and infinities are no answers."""
    return float(value) if np.isfinite(value) else None


def evidently(case):
    import pandas as pd
    from evidently.legacy.calculations import stattests as tests
    from evidently.legacy.calculations.stattests.registry import _registered_stat_tests, get_registered_stattest, _get_default_stattest
    from evidently.legacy.core import ColumnType

    kind = ColumnType.Numerical if case["kind"] == "numeric" else ColumnType.Categorical
    names = {
        "psi": "psi", "kl": "kl_div", "js": "jensenshannon", "hellinger": "hellinger", "wasserstein": "wasserstein", "energy": "ed",
        "ks": "ks", "mann-whitney": "mannw", "t": "t_test", "ad": "anderson", "cvm": "cramer_von_mises", "chi2": "chisquare", "z": "z",
        "g": "g_test", "fisher": "fisher_exact", "mmd": "empirical_mmd", "epps-singleton": "es",
    }  # fmt: skip
    # All that the package registers: TVD is asked for by itself, texts are left out.
    assert set(_registered_stat_tests) == {*names.values(), "TVD", "perc_text_content_drift", "abs_text_content_drift"}
    out = {}
    for ours, theirs in names.items():
        try:
            test = get_registered_stattest(theirs, kind)
        except Exception:
            continue
        try:
            # Evidently itself seeds nothing but its TVD.
            np.random.seed(0)
            # Of pairs of rows there are many: Tidegauge compares a thousand rows of a side.
            most = 1000 if ours == "mmd" else None
            result = test(pd.Series(case["reference"][:most]), pd.Series(case["current"][:most]), kind, None)
            out[f"{ours}/evidently-0.7"] = {"value": number(result.drift_score), "drifted": bool(result.drifted)}
        except Exception:
            out[f"{ours}/evidently-0.7"] = {"value": None}
    return {"choice": _get_default_stattest(pd.Series(case["reference"]), pd.Series(case["current"]), kind).name, "methods": out}


def tvd(case):
    """Evidently's permutation test of one case, under the seed of Python's hashes at hand."""
    import pandas as pd
    from evidently.legacy.calculations.stattests import tvd_test
    from evidently.legacy.core import ColumnType

    if case["kind"] == "numeric":
        return None
    result = tvd_test(pd.Series(case["reference"]), pd.Series(case["current"]), ColumnType.Categorical, None)
    return {"value": number(result.drift_score), "drifted": bool(result.drifted)}


def with_tvd(answers):
    """TVD of eight seeds of Python's hashes: of equal distances rounding picks some, in the order of a set of strings."""
    runs = []
    for seed in range(8):
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        answer = subprocess.run([sys.executable, __file__, "tvd"], env=environment, capture_output=True, check=True, text=True)
        runs.append(json.loads(answer.stdout))
    for i, answer in enumerate(answers):
        found = [run[i] for run in runs if run[i] is not None]
        if found:
            values = sorted({each["value"] for each in found})
            answer["methods"]["tvd/evidently-0.7"] = {"value": values[0], **({"to": values[-1]} if len(values) > 1 else {}), "drifted": found[0]["drifted"]}
    return answers


def nannyml(case):
    import pandas as pd
    from nannyml.drift.univariate.methods import FeatureType, MethodFactory
    from nannyml.chunk import SizeBasedChunker
    from nannyml.thresholds import StandardDeviationThreshold

    kind = FeatureType.CONTINUOUS if case["kind"] == "numeric" else FeatureType.CATEGORICAL
    names = {"js": "jensen_shannon", "hellinger": "hellinger", "linf": "l_infinity", "wasserstein": "wasserstein", "ks": "kolmogorov_smirnov", "chi2": "chi2"}
    out = {}
    for ours, theirs in names.items():
        try:
            method = MethodFactory.create(theirs, kind, chunker=SizeBasedChunker(20), threshold=StandardDeviationThreshold(std_lower_multiplier=None))
        except Exception:
            continue
        try:
            dtype = float if case["kind"] == "numeric" else "category"
            method.fit(pd.Series(case["reference"], dtype=dtype, name="x"))
            value = method.calculate(pd.Series(case["current"], dtype=dtype, name="x"))
            found = {"value": number(value), "drifted": bool(method.alert(value))}
            if ours != "chi2":
                # NannyML learns the threshold from chunks of 20 reference rows.
                found["threshold"] = number(method.upper_threshold_value)
            out[f"{ours}/nannyml-0.13"] = found
        except Exception:
            out[f"{ours}/nannyml-0.13"] = {"value": None}
    return {"methods": out}


def alibi_detect(case):
    from alibi_detect.cd import ChiSquareDrift, CVMDrift, KSDrift

    tests = {"ks": KSDrift, "cvm": CVMDrift} if case["kind"] == "numeric" else {"chi2": ChiSquareDrift}
    codes = {key: i for i, key in enumerate(sorted(set(case["reference"] + case["current"])))} if case["kind"] == "categorical" else None
    column = lambda values: np.array([codes[v] for v in values] if codes else values, dtype=np.int64 if codes else np.float64).reshape(-1, 1)
    out = {}
    for ours, test in tests.items():
        try:
            data = test(column(case["reference"]), p_val=0.05).predict(column(case["current"]), drift_type="feature", return_distance=True)["data"]
            out[f"{ours}/alibi-detect-0.12"] = {
                "value": number(data["distance"][0]),
                "p": number(data["p_val"][0]),
                "drifted": bool(data["is_drift"][0]),
            }
        except Exception:
            out[f"{ours}/alibi-detect-0.12"] = {"value": None}
    return {"methods": out}


def whylogs(case):
    import pandas as pd
    import whylogs as why
    from whylogs.viz.drift.column_drift_algorithms import KS, ChiSquare, Hellinger

    view = lambda values: why.log(pd.DataFrame({"x": values})).view().get_column("x")
    tests = {"ks": KS, "hellinger": Hellinger} if case["kind"] == "numeric" else {"chi2": ChiSquare}
    out = {}
    for ours, test in tests.items():
        try:
            score = test().calculate(target_column_view=view(case["current"]), reference_column_view=view(case["reference"]), with_thresholds=True)
            value = score.statistic if ours == "hellinger" else score.pvalue
            out[f"{ours}/whylogs-1.6"] = {"value": number(value), "drifted": score.drift_category == "DRIFT"}
        except Exception:
            out[f"{ours}/whylogs-1.6"] = {"value": None}
    return {"methods": out}


def deepchecks(case):
    import pandas as pd
    from deepchecks.utils.distribution.drift import calc_drift_and_plot

    tests = {"ks": "KS", "wasserstein": "EMD"} if case["kind"] == "numeric" else {"cramers-v": "cramers_v", "psi": "PSI"}
    out = {}
    for ours, theirs in tests.items():
        chosen = {"numerical_drift_method": theirs} if case["kind"] == "numeric" else {"categorical_drift_method": theirs}
        try:
            score = calc_drift_and_plot(
                pd.Series(case["reference"]), pd.Series(case["current"]), "x", "numerical" if case["kind"] == "numeric" else "categorical",
                margin_quantile_filter=0.025, min_category_size_ratio=0.01, min_samples=10, with_display=False, raise_min_samples_error=True, **chosen,
            )[0]  # fmt: skip
            out[f"{ours}/deepchecks-0.19"] = {"value": number(score)}
        except Exception:
            out[f"{ours}/deepchecks-0.19"] = {"value": None}
    return {"methods": out}


DEEQU = "com.amazon.deequ:deequ:2.0.7-spark-3.5"


def deequ_tables():
    """Counts that Deequ puts together differently, the reference first, then those of the categorical cases."""
    rows = {
        "ten expected at the least, of two": ([60, 40], [15, 10]),
        "fewer than ten expected, of two": ([60, 40], [14, 10]),
        "a fifth below five": ([40, 30, 20, 9, 1], [38, 33, 19, 7, 3]),
        "two of five below five": ([40, 30, 20, 6, 4], [20, 14, 9, 4, 3]),
        "the least ones become the greatest": ([30, 9, 8, 7, 6], [16, 4, 3, 4, 3]),
        "all in one": ([30, 20, 10], [3, 2, 2]),
        "unseen ones": ([50, 40, 30, 0], [45, 42, 31, 25]),
        "nothing but unseen ones": ([50, 40, 0], [0, 0, 80]),
        "a vanished one": ([50, 40, 30], [60, 55, 0]),
        "one of two is left": ([50, 40], [90, 0]),
        "a thousand times as many": ([500000, 300000, 200000], [490, 310, 200]),
    }
    tables = [(name, *({chr(97 + i): count for i, count in enumerate(side) if count} for side in sides)) for name, sides in rows.items()]
    with open(f"{FIXTURES}/cases.json") as file:
        stored = [case for case in json.load(file) if case["kind"] == "categorical"]
    return tables + [(case["name"], Counter(case["reference"]), Counter(case["current"])) for case in stored]


def deequ():
    """Deequ's chi-square of counts, its statistic and its p-value. It takes the current counts first."""
    from pyspark.sql import SparkSession

    settings = {"spark.ui.enabled": "false", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1", "spark.jars.packages": DEEQU}
    spark = SparkSession.builder.master("local[1]").config(map=settings).getOrCreate()
    jvm, gateway = spark._jvm, spark.sparkContext._gateway

    def table(counts):
        # A number by itself would arrive as an Integer.
        keys, values = gateway.new_array(jvm.java.lang.String, len(counts)), gateway.new_array(jvm.java.lang.Long, len(counts))
        for i, (key, count) in enumerate(counts.items()):
            keys[i], values[i] = key, count
        sequence = jvm.scala.Predef.genericWrapArray
        pairs = sequence(keys).zip(sequence(values), jvm.scala.collection.Seq.canBuildFrom())
        return getattr(jvm.scala.collection.mutable.HashMap(), "$plus$plus$eq")(pairs)

    distance = jvm.com.amazon.deequ.analyzers.Distance
    method = getattr(jvm.com.amazon.deequ.analyzers, "Distance$ChisquareMethod")(5, 0.2, 10)
    answers = []
    for name, reference, current in deequ_tables():
        statistic, p = (number(distance.categoricalDistance(table(current), table(reference), simple, method)) for simple in (True, False))
        answers.append({"name": name, "reference": reference, "current": current, "statistic": statistic, "p": p})
    return answers


def main(what):
    if what == "deequ":
        return deequ()
    if what == "cases":
        return cases()
    peer = {"evidently": evidently, "nannyml": nannyml, "alibi-detect": alibi_detect, "whylogs": whylogs, "deepchecks": deepchecks}
    with open(f"{FIXTURES}/cases.json") as file:
        stored = json.load(file)
    if what == "tvd":
        return [tvd(case) for case in stored]
    more = [large()] if what == "nannyml" else []
    answers = [{"kind": case["kind"], "name": case["name"], **peer[what](case)} for case in stored + more]
    return with_tvd(answers) if what == "evidently" else answers


print(json.dumps(main(sys.argv[1])))
