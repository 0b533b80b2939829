from __future__ import annotations

import json
from pathlib import Path

import pytest

from noxline.errors import REPORT
from noxline.staged import in_stage

pytest_plugins = ["pytester"]

PROJECT = """
[tool.noxline]
layers = ["unit", "golden"]
[tool.pytest.ini_options]
addopts = ["--strict-markers", "--import-mode=importlib"]
"""
#: With noxline's plugin and no other, whatever else is installed.
ALONE = ("-p", "noxline.testing", "-p", "no:cacheprovider")
PASSING = "def test_it():\n    pass\n"


@pytest.fixture
def stage(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project of two layers with a test each, and the variables of a stage that runs it."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.setenv(REPORT, str(pytester.path / "ended.json"))
    pytester.makepyprojecttoml(PROJECT)
    for layer in ("unit", "golden"):
        path = pytester.path / f"tests/{layer}/test_{layer}.py"
        path.parent.mkdir(parents=True)
        path.write_text(PASSING)
    return pytester


def run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> pytest.RunResult:
    """Run its tests in this process, as a stage would in another."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)
    # Exit code 2 is an interrupt to pytester, which looks for the signal unless it is told not to.
    return pytester.runpytest_inprocess(*ALONE, *arguments, no_reraise_ctrlc=True)


def ended(pytester: pytest.Pytester) -> object:
    """What the stage was told of the run's end."""
    path: Path = pytester.path / "ended.json"
    return json.loads(path.read_text()) if path.exists() else None


@pytest.mark.parametrize("name", ["PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER"])
def test_a_part_of_a_stage_is_not_the_stage(name: str) -> None:
    """What a test runs, and a worker, are inside another run; by hand there is no stage at all."""
    assert in_stage({REPORT: "x"})
    assert not in_stage({REPORT: "x", name: "y"})
    assert not in_stage({})


@pytest.mark.parametrize(
    "option", ["--co", "--markers", "--fixtures", "--help", "--setup-plan", "-m unit tests/unit"]
)
def test_a_stray_file_cannot_make_a_stage_green(
    stage: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    """Options from a pytest.ini with which no golden test runs fail the stage of golden tests."""
    (stage.path / "pytest.ini").write_text(f"[pytest]\naddopts = {option}\n")
    assert run(stage, monkeypatch, "tests/golden").ret == 1


@pytest.mark.parametrize(("option", "code"), [("--co", 1), ("-v", 0)])
def test_a_stray_file_among_the_tests_takes_no_layer_away(
    stage: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, option: str, code: int
) -> None:
    """A pytest.ini in a layer moves pytest's root there, and the project stays what it is."""
    (stage.path / "tests/golden/pytest.ini").write_text(f"[pytest]\naddopts = {option}\n")
    assert run(stage, monkeypatch, "tests/golden").ret == code


def test_a_run_that_only_collects_says_why_it_failed(
    stage: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error shows pytest's options and where they may come from, and reaches the stage."""
    (stage.path / "pytest.ini").write_text("[pytest]\naddopts = --co\n")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:doctest")
    result = run(stage, monkeypatch, "tests/golden")
    assert "error: no test ran of tests/golden" in result.errlines
    (found,) = (line for line in result.errlines if line.startswith("  found:"))
    assert "pytest --co -p no:doctest " in found
    assert "addopts in pytest.ini" in result.errlines[-1]
    assert {"code": 1, "what": "no test ran of tests/golden"} == ended(stage)


def test_a_variable_cannot_make_a_stage_green(
    stage: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PYTEST_ADDOPTS is held to the same, and where no layer is named all of them are missed."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only")
    result = run(stage, monkeypatch)
    assert result.ret == 1
    assert "error: no test ran of tests/unit, tests/golden" in result.errlines


@pytest.mark.parametrize(
    "arguments", [("tests/golden",), ("tests/golden/test_golden.py::test_it",), ("-m", "unit"), ()]
)
def test_a_stage_whose_tests_ran_is_green(
    stage: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """Named layers that ran, or any where none is named, are enough."""
    result = run(stage, monkeypatch, *arguments)
    assert result.ret == 0
    assert ended(stage) is None


def test_a_failed_run_keeps_its_own_code(
    stage: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that is red already is told nothing more."""
    result = run(stage, monkeypatch, "tests/golden", "-k", "nothing")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "error:" not in result.stderr.str()


def test_a_wrong_declaration_reaches_the_stage_with_its_code(
    stage: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code of pytest is not the stage's: the error tells its own."""
    stage.makepyprojecttoml("[tool.noxline]\nlayer = []\n")
    assert run(stage, monkeypatch).ret == 2
    said = ended(stage)
    assert isinstance(said, dict)
    assert said["code"] == 2


def test_elsewhere_nothing_is_asked(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project without layers may collect in its stages as it likes."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv(REPORT, str(pytester.path / "ended.json"))
    pytester.makepyfile(PASSING)
    assert run(pytester, monkeypatch, "--collect-only").ret == 0
