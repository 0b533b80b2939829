from __future__ import annotations

import json
from typing import Any

import pytest
from registry_project import Project, onnx_bytes

from noxline.errors import ExitCode, NoxlineError
from noxline.registry import settings
from noxline.registry.evidence import Evidence, gather


def gathered(project: Project) -> Evidence:
    """What would be registered."""
    return gather(project.root, settings.read(project.root))


def refused(project: Project) -> NoxlineError:
    """The error with which gathering ends."""
    with pytest.raises(NoxlineError) as caught:
        gathered(project)
    return caught.value


def test_gather(project: Project) -> None:
    """Evidence holds the model's bytes, flat parameters and metrics, and the report's files."""
    evidence = gathered(project)
    assert onnx_bytes(slope=1.0) == evidence.model
    assert {"train.folds": "5", "train.penalty": "0.1"} == evidence.params
    assert {"test.sensitivity": 0.97} == evidence.metrics
    assert ("cases/1.json", "index.html", "results.json") == evidence.report


def test_no_receipt(project: Project) -> None:
    """A model that golden never judged is refused, and the fix is to run golden."""
    (project.root / ".noxline/receipts/golden.json").unlink()
    error = refused(project)
    assert ExitCode.FAILED == error.code
    assert "nox -s golden" in error.fix


def test_red(project: Project) -> None:
    """A model that golden rejected is refused."""
    project.golden(result="failed", exit_code=1)
    error = refused(project)
    assert ExitCode.FAILED == error.code
    assert "failed" in str(error.found)


def test_partial(project: Project) -> None:
    """A golden run with arguments, which could have left tests out, does not count."""
    (project.root / ".noxline" / "receipts" / "golden.json").unlink()
    project.golden(arguments=("-k", "rules"))
    error = refused(project)
    assert (error.found, error.code) == ("no receipt", ExitCode.FAILED)


def test_other_model(project: Project) -> None:
    """A model that was trained again after golden ran is refused by its digest."""
    sha256 = project.train(slope=2.0)
    error = refused(project)
    assert ExitCode.FAILED == error.code
    assert f"sha256 {sha256}" == error.found


def test_edited_report(project: Project) -> None:
    """A report that was edited after golden ran is refused."""
    (project.root / "reports/golden/index.html").write_text("<p>better</p>")
    assert "reports/golden/index.html" in refused(project).what


def test_no_report(project: Project) -> None:
    """A golden receipt that names no report is refused, since there is nothing to show."""
    project.golden(outputs={"elsewhere/x": "0"})
    assert "elsewhere/x" == refused(project).found


@pytest.mark.parametrize(
    "said",
    [
        {"passed": True, "digests": {"model": "a" * 64}},
        {"passed": False, "digests": {"model": "MODEL"}},
        {"passed": "yes", "digests": {"model": "MODEL"}},
        {"passed": True, "digests": "MODEL"},
        {"passed": True},
        {},
    ],
)
def test_a_report_that_passed_no_such_model(project: Project, said: dict[str, Any]) -> None:
    """A green stage with the report of another model, or a red one, does not count."""
    model = gathered(project).sha256
    project.report(json.loads(json.dumps(said).replace("MODEL", model)))
    project.sign()
    error = refused(project)
    assert (ExitCode.FAILED, "nox -s golden") == (error.code, error.fix)
    assert f"passed: true, model sha256 {model}" == error.expected


def test_a_report_without_its_verdict(project: Project) -> None:
    """A golden stage that left no verdict for machines has judged nothing."""
    (project.root / "reports/golden/results.json").unlink()
    project.sign()
    error = refused(project)
    assert (ExitCode.FAILED, "nox -s golden") == (error.code, error.fix)
    assert "no results.json among the files of 'golden'" == error.found


@pytest.mark.parametrize("value", ["NaN", "Infinity", "true", '"high"', "null"])
def test_not_a_metric(project: Project, value: str) -> None:
    """A metric that is no finite number is an error that names it."""
    (project.root / "reports/metrics.json").write_text(f'{{"test": {{"recall": {value}}}}}')
    assert "reports/metrics.json: test.recall: not a metric" == refused(project).what


@pytest.mark.parametrize(
    ("file", "data", "expected"),
    [
        ("reports/metrics.json", b'{"a": ', "JSON"),
        ("reports/metrics.json", b"[1, 2]", "JSON, a table of names"),
        ("params.yaml", b"a: [1", "YAML"),
        ("params.yaml", b"- 1", "YAML, a table of names"),
        ("params.yaml", b"\xff\xfe", "UTF-8 text"),
    ],
)
def test_unreadable(project: Project, file: str, data: bytes, expected: str) -> None:
    """Parameters and metrics that cannot be read are errors that name the file and its form."""
    (project.root / file).write_bytes(data)
    error = refused(project)
    assert f"{file}: cannot be read" == error.what
    assert expected == error.expected
