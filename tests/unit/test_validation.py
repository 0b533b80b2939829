"""Every module that imports Great Expectations costs seconds: all of its tests are here."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from noxline.errors import ExitCode, NoxlineError

from biopsy import validation
from biopsy.features import COLUMNS
from biopsy.params import Validate
from biopsy.rows import Rows, read_rows


@pytest.fixture(scope="module")
def bad(cases_csv: Path) -> Rows:
    """Forty rows of which some break each rule about rows, and the rule about how many."""
    rows = read_rows(cases_csv)
    values = [list(row) for row in rows.values]
    column = COLUMNS.index
    values[1][column("mean_area")] = ""
    for row in range(3, 10):
        values[row][column("worst_radius")] = "-7.5"
    values[11][column("diagnosis")] = "unsure"
    values[13][column("case")] = values[12][column("case")]
    values[15] = ["another", *values[14][1:]]
    return Rows("bad.csv", rows.header, tuple(tuple(row) for row in values))


@pytest.fixture(scope="module")
def findings(bad: Rows) -> tuple[validation.Finding, ...]:
    """What is found in them."""
    return validation.validate(bad, Validate(rows=400))


def test_good_rows_keep_every_rule(cases_csv: Path) -> None:
    """Forty real cases pass where forty are enough."""
    kept = validation.validate(read_rows(cases_csv), Validate(rows=40))

    assert len(kept) == 67
    assert all(finding.kept for finding in kept)
    validation.require_kept("good.csv", kept, Path("report.md"), "correct it")


def test_each_broken_rule_names_its_rows(findings: tuple[validation.Finding, ...]) -> None:
    """Column, rule, the lines as an editor counts them, and what stands there."""
    broken = {(f.rule, f.columns[:1]): f for f in findings if not f.kept}

    assert {
        ("at least 400 rows", ()): (0, ()),
        ("never empty", ("mean_area",)): (1, ((3, "empty"),)),
        ("from 0 to 100", ("worst_radius",)): (7, tuple((n, "-7.5") for n in range(5, 10))),
        ("one of ['benign', 'malignant']", ("diagnosis",)): (1, ((13, "unsure"),)),
    }.items() <= {key: (f.broken_rows, f.examples) for key, f in broken.items()}.items()
    twins = broken["never twice the same", ("case",)]
    assert [line for line, _ in twins.examples] == [14, 15]
    copies = broken["never twice the same features", ("mean_radius",)]
    assert [line for line, _ in copies.examples] == [16, 17]
    assert len(broken) == 6


def test_a_column_too_many_breaks_the_schema(cases_csv: Path) -> None:
    """The columns are exactly the declared ones."""
    rows = read_rows(cases_csv)
    wider = Rows("x", (*rows.header, "extra"), tuple((*row, "1") for row in rows.values))
    broken = [f for f in validation.validate(wider, Validate(rows=1)) if not f.kept]

    assert [f.rule for f in broken] == ["the columns are these, in this order"]
    assert "extra" in broken[0].observed


def test_bad_rows_stop_the_pipeline(findings: tuple[validation.Finding, ...]) -> None:
    """The error has the first offending rows of each rule, the report's place, exit code 2."""
    with pytest.raises(NoxlineError, match="6 of 67 rules are broken") as caught:
        validation.require_kept("bad.csv", findings, Path("reports/report.md"), "correct it")

    assert caught.value.code == ExitCode.USAGE
    assert "column worst_radius: line 5: -7.5; line 6: -7.5" in str(caught.value.found)
    assert "and 2 more" in str(caught.value.found)
    assert "column worst_radius: from 0 to 100" in str(caught.value.expected)
    assert caught.value.fix.splitlines()[0] == "correct it"
    assert "if a rule is wrong: correct validate.rows in params.yaml" in caught.value.fix
    assert caught.value.fix.endswith("reports/report.md")


def test_the_report_is_readable_and_the_same_again(
    bad: Rows, findings: tuple[validation.Finding, ...], tmp_path: Path
) -> None:
    """The broken rules come first, and neither file has a time or a random name in it."""
    validation.write_report(tmp_path / "one", "bad.csv", findings)
    validation.write_report(tmp_path / "two", "bad.csv", validation.validate(bad, Validate(400)))

    text = (tmp_path / "one" / "report.md").read_text()
    assert "**6 of 67 rules are broken.**" in text
    table = [line for line in text.splitlines() if re.match(r"\| (\*\*broken|kept)", line)]
    assert [line.split(" | ")[0][2:] for line in table] == ["**broken**"] * 6 + ["kept"] * 61
    document = json.loads((tmp_path / "one" / "result.json").read_text())
    assert sum(not finding["kept"] for finding in document["findings"]) == 6
    for name in ("report.md", "result.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
