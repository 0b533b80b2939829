#!/usr/bin/env python3
"""Judge the raw snapshot with Great Expectations and keep a report: reports/validation/.

Exit code 2, naming column, rule and the first offending lines, if the data is bad; the report is
written either way.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from noxline.errors import run_program

from biopsy import ingest, params, rows, validation

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Validate a snapshot."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--params", type=Path, default=ROOT / "params.yaml", metavar="FILE")
    parser.add_argument(
        "--cases", type=Path, metavar="CSV", help="default: the snapshot that the params name"
    )
    parser.add_argument(
        "--report", type=Path, default=ROOT / "reports" / "validation", metavar="FOLDER"
    )
    options = parser.parse_args()
    settings = params.load(options.params)
    snapshot = Path("data", "raw", settings.ingest.snapshot, "cases.csv")
    mend = None if options.cases else ingest.mend(ROOT / snapshot)
    with rows.mended_by(mend):
        table = rows.read_rows(options.cases or ROOT / snapshot)
        findings = validation.validate(table, settings.validate)
    name = str(options.cases or snapshot)
    validation.write_report(options.report, name, findings)
    validation.require_kept(
        name, findings, options.report / "report.md", mend or "if its rows are wrong: correct them"
    )
    print(f"{name}: {len(table.values)} cases, all {len(findings)} rules hold")


if __name__ == "__main__":
    run_program(main)
