from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from noxline.errors import NoxlineError

from biopsy import params

PARAMS = Path(__file__).parents[2] / "params.yaml"


def _changed(path: Path, section: str, key: str, value: object) -> Path:
    table = yaml.safe_load(PARAMS.read_text())
    table[section][key] = value
    path.write_text(yaml.safe_dump(table))
    return path


@pytest.mark.parametrize(
    ("key", "value", "problem", "allowed"),
    [
        ("train.l2", 99.0, "out of range", "1e-09 to 10.0"),
        ("train.l2", float("nan"), "out of range", "1e-09 to 10.0"),
        ("train.digits", 40, "out of range", "2 to 12"),
        ("train.digits", 6.5, "wrong type", "a whole number"),
        ("train.folds", 1, "out of range", "2 to 20"),
        ("train.sensitivity", 98.5, "out of range", "0.5 to 1.0"),
        ("split.train", 0.0, "out of range", "0.1 to 0.8"),
        ("split.test", 0.4, "too little is left for golden", "at most 0.95"),
        ("split.golden", "abc", "not written as expected", 'like "<the sha256'),
        ("ingest.snapshot", "today", "not written as expected", 'like "2026-11-21"'),
        ("validate.rows", 0, "out of range", "1 to 10000000"),
    ],
)
def test_a_value_out_of_range_is_refused(
    tmp_path: Path, key: str, value: object, problem: str, allowed: str
) -> None:
    """The error names file and key, what was found, and what is allowed."""
    section, name = key.split(".")
    path = _changed(tmp_path / "params.yaml", section, name, value)

    with pytest.raises(NoxlineError) as caught:
        params.load(path)

    assert caught.value.what.startswith(f"params.yaml: {section}")
    assert caught.value.what.endswith(problem)
    assert (caught.value.expected or "").startswith(allowed)
    assert str(value) in (caught.value.found or "")


def test_a_date_without_quotes_is_explained(tmp_path: Path) -> None:
    """YAML reads an unquoted day as a date; the fix says to quote it."""
    text = PARAMS.read_text().replace('"2026-11-21"', "2026-11-21")
    path = tmp_path / "params.yaml"
    path.write_text(text)

    with pytest.raises(NoxlineError, match=r"ingest\.snapshot") as caught:
        params.load(path)

    assert caught.value.found == "2026-11-21 (date)"
    assert caught.value.fix == 'write it as a quoted string: "2026-11-21"'


def test_an_unknown_key_names_the_nearest(tmp_path: Path) -> None:
    """A misspelt parameter is never ignored."""
    path = _changed(tmp_path / "params.yaml", "train", "sensitivty", 0.9)

    with pytest.raises(NoxlineError) as caught:
        params.load(path)

    assert caught.value.fix == "write sensitivity instead"


@pytest.mark.parametrize("text", ["a: [", "train", "", "\udcff"])
def test_what_is_not_a_table_is_refused(tmp_path: Path, text: str) -> None:
    """A broken, empty or binary file is an error of ours."""
    path = tmp_path / "params.yaml"
    path.write_bytes(text.encode(errors="surrogateescape"))

    with pytest.raises(NoxlineError, match=r"params\.yaml"):
        params.load(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """The fix is to bring it back."""
    with pytest.raises(NoxlineError, match="no such file"):
        params.load(tmp_path / "params.yaml")


def test_a_command_line_is_held_to_the_same_ranges() -> None:
    """An option stands in for a parameter, and is checked as one."""
    assert params.load(PARAMS, {"l2": 0.5}).train.l2 == 0.5
    with pytest.raises(NoxlineError, match=r"train\.l2: out of range"):
        params.load(PARAMS, {"l2": -1.0})
