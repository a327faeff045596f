"""Rows of river's generators, which detectors/streams is held to.

    pip install river==0.26.1
    python bench/oracles/river_streams.py > test/fixtures/detectors/river-streams.json

river draws with Python's `random.Random`; in its first releases it drew with NumPy's `RandomState`. The
rows of the second kind come from the same generators with that class put in the place of the first.
`next` holds the numbers 321 to 350, behind the first renewal of the generator's words.
"""

import itertools
import json
import random
from unittest import mock

import numpy as np
import river
from river.datasets import synth

COUNT = 25


class NumpyRandom:
    """What the generators use of `random.Random`, drawn as the older ones drew it."""

    def __init__(self, seed):
        self.state = np.random.RandomState(seed)

    def random(self):
        return self.state.random_sample()

    def randint(self, low, high):
        return int(self.state.randint(low, high + 1))

    def choice(self, items):
        return items[self.state.randint(len(items))]

    def uniform(self, a, b):
        return a + (b - a) * self.state.random_sample()

    def gauss(self, mu, sigma):
        return mu + sigma * self.state.normal()


def rows(dataset, count=COUNT):
    taken = itertools.islice(iter(dataset), count)
    return [[list(map(float, x.values())), float(y)] for x, y in taken]


def case(generator, options, make, sources=("python", "numpy"), seed=42, count=COUNT):
    made = []
    for source in sources:
        if source == "numpy":
            with mock.patch("random.Random", NumpyRandom):
                made.append({"source": source, "rows": rows(make(seed), count)})
        else:
            made.append({"source": source, "rows": rows(make(seed), count)})
    return [{"generator": generator, "options": options, "seed": seed, **m} for m in made]


cases = []
for variant in range(4):
    noise = 0.2 if variant == 3 else 0
    cases += case("sea", {"variant": variant, "noise": noise}, lambda s: synth.SEA(variant, noise, s))
for concept in range(3):
    for balance in (False, True):
        options = {"concept": concept, "balance": balance}
        cases += case("stagger", options, lambda s: synth.STAGGER(concept, s, balance), seed=112)
for concept in range(4):
    options = {"concept": concept, "balance": concept > 1, "irrelevant": concept % 2 == 0}
    cases += case(
        "sine", options, lambda s: synth.Sine(concept, s, options["balance"], options["irrelevant"]), seed=112
    )
for concept in range(10):
    options = {"concept": concept, "balance": concept == 0, "perturbation": 0.3 if concept in (1, 4) else 0}
    cases += case("agrawal", options, lambda s: synth.Agrawal(concept, s, options["balance"], options["perturbation"]))
cases += case("led", {"noise": 0.28}, lambda s: synth.LED(s, 0.28), seed=112)
cases += case("led", {"noise": 0.1, "irrelevant": True}, lambda s: synth.LED(s, 0.1, True))
cases += case(
    "led", {"noise": 0.1, "irrelevant": True, "swapped": 5}, lambda s: synth.LEDDrift(s, 0.1, True, 5)
)
cases += case("friedman", {"kind": "none"}, lambda s: synth.Friedman(s))
only = ("python",)
for name, kind, at in (("lea", "local", (20, 40, 60)), ("gra", "recurring", (20, 40)), ("gsg", "gradual", (20, 40))):
    options = {"kind": kind, "at": at, **({"width": 15} if name == "gsg" else {})}
    cases += case("friedman", options, lambda s: synth.FriedmanDrift(name, at, 15, s), only, count=90)
options = {"before": {"variant": 0}, "after": {"variant": 1}, "position": 30, "width": 20, "seed": 1}
cases += case(
    "concept-drift",
    options,
    lambda s: synth.ConceptDriftStream(synth.SEA(0, 0, s), synth.SEA(1, 0, s), 30, 20, 1),
    only,
    count=60,
)


def numbers(make, draw, count=8):
    source = make()
    return [draw(source) for _ in range(count)]


seeds = [0, 1, 42, 5489, 2**32 - 1]
generators = {
    "python": [
        {
            "seed": seed,
            "next": numbers(lambda: random.Random(seed), lambda r: r.random(), 350)[-30:],
            "below": numbers(lambda: random.Random(seed), lambda r: r.randrange(1000)),
            "normal": numbers(lambda: random.Random(seed), lambda r: r.gauss(0, 1)),
        }
        for seed in [*seeds, 2**40 + 7]
    ],
    "numpy": [
        {
            "seed": seed,
            "next": numbers(lambda: np.random.RandomState(seed), lambda r: r.random_sample(), 350)[-30:],
            "below": numbers(lambda: np.random.RandomState(seed), lambda r: int(r.randint(1000))),
            "normal": numbers(lambda: np.random.RandomState(seed), lambda r: r.normal()),
        }
        for seed in seeds
    ],
}
samples = [
    {"seed": 42, "n": n, "k": k, "drawn": random.Random(42).sample(range(n), k)}
    for n, k in ((70, 30), (100, 100), (380, 20), (5000, 4), (22, 5), (21, 5))
]
print(json.dumps({"river": river.__version__, "generators": generators, "samples": samples, "cases": cases}))
