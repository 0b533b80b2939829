"""A small project with a golden set of twelve cases, and the same as arrays."""

import csv
import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from noxline import config, receipt
from noxline.golden.baseline import Baseline, dump, parse
from noxline.golden.cases import Cases
from noxline.golden.gates import Evidence
from noxline.golden.settings import MetricGate, RuleLimit, Settings, Tolerance

pytest_plugins = ["pytester"]

POSITIVE = np.array([False, True] * 6)
SCORES = np.where(POSITIVE, np.linspace(0.7, 0.99, 12), np.linspace(0.02, 0.3, 12))
SCORES = SCORES.astype(np.float32)
IDS = tuple(f"case{number:02}" for number in range(12))

PYPROJECT = """
[tool.noxline]
layers = ["unit", "golden"]
[tool.noxline.stages.train]
lock = "lock.txt"
inputs = ["src"]
outputs = ["model.json", "cases.csv"]
[tool.noxline.golden]
model = "model.json"
cases = "cases.csv"
id = "case"
label = "truth"
positive = "ill"
negative = "well"
score = "score"
decision = "ill"
must-pass = ["case01"]
rerun = "show {case}"
outputs = { score = { abs = 1e-6 }, ill = {} }
rules = { "larger is not safer" = { at_most = 0.01 } }
[tool.noxline.golden.gates]
sensitivity = { limit = 0.8 }
specificity = { limit = 0.8, margin = 0.1 }
log_loss = { limit = 0.6, margin = 0.05 }
brier = { limit = 0.3, margin = 0.05 }
[tool.pytest.ini_options]
addopts = ["--strict-markers", "--import-mode=importlib"]
"""

CONFTEST = """
import json
from pathlib import Path
import numpy as np
import pytest

@pytest.fixture(scope="session")
def predict():
    model = json.loads(Path("model.json").read_text())
    def scores(features):
        logit = features @ np.array(model["weights"]) + model["bias"]
        score = (1 / (1 + np.exp(-logit))).astype(np.float32)
        return {"score": score, "ill": score >= np.float32(model["threshold"])}
    return scores
"""

TESTS = """
import numpy as np
import pytest

@pytest.mark.parametrize("kind", ["baseline", "comparison", "floor", "must_pass"])
def test_gates(golden, kind):
    golden.require(kind)

def test_rule(golden):
    features = golden.evidence.cases.features
    larger = features + np.array([0.5, 0.0])
    fall = golden.predict(features)["score"] - golden.predict(larger)["score"]
    golden.rule("larger is not safer", fall.max())
"""

MODEL = {"weights": [4.0, 0.1], "bias": 0.2, "threshold": 0.5}


class Project:
    """A golden project on disk, run by pytester."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.root = pytester.path
        self.write("pyproject.toml", PYPROJECT)
        self.write("tests/golden/conftest.py", CONFTEST)
        self.write("tests/golden/test_model.py", TESTS)
        sizes = np.where(POSITIVE, 1.0, -1.0) + np.linspace(-0.3, 0.3, 12)
        lines = ["case,truth,size,other"]
        for case, positive, size in zip(IDS, POSITIVE, sizes, strict=True):
            lines.append(f"{case},{'ill' if positive else 'well'},{size:.3f},0.25")
        self.write("cases.csv", "\n".join(lines) + "\n")
        self.train()

    @property
    def baseline(self) -> Path:
        """The accepted baseline, which may not be there."""
        return self.root / "tests/golden/baseline/cpu.csv"

    def write(self, name: str, text: str) -> None:
        """Write one of its files."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def declare(self, old: str, new: str) -> None:
        """Change its pyproject.toml."""
        text = (self.root / "pyproject.toml").read_text()
        assert old in text
        self.write("pyproject.toml", text.replace(old, new))
        config.load.cache_clear()

    def train(self, **changes: object) -> None:
        """Make another model, and the receipt that says so."""
        self.write("model.json", json.dumps({**MODEL, **changes}))
        self.sign()

    def sign(self) -> None:
        """Say in train's receipt that it made the files that are there now."""
        made = {
            name: hashlib.sha256((self.root / name).read_bytes()).hexdigest()
            for name in ("model.json", "cases.csv")
        }
        receipt.write(
            self.root / ".noxline",
            receipt.Receipt(
                stage="train", arguments=(), commands=(), runtime={}, lock="lock.txt", inputs={},
                outputs=made, python="3.11", source={}, place="host", isolation="none",
                measured={}, started="", finished="", seconds=0.0, result="passed", exit_code=0,
            ),
        )  # fmt: skip

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run its golden tests."""
        return self.pytester.runpytest_inprocess(
            "-p", "no:cacheprovider", "tests/golden", *arguments
        )

    def accept(self) -> None:
        """Accept what its model gives now."""
        self.run("--golden-accept", "the first model")
        assert self.baseline.is_file()

    def results(self) -> dict[str, Any]:
        """What the last run wrote down."""
        loaded: dict[str, Any] = json.loads((self.root / "reports/golden/results.json").read_text())
        return loaded

    def red(self) -> list[str]:
        """What the failed gates of the last run said."""
        return [f"{g['name']}: {g['says']}" for g in self.results()["gates"] if not g["passed"]]

    def edit(self, change: Callable[[list[list[str]]], None]) -> None:
        """Change the rows of the baseline and leave its header alone."""
        lines = self.baseline.read_text().splitlines()
        head = [line for line in lines if line.startswith("#")]
        rows = list(csv.reader(lines[len(head) :]))
        change(rows)
        self.baseline.write_text("\n".join([*head, *(",".join(row) for row in rows)]) + "\n")


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A golden project with a trained model and no baseline."""
    monkeypatch.delenv("CI", raising=False)
    return Project(pytester)


@pytest.fixture
def settings() -> Settings:
    """The small project's declaration."""
    return Settings(
        model="model.json",
        cases="cases.csv",
        id="case",
        label="truth",
        positive="ill",
        negative="well",
        score="score",
        decision="ill",
        outputs={"score": Tolerance(abs=1e-6), "ill": Tolerance()},
        gates={
            "sensitivity": MetricGate(0.8),
            "specificity": MetricGate(0.8, 0.1),
            "log_loss": MetricGate(0.6, 0.25),
        },
        rules={"larger is not safer": RuleLimit(at_most=0.01)},
        must_pass=("case01",),
    )


@pytest.fixture
def cases() -> Cases:
    """Twelve cases, every second one positive."""
    return Cases(IDS, POSITIVE, np.zeros((12, 1)), ("size",), "c" * 64)


@pytest.fixture
def baseline() -> Baseline:
    """What was accepted for the twelve cases."""
    labels = tuple("ill" if positive else "well" for positive in POSITIVE)
    outputs = {"score": SCORES, "ill": SCORES > 0.5}
    made = Baseline("a" * 64, "c" * 64, "cpu", "2026-11-21", "Ada", "first", IDS, labels, outputs)
    return parse(dump(made), Path("cpu.csv"), "cpu")


@pytest.fixture
def evidence(settings: Settings, cases: Cases, baseline: Baseline) -> Evidence:
    """The accepted model, run again with the same outputs."""
    outputs: Mapping[str, Any] = {"score": SCORES.copy(), "ill": SCORES > 0.5}
    return Evidence(settings, cases, "a" * 64, outputs, baseline)


@pytest.fixture
def scored(evidence: Evidence) -> Callable[..., Evidence]:
    """The same evidence with some cases' scores changed, and the decisions that follow."""

    def make(model: str = "a" * 64, threshold: float = 0.5, **scores: float) -> Evidence:
        score = SCORES.copy()
        for case, value in scores.items():
            score[IDS.index(case)] = value
        outputs = {"score": score, "ill": score > threshold}
        return dataclasses.replace(evidence, model=model, outputs=outputs)

    return make
