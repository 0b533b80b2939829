from __future__ import annotations

from pathlib import Path

import pytest
from noxline.errors import NoxlineError

from biopsy.rows import mended_by, parse_rows, read_rows


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
        (b"a,b\n1,2\n3\0,4\n", "f.csv: line 3: a NUL byte"),
        ("a,b\n1,2\n".encode("utf-16"), "f.csv: this is UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-be"), "f.csv: line 1: a NUL byte"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(data: bytes, problem: str) -> None:
    """The error names the file, the line and what is wrong there."""
    with pytest.raises(NoxlineError) as caught:
        parse_rows(data, "f.csv")

    assert problem == caught.value.what


def test_no_fix_names_a_file_that_may_be_a_pipe() -> None:
    """What to run on bytes of another encoding reads a pipe as well as a file."""
    for data in (b"a\n\xe9\n", "a\n1\n".encode("utf-16"), b"a\n1"):
        with pytest.raises(NoxlineError) as caught:
            parse_rows(data, "standard input")

        assert "standard input" not in caught.value.fix


def test_a_file_that_a_stage_made_is_made_again() -> None:
    """The fix is the stage's; what was found, where, and the exit code stay the reader's."""
    with pytest.raises(NoxlineError) as own, mended_by(None):
        parse_rows(b"a,b\n1\n", "f.csv")
    with pytest.raises(NoxlineError) as made, mended_by("nox -s data"):
        parse_rows(b"a,b\n1\n", "f.csv")

    assert own.value.fix.startswith("complete the line")
    assert made.value.fix == "nox -s data"
    for name in ("what", "found", "expected", "code"):
        assert getattr(own.value, name) == getattr(made.value, name)


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
