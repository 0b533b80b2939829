from __future__ import annotations

import pytest

from noxline import output
from noxline.output import Line

LINES = [
    Line("data", "passed", "", 3.14159),
    Line("golden", "skipped", "unchanged since 2026-01-01 10:00", 0.004),
    Line("register", "failed", "x" * 100, 12345.6),
]


def test_summary() -> None:
    """The summary is a plain table of stage, result, reason and seconds, 80 columns wide."""
    assert output.summary(LINES, colour=False).splitlines() == [
        "stage     result                                                         seconds",
        "data      passed                                                            3.14",
        "golden    skipped  unchanged since 2026-01-01 10:00                         0.00",
        "register  failed   " + "x" * 48 + "...  12345.60",
    ]


def test_reason_that_just_fits() -> None:
    """A reason is cut only where it doesn't fit."""
    rows = [
        output.summary([Line("register", "failed", "x" * length, 1.0)], colour=False)
        for length in (51, 52)
    ]

    assert rows[0].endswith("x" * 51 + "      1.00")
    assert rows[1].endswith("x" * 48 + "..." + "      1.00")


def test_reason_of_more_lines() -> None:
    """Only the first line of a reason is in the table."""
    row = output.summary([Line("golden", "failed", "one\ntwo", 1.0)], colour=False)

    assert len(row.splitlines()) == 2
    assert "one" in row


def test_coloured_summary() -> None:
    """Colours mark the results and change nothing else."""
    plain, coloured = (output.summary(LINES, colour=colour) for colour in (False, True))

    assert "\x1b[32mpassed \x1b[0m" in coloured
    assert "\x1b[36mskipped\x1b[0m" in coloured
    assert "\x1b[31mfailed \x1b[0m" in coloured
    for code in ("32", "36", "31", "0"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == plain


@pytest.mark.parametrize(
    ("environ", "terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_coloured(environ: dict[str, str], *, terminal: bool, expected: bool) -> None:
    """Output is coloured on a terminal that can, unless it is told otherwise."""
    assert output.coloured(environ, terminal=terminal) is expected


def test_groups() -> None:
    """Groups are written in each CI system's own syntax, and not at all elsewhere."""
    assert output.opening("golden", "github", 7) == ["::group::golden"]
    assert output.closing("golden", "github", 7) == ["::endgroup::"]
    assert output.opening("a b", "gitlab", 7) == [
        "\x1b[0Ksection_start:7:a_b\r\x1b[0Ka b",
    ]
    assert output.closing("a b", "gitlab", 8) == ["\x1b[0Ksection_end:8:a_b\r\x1b[0K"]
    assert output.opening("golden", None, 7) == output.closing("golden", None, 7) == []


def test_group_is_closed(capsys: pytest.CaptureFixture[str]) -> None:
    """A group of the log is closed also after an error."""
    with pytest.raises(KeyboardInterrupt), output.group("golden", {"GITHUB_ACTIONS": "true"}):
        raise KeyboardInterrupt

    assert capsys.readouterr().out == "::group::golden\n::endgroup::\n"
