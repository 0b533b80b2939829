from __future__ import annotations

import re
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from noxline.errors import ExitCode, NoxlineError

from biopsy import cases
from biopsy.features import COLUMNS, FEATURES, LABELS


@given(
    st.lists(
        st.tuples(*(st.floats(0, feature.high) for feature in FEATURES)),
        min_size=1,
        max_size=4,
        unique=True,
    )
)
def test_writing_and_reading_changes_no_bit(table: list[tuple[float, ...]]) -> None:
    """Whatever was measured comes back from CSV as the same floats."""
    features = np.array(table)
    ids = tuple(f"c{i}" for i in range(len(table)))
    written = cases.Cases(ids, features, np.arange(len(table)) % 2 == 0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cases.csv")
        cases.write(path, written)
        read = cases.read(path)

    assert written.ids == read.ids
    assert written.features.tobytes() == read.features.tobytes()
    assert written.malignant.tolist() == read.malignant.tolist()


def _cell(line: int, column: str, value: str, text: str) -> str:
    lines = text.splitlines()
    cells = lines[line - 1].split(",")
    cells[COLUMNS.index(column)] = value
    lines[line - 1] = ",".join(cells)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("mean_area", "", "line 4: column mean_area: missing or not finite"),
        ("mean_area", "nan", "line 4: column mean_area: missing or not finite"),
        ("mean_area", "inf", "line 4: column mean_area: missing or not finite"),
        ("mean_area", "-1", "line 4: column mean_area: out of range"),
        ("mean_area", "1e6", "line 4: column mean_area: out of range"),
        ("mean_area", "1,5", "line 4: wrong number of values"),
        ("mean_area", "big", "line 4: column mean_area: not a number"),
        ("diagnosis", "Malignant", "line 4: column diagnosis: unknown label"),
        ("diagnosis", "", "line 4: column diagnosis: unknown label"),
    ],
)
def test_a_bad_value_is_refused_where_it_stands(
    cases_csv: Path, tmp_path: Path, column: str, value: str, problem: str
) -> None:
    """The error names line and column, and ends a program with exit code 2."""
    path = tmp_path / "cases.csv"
    path.write_text(_cell(4, column, value, cases_csv.read_text()))

    with pytest.raises(NoxlineError) as caught:
        cases.read(path)

    assert f"{path}: {problem}" == caught.value.what
    assert caught.value.code == ExitCode.USAGE


@pytest.mark.parametrize(("keep", "what"), [(32, "case"), (31, "features")])
def test_a_case_twice_is_refused(cases_csv: Path, tmp_path: Path, keep: int, what: str) -> None:
    """A repeated case is found by its name, and under another name by its features."""
    lines = cases_csv.read_text().splitlines()
    copy = lines[2].split(",")
    lines.append(",".join(["other"] * (keep == 31) + copy[32 - keep :]))
    path = tmp_path / "cases.csv"
    path.write_text("\n".join(lines) + "\n")

    with pytest.raises(NoxlineError, match=re.escape(f"line 42: duplicate {what}")) as caught:
        cases.read(path)

    assert caught.value.fix == "remove line 42 or line 3"


@pytest.mark.parametrize("column", ["case", "worst_area", "diagnosis"])
def test_a_missing_column_is_refused(cases_csv: Path, tmp_path: Path, column: str) -> None:
    """Every column is needed."""
    path = tmp_path / "cases.csv"
    path.write_text(cases_csv.read_text().replace(column, f"{column}_2", 1))

    with pytest.raises(NoxlineError) as caught:
        cases.read(path)

    assert f"{path}: column {column} is missing" == caught.value.what
    assert f"rename {column}_2 to {column}" == caught.value.fix


def test_fingerprints_are_the_same_everywhere() -> None:
    """The hash is of the shortest decimal text, which no platform may change."""
    assert cases.fingerprint([17.99, 0.1, 0.0])[:12] == "591642b7459b"


def test_labels_follow_the_truth(some: cases.Cases) -> None:
    """A malignant case is written as malignant."""
    last = cases.to_csv(some).splitlines()[-1].rsplit(",", 1)[1]

    assert LABELS[int(some.malignant[-1])] == last == "malignant"
