"""A small project with a golden set of twelve cases, on disk."""

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from noxline import config, receipt

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
addopts = ["--strict-markers"]
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

#: The accepted baseline of each model and golden set; one run of pytest makes it.
ACCEPTED: dict[bytes, str] = {}

#: With noxline's plugin and no other, whatever else is installed.
ALONE = ("-p", "noxline.testing", "-p", "no:cacheprovider")

MODEL: dict[str, Any] = {"weights": [4.0, 0.1], "bias": 0.2, "threshold": 0.5}


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
                measured={}, started="2026-01-01T00:00:00Z", finished="2026-01-01T00:00:00Z",
                seconds=0.0, result="passed", exit_code=0,
            ),
        )  # fmt: skip

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run its golden tests."""
        # Exit code 2 is an interrupt to pytester, which looks for the signal unless told not to.
        return self.pytester.runpytest_inprocess(
            "tests/golden", *ALONE, *arguments, no_reraise_ctrlc=True
        )

    def accept(self) -> None:
        """Accept what its model gives now, and remember it for the same model's next test."""
        key = (self.root / "model.json").read_bytes() + (self.root / "cases.csv").read_bytes()
        if key not in ACCEPTED:
            self.run("--golden-accept", "the first model")
            ACCEPTED[key] = self.baseline.read_text()
        self.write("tests/golden/baseline/cpu.csv", ACCEPTED[key])

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
