"""Values of scikit-learn, LightGBM and NumPy that detectors/multivariate is held to.

    pip install scikit-learn==1.9.1 numpy==2.4.6 lightgbm==4.7.0
    python bench/oracles/multivariate.py > test/fixtures/detectors/multivariate.json

and of NannyML itself, in an environment of its own:

    pip install nannyml==0.13.1
    python bench/oracles/multivariate.py nannyml > test/fixtures/detectors/multivariate-nannyml.json

The data are made by formula with NumPy's RandomState, which the tests draw from too.
"""

import no_telemetry  # noqa: F401, isort: skip
import json
import sys
import warnings

import lightgbm
import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import roc_auc_score
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler


def weekly_data():
    """NannyML's sample drift data: 20 weeks of 1008 rows, drift from week 16 on."""
    random = np.random.RandomState(167)
    rows = 20 * 1008
    f1, f2 = random.randn(rows), random.rand(rows)
    f3, f4 = random.randint(4, size=rows), random.randint(20, size=rows)
    late = np.arange(rows) >= 15 * 1008
    f1[late] += 0.6
    f2[late] = np.sqrt(f2[late])
    f3 = np.where(late, f3 == 1, f3 % 2 == 1).astype(float)
    colour = np.array(["white", "red", "green", "blue"])[f4 // 5]
    colour[late & np.isin(f4, [13, 14, 18])] = "white"
    colour[late & (f4 == 19)] = "red"
    return np.column_stack([f1, f2, f3]), colour[:, None].astype(object)


def reconstruction_errors(numbers, categories, reference):
    """Mean reconstruction error of each chunk of 1008 rows under NannyML's pipeline."""
    means = SimpleImputer(strategy="mean").fit(numbers[reference])
    modes = SimpleImputer(strategy="most_frequent", missing_values=None).fit(categories[reference])
    numbers, categories = means.transform(numbers), modes.transform(categories)
    columns = [numbers]
    for column in categories.T:
        values, counts = np.unique(column[reference].astype(str), return_counts=True)
        shares = dict(zip(values, counts / counts.sum()))
        columns.append(np.array([[shares.get(value, 0.0)] for value in column]))
    x = np.hstack(columns)
    scaler = StandardScaler().fit(x[reference])
    z = scaler.transform(x)
    pca = PCA(n_components=0.65, svd_solver="full").fit(z[reference])
    gaps = np.linalg.norm(z - pca.inverse_transform(pca.transform(z)), axis=1)
    return pca.n_components_, [float(chunk.mean()) for chunk in np.split(gaps, len(gaps) // 1008)]


def pca_weekly():
    numbers, categories = weekly_data()
    components, errors = reconstruction_errors(numbers, categories, slice(0, 10 * 1008))
    return {"components": int(components), "errors": errors}


def pca_mixed():
    """Five correlated numbers and two categories, a tenth of the values missing, one unseen category."""
    random = np.random.RandomState(7)
    rows = 4 * 1008
    common, own = random.randn(rows), random.randn(rows * 5).reshape(5, rows)
    numbers = np.column_stack([common * k + own[k] for k in range(5)])
    labels = random.randint(8, size=rows * 2).reshape(2, rows)
    numbers[random.rand(rows * 5).reshape(rows, 5) < 0.1] = np.nan
    numbers[3 * 1008 :, 1] *= -1
    categories = np.array([[f"c{k}" for k in row] for row in labels.T], dtype=object)
    categories[(labels.T == 7)] = None
    categories[3 * 1008 :, 0] = np.where(labels[0][3 * 1008 :] == 2, "new", categories[3 * 1008 :, 0])
    components, errors = reconstruction_errors(numbers, categories, slice(0, 2 * 1008))
    return {"components": int(components), "errors": errors}


def mmd_case(x, y):
    """Unbiased MMD^2 with the width of alibi-detect 0.12: its median of the reference's distances."""
    squares = ((x[:, None, :] - x[None, :, :]) ** 2).sum(axis=2)
    n = len(x)
    place = n + (squares.size - n) // 2 - 1
    sigma = np.sqrt(0.5 * np.sort(squares, axis=None)[place])
    gamma = 1 / (2 * sigma**2)
    kxx, kyy, kxy = rbf_kernel(x, x, gamma), rbf_kernel(y, y, gamma), rbf_kernel(x, y, gamma)
    m = len(y)
    value = (kxx.sum() - np.trace(kxx)) / (n * (n - 1)) + (kyy.sum() - np.trace(kyy)) / (m * (m - 1))
    return {"x": x.tolist(), "y": y.tolist(), "sigma": float(sigma), "value": float(value - 2 * kxy.mean())}


def classifier_case(name, seed, change):
    """AUC of two peers in five folds, the mean over the folds, for 2 x 1500 rows of 12 features."""
    random = np.random.RandomState(seed)
    a = random.randn(1500 * 12).reshape(1500, 12)
    b = random.randn(1500 * 12).reshape(1500, 12)
    change(a, b)
    x, y = np.vstack([a, b]), np.repeat([0, 1], 1500)
    models = {
        "lightgbm": lightgbm.LGBMClassifier(n_estimators=100, verbose=-1, n_jobs=1, random_state=13),
        "hist": HistGradientBoostingClassifier(max_iter=100, early_stopping=False, random_state=13),
    }
    aucs = {}
    for peer, model in models.items():
        found = []
        for train, test in StratifiedKFold(5, shuffle=True, random_state=13).split(x, y):
            model.fit(x[train], y[train])
            found.append(roc_auc_score(y[test], model.predict_proba(x[test])[:, 1]))
        aucs[peer] = float(np.mean(found))
    return {"name": name, "seed": seed, **aucs}


def turned(a, b):
    a[:, 1] = 0.6 * a[:, 0] + 0.8 * a[:, 1]
    b[:, 1] = -0.6 * b[:, 0] + 0.8 * b[:, 1]


def wider(a, b):
    b[:, 3] *= 1.5


def shifted(a, b):
    b[:, 3] += 0.3


def parity(a, b):
    b[:, 0] *= np.sign(b[:, 0] * b[:, 1])


def pairs(seed, reference, analysis, closeness):
    """Two correlated numbers and one by itself; in the analysis rows the two go together more closely or less."""
    random = np.random.RandomState(seed)
    rows = reference + analysis
    a, own, c = random.randn(rows), random.randn(rows), random.randn(rows)
    share = np.where(np.arange(rows) < reference, 0.8, closeness)
    return np.column_stack([a, share * a + np.sqrt(1 - share**2) * own, c])


def nannyml_case(name, numbers, categories, reference, chunks):
    """What NannyML's calculator learns from chunks of the first rows, and what it says of the others."""
    import pandas as pd
    from nannyml.drift.multivariate.data_reconstruction.calculator import DataReconstructionDriftCalculator

    frame = pd.DataFrame(numbers, columns=[f"f{i}" for i in range(numbers.shape[1])])
    for i, column in enumerate([] if categories is None else categories.T):
        frame[f"c{i}"] = pd.Series(column, dtype="category")
    calculator = DataReconstructionDriftCalculator(column_names=list(frame.columns), **chunks)
    calculator.fit(frame[:reference])
    found = calculator.calculate(frame[reference:].reset_index(drop=True)).data["reconstruction_error"]
    of_reference = calculator.result.filter(period="reference").data["reconstruction_error"]
    return {
        "name": name,
        "reference": of_reference["value"].tolist(),
        "lower": calculator.lower_threshold_value,
        "upper": calculator.upper_threshold_value,
        "values": found["value"].tolist()[len(of_reference) :],
        "alerts": found["alert"].tolist()[len(of_reference) :],
    }


def nannyml_classifier(aucs):
    """What NannyML's calculator says of such AUCs."""
    import pandas as pd
    from nannyml.drift.multivariate.domain_classifier.calculator import DomainClassifierCalculator

    calculator = DomainClassifierCalculator(feature_column_names=["x"])
    frame = pd.DataFrame({("domain_classifier_auroc", "value"): aucs})
    calculator._set_metric_thresholds(frame)
    return calculator._populate_alert_thresholds(frame)["domain_classifier_auroc"].to_dict("records")


def nannyml():
    warnings.filterwarnings("ignore")
    numbers, colour = weekly_data()
    week, parts = {"chunk_size": 1008}, {"chunk_number": 10}
    return {
        "pca": [
            nannyml_case("weekly", numbers, colour, 10 * 1008, week),
            nannyml_case("no change", pairs(1, 1000, 500, 0.8), None, 1000, {"chunk_size": 100}),
            nannyml_case("the other way", pairs(2, 1000, 500, -0.8), None, 1000, {"chunk_size": 100}),
            nannyml_case("more closely", pairs(3, 1000, 500, 1), None, 1000, {"chunk_size": 100}),
            nannyml_case("few rows, ten parts", pairs(4, 20, 20, 0), None, 20, parts),
            nannyml_case("one chunk", pairs(5, 50, 50, 0.8), None, 50, {"chunk_number": 1}),
        ],
        "classifier": nannyml_classifier([0.3, 0.4499, 0.45, 0.5, 0.65, 0.6501, 1.0]),
    }


if sys.argv[1:] == ["nannyml"]:
    print(json.dumps(nannyml()))
    sys.exit()

rng = np.random.default_rng(20261121)
mmd_cases = [
    (rng.normal(size=(30, 3)), rng.normal(size=(25, 3)) + 0.5),
    (rng.normal(size=(21, 1)), rng.normal(size=(40, 1))),
    (rng.integers(0, 3, size=(24, 2)).astype(float), rng.integers(0, 4, size=(24, 2)).astype(float)),
]

print(
    json.dumps(
        {
            "versions": {
                "scikit-learn": sklearn.__version__,
                "numpy": np.__version__,
                "lightgbm": lightgbm.__version__,
            },
            "pca": {"weekly": pca_weekly(), "mixed": pca_mixed()},
            "mmd": [mmd_case(np.round(x, 4), np.round(y, 4)) for x, y in mmd_cases],
            "classifier": [
                classifier_case("nothing", 1, lambda a, b: None),
                classifier_case("correlation", 2, turned),
                classifier_case("variance", 3, wider),
                classifier_case("mean", 4, shifted),
                classifier_case("parity", 5, parity),
            ],
        }
    )
)
