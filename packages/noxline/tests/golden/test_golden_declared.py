"""What a project declares and supplies: the settings and the golden set."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from golden_project import PYPROJECT

from noxline import config
from noxline.errors import ExitCode, NoxlineError
from noxline.golden.cases import read_cases
from noxline.golden.settings import MetricGate, RuleLimit, Settings, Tolerance, read_settings


def declared(root: Path, text: str) -> Settings:
    """The settings that a pyproject.toml declares."""
    (root / "pyproject.toml").write_text(text)
    config.load.cache_clear()
    return read_settings(root)


def test_a_declaration_is_read_whole(tmp_path: Path) -> None:
    """Every key of the table becomes a field, in its own type."""
    settings = declared(tmp_path, PYPROJECT)
    assert settings.outputs == {"score": Tolerance(abs=1e-6), "ill": Tolerance()}
    assert settings.gates["specificity"] == MetricGate(0.8, 0.1)
    assert settings.rules == {"larger is not safer": RuleLimit(at_most=0.01)}
    assert (settings.must_pass, settings.newly_missed) == (("case01",), 0)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"larger is not safer" = { at_most = 0.01 }', '"larger is not safer" = 0.01'),
        ("sensitivity = {", "sensitivty = {"),
        ('decision = "ill"', 'decision = "sick"'),
        ("at_most = 0.01", ""),
        ("at_most = 0.01", "at_most = 0.01, at_least = 0"),
        ('"larger is not safer" = { at_most = 0.01 }', '"larger is not safer" = { most = 1 }'),
        ("abs = 1e-6", "abs = -1"),
        ("abs = 1e-6", "abs = nan"),
        ("sensitivity = { limit = 0.8 }", "sensitivity = { floor = 0.8 }"),
        ('id = "case"', ""),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_refused(tmp_path: Path, old: str, new: str) -> None:
    """Each wrong declaration is an error of use that names its key."""
    assert old in PYPROJECT
    with pytest.raises(NoxlineError, match=r"pyproject.toml: tool.noxline.golden") as caught:
        declared(tmp_path, PYPROJECT.replace(old, new, 1))
    assert caught.value.code == ExitCode.USAGE


def test_no_gate_at_all_is_refused(tmp_path: Path) -> None:
    """A golden project that gates nothing is no golden project."""
    begin = PYPROJECT.index("[tool.noxline.golden.gates]")
    with pytest.raises(NoxlineError, match="no gate"):
        declared(tmp_path, PYPROJECT[:begin] + "[tool.noxline.golden.gates]\n")


def test_a_golden_set_is_read_in_its_order(tmp_path: Path, settings: Settings) -> None:
    """Cases, classes and features are those of the file, and so is the digest."""
    text = "size,case,truth,age\n1.5,b,ill,40\n-2,a,well,7\n"
    (tmp_path / "cases.csv").write_text(text)
    cases = read_cases(tmp_path, settings)
    assert (cases.ids, cases.names) == (("b", "a"), ("size", "age"))
    np.testing.assert_array_equal(cases.positive, [True, False])
    np.testing.assert_array_equal(cases.features, [[1.5, 40.0], [-2.0, 7.0]])
    assert len(cases.sha256) == 64


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no column 'case'"),
        ("case,truth,size\n", "the golden set is empty"),
        ("case,size\nx,1\n", "no column 'truth'"),
        ("case,truth,size\nx,ill,1\nx,ill,2\n", "a case stands there twice"),
        ("case,truth,size\nx,sick,1\n", "case x: unknown truth"),
        ("case,truth,size\nx,ill,nan\n", "case x: size"),
        ("case,truth,size\nx,ill,tall\n", "case x: size"),
        ("case,truth,size\nx,ill\n", "a broken line"),
        ("case,truth,size\nx,ill,1,2\n", "a broken line"),
        ('case,truth,size\n"x,ill,1\n', "not a CSV file in UTF-8"),
        ("case,truth,size\n\xff,ill,1\n", "not a CSV file in UTF-8"),
    ],
)
def test_a_bad_golden_set_is_named(
    tmp_path: Path, settings: Settings, text: str, what: str
) -> None:
    """Each bad golden set has its own words."""
    (tmp_path / "cases.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(NoxlineError) as caught:
        read_cases(tmp_path, settings)
    assert caught.value.what == f"cases.csv: {what}"


def test_a_golden_set_that_is_not_there_is_an_error_of_the_file(
    tmp_path: Path, settings: Settings
) -> None:
    """A missing file is the operating system's error, which every program here reports."""
    with pytest.raises(FileNotFoundError):
        read_cases(tmp_path, dataclasses.replace(settings, cases="none.csv"))
