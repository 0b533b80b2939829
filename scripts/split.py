#!/usr/bin/env python3
"""Split the raw snapshot: data/split/train.csv, data/split/test.csv, data/golden/cases.csv.

A case's side is decided by the hash of its features, so it never changes when cases are added.
The golden set is frozen: its SHA-256 is split.golden in params.yaml, and another is refused.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from noxline.errors import run_program

from biopsy import cases, ingest, params, rows, split

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Write the three sides."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--params", type=Path, default=ROOT / "params.yaml", metavar="FILE")
    parser.add_argument(
        "--cases", type=Path, metavar="CSV", help="default: the snapshot that the params name"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "data", metavar="FOLDER")
    options = parser.parse_args()
    settings = params.load(options.params)
    snapshot = ROOT / "data" / "raw" / settings.ingest.snapshot / "cases.csv"
    with rows.mended_by(None if options.cases else ingest.mend(snapshot)):
        known = cases.read(options.cases or snapshot)
    sides = split.split(known, settings.split)
    split.check_frozen(sides["golden"], settings.split.golden)
    for name, path in (
        ("train", options.out / "split" / "train.csv"),
        ("test", options.out / "split" / "test.csv"),
        ("golden", options.out / "golden" / "cases.csv"),
    ):
        side = sides[name]
        cases.write(path, side)
        print(f"{name}: {len(side)} cases, {int(side.malignant.sum())} malignant")


if __name__ == "__main__":
    run_program(main)
