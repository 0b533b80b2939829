from __future__ import annotations

from pathlib import Path

import pytest
from noxline.errors import NoxlineError

from biopsy.rows import parse_rows, read_rows


def test_header_and_values_are_kept_as_written() -> None:
    """Nothing is converted; quotation marks, DOS line ends and a byte order mark are no content."""
    rows = parse_rows(b'\xef\xbb\xbfa,b\r\n"x,y",0.10\r\n', "f.csv")

    assert rows.header == ("a", "b")
    assert rows.values == (("x,y", "0.10"),)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "f.csv: the file is empty"),
        (b"a,b\n", "f.csv: zero rows"),
        (b"a,b\n1,2\n3,\xe9\n", "f.csv: line 3: not UTF-8"),
        (b"a,b\n1,2\n3,4", "f.csv: line 3: the file is truncated"),
        (b"a,b\n1,2\n3\n", "f.csv: line 3: wrong number of values"),
        (b"a,b\n1,2,3\n", "f.csv: line 2: wrong number of values"),
        (b"a,b\n1,2\n\n3,4\n", "f.csv: line 3: wrong number of values"),
        (b"a,a\n1,2\n", "f.csv: column a stands twice in the header"),
        (b'a,b\n1,"2\n', "f.csv: not CSV"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(data: bytes, problem: str) -> None:
    """The error names the file, the line and what is wrong there."""
    with pytest.raises(NoxlineError) as caught:
        parse_rows(data, "f.csv")

    assert problem == caught.value.what


def test_a_missing_column_names_the_nearest() -> None:
    """Who misspelt a column is told which one to rename."""
    rows = parse_rows(b"mean_radiu,b\n1,2\n", "f.csv")

    with pytest.raises(NoxlineError) as caught:
        rows.column("mean_radius")

    assert caught.value.what == "f.csv: column mean_radius is missing"
    assert caught.value.fix == "rename mean_radiu to mean_radius"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A path with nothing there is an error of ours, without a traceback."""
    with pytest.raises(NoxlineError, match="no such file"):
        read_rows(tmp_path / "none.csv")
