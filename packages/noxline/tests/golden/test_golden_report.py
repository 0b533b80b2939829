import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from noxline.golden.accept import changes, person
from noxline.golden.baseline import Baseline
from noxline.golden.fixture import Golden
from noxline.golden.gates import Evidence, Gate
from noxline.golden.judge import judge
from noxline.golden.metrics import Floats
from noxline.golden.page import SHOWN, page
from noxline.golden.records import as_json, as_junit
from noxline.golden.terminal import summary
from noxline.golden.verdict import Outcome, Verdict, verdict


@pytest.fixture
def found(evidence: Evidence) -> Verdict:
    """The verdict on the accepted model, with one passed and one failed test."""

    def predict(features: Floats) -> Mapping[str, Any]:
        return evidence.outputs

    rules = {"larger is not safer": Gate("rule", "larger is not safer", True)}
    golden = Golden(evidence, judge(evidence), predict, accepting=False, rules=rules)
    tests = [
        Outcome("tests/golden/test_a.py::test_b", "passed", "", 0.1),
        Outcome("tests/golden/test_a.py::test_c", "failed", "\x1b[31mred <b>\x1b[0m", 0.2),
    ]
    return verdict(golden, tests, selected=3)


def test_a_failed_and_a_missing_test_are_red(found: Verdict) -> None:
    """Tests that failed or never ran make the verdict red by themselves."""
    (red,) = (gate for gate in found.gates if not gate.passed)
    assert red.says == "1 passed, 1 failed, 1 not run"
    assert not found.passed


def test_a_number_that_is_not_finite_is_still_json(found: Verdict) -> None:
    """JSON has no infinity: it becomes its name, and the file stays readable."""
    gate = Gate("rule", "x", False, value=math.inf, limit=1.0, margin=-math.inf)
    loaded = json.loads(as_json(dataclasses.replace(found, gates=(gate,))))
    assert (loaded["gates"][0]["value"], loaded["gates"][0]["margin"]) == ("inf", "-inf")


def test_junit_holds_tests_and_gates_and_no_control_characters(found: Verdict) -> None:
    """The JUnit file is XML whatever a test said, and counts its failures."""
    suite = ET.fromstring(as_junit(found))[0]
    names = [case.get("name") for case in suite]
    assert names[:2] == ["test_b", "test_c"]
    assert "sensitivity" in names
    assert (suite.get("tests"), suite.get("failures")) == (str(len(names)), "1")


def test_the_page_escapes_what_tests_said(found: Verdict) -> None:
    """A message cannot put markup into the page."""
    assert "red &lt;b&gt;" in page(found)


def test_many_gates_leave_the_terminal_readable(found: Verdict) -> None:
    """Of many gates the terminal shows the red ones first, and says how many more there are."""
    many = tuple(Gate("rule", f"rule {n}", n != 99) for n in range(100))
    lines = summary(dataclasses.replace(found, gates=many), "reports")
    assert len(lines) < 60
    assert any(line.startswith("FAIL rule 99") for line in lines)
    assert "     and 70 more, in the report" in lines


def test_many_cases_leave_the_page_small(found: Verdict) -> None:
    """The page shows the worst cases, and says where the rest are."""
    many = found.rows * 100
    text = page(dataclasses.replace(found, rows=many))
    assert text.count("<code>") == SHOWN
    assert f"{len(many) - SHOWN} more cases are in results.json" in text


def test_changes_name_what_an_older_baseline_lacks(evidence: Evidence, baseline: Baseline) -> None:
    """Against a baseline of fewer outputs only what it has is compared."""
    fewer = dataclasses.replace(baseline, outputs={"score": baseline.outputs["score"]})
    lines = changes(dataclasses.replace(evidence, baseline=fewer))
    assert lines == [f"model {'a' * 12} -> {'a' * 12}", "score: 0 of 12 cases change"]


def test_changes_against_a_baseline_of_other_cases(evidence: Evidence, baseline: Baseline) -> None:
    """With nothing to compare, the new values are shown alone; an undefined one says so."""
    other = dataclasses.replace(baseline, ids=("x", *baseline.ids[1:]))
    alone = dataclasses.replace(
        evidence.cases, positive=evidence.cases.positive & False, ids=evidence.cases.ids
    )
    lines = changes(dataclasses.replace(evidence, baseline=other, cases=alone))
    assert lines[:3] == ["before: of other cases", "now: 12 cases", "sensitivity undefined"]


def test_who_accepts_is_known_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no git, the login is the person."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("USER", "ada")
    assert person() == "ada"


def test_a_non_inferiority_verdict_names_both_models(scored: Callable[..., Evidence]) -> None:
    """Why a lane was taken is part of the judgement."""
    assert "bbbbbbbbbbbb" in judge(scored("b" * 64)).why
    assert "aaaaaaaaaaaa" in judge(scored("b" * 64)).why
