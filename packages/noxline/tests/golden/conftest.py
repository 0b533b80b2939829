"""A golden project on disk, and the same as arrays."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from golden_project import IDS, POSITIVE, SCORES, Project

from noxline.errors import REPORT
from noxline.golden.baseline import Baseline, dump, parse
from noxline.golden.cases import Cases
from noxline.golden.gates import Evidence
from noxline.golden.settings import MetricGate, RuleLimit, Settings, Tolerance


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A golden project with a trained model and no baseline."""
    for name in ("CI", REPORT, "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
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
            "brier": MetricGate(0.3, 0.2),
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
