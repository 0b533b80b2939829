#!/usr/bin/env python3
"""Take a dated snapshot of the raw cases: data/raw/<ingest.snapshot>/cases.csv.

The cases come from ingest.source in params.yaml: scikit-learn's Wisconsin data, or a CSV file. A
snapshot that is already there is never rewritten; for new data, set ingest.snapshot to a new day.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from noxline.errors import run_program

from biopsy import ingest, params

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Write the snapshot that params.yaml names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--params", type=Path, default=ROOT / "params.yaml", metavar="FILE")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "data" / "raw", metavar="FOLDER", help="of all snapshots"
    )
    options = parser.parse_args()
    settings = params.load(options.params).ingest
    path = options.out / settings.snapshot / "cases.csv"
    new = ingest.write_snapshot(path, ingest.source_bytes(settings.source, ROOT))
    print(f"{path}: {'new snapshot' if new else 'the same as before'}")


if __name__ == "__main__":
    run_program(main)
