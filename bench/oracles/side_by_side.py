"""How long another product takes to find drift in 20 columns of two Parquet files; run by bench/side-by-side.ts.

    python bench/oracles/side_by_side.py evidently|nannyml|alibi-detect reference.parquet current.parquet

Prints one line of JSON: seconds from the start of the interpreter to the verdicts, seconds of the same work done again by then, and what it found.
Each product gets the columns only, and its defaults: the statistic it chooses itself for so many rows.
"""

import no_telemetry  # noqa: F401, isort: skip
import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")
began = time.perf_counter()
product, reference_path, current_path = sys.argv[1:4]
NUMERIC = [f"n{i}" for i in range(16)]
CATEGORICAL = [f"c{i}" for i in range(4)]


def frames():
    import pandas as pd

    columns = NUMERIC + CATEGORICAL
    return pd.read_parquet(reference_path, columns=columns), pd.read_parquet(current_path, columns=columns)


def evidently():
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    def run():
        reference, current = frames()
        definition = DataDefinition(numerical_columns=NUMERIC, categorical_columns=CATEGORICAL)
        sides = [Dataset.from_pandas(frame, data_definition=definition) for frame in (current, reference)]
        result = Report([DataDriftPreset()]).run(*sides).dict()
        [count] = [m["value"]["count"] for m in result["metrics"] if "DriftedColumnsCount" in m.get("metric_name", m.get("metric_id", ""))]
        return int(count)

    return run


def nannyml():
    import nannyml as nml

    def run():
        reference, current = frames()
        calculator = nml.UnivariateDriftCalculator(column_names=NUMERIC + CATEGORICAL, chunk_number=10)
        calculator.fit(reference)
        result = calculator.calculate(current).filter(period="analysis").to_df()
        alerts = [c for c in result.columns if c[-1] == "alert"]
        return int(sum(result[c].any() for c in alerts))

    return run


def alibi_detect():
    from alibi_detect.cd import TabularDrift
    import numpy as np

    def run():
        reference, current = frames()
        for column in CATEGORICAL:
            codes = {value: code for code, value in enumerate(sorted(reference[column].unique()))}
            reference[column] = reference[column].map(codes)
            current[column] = current[column].map(codes)
        categories = {16 + i: None for i in range(4)}
        detector = TabularDrift(reference.to_numpy(np.float64), p_val=0.05, categories_per_feature=categories)
        answer = detector.predict(current.to_numpy(np.float64), drift_type="feature")
        return int(sum(answer["data"]["is_drift"]))

    return run


run = {"evidently": evidently, "nannyml": nannyml, "alibi-detect": alibi_detect}[product]()
run()
first = time.perf_counter()
drifted = run()
done = time.perf_counter()
print(json.dumps({"seconds": first - began, "again": done - first, "drifted": drifted}))
