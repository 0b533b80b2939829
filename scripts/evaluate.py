#!/usr/bin/env python3
"""Evaluate the exported model on the test cases: reports/metrics.json and reports/plots/.

What is evaluated is the ONNX file itself, through the same code that serves it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from noxline.errors import run_program
from noxline.files import write_text

from biopsy import cases, evaluation, rows
from biopsy.predict import Model

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "data" / "split" / "test.csv"


def main() -> None:
    """Write the metrics and the plots' data."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--model", type=Path, default=ROOT / "models" / "biopsy.onnx", metavar="FILE"
    )
    parser.add_argument("--cases", type=Path, default=CASES, metavar="CSV")
    parser.add_argument("--out", type=Path, default=ROOT / "reports", metavar="FOLDER")
    options = parser.parse_args()
    with rows.mended_by("nox -s data" if options.cases == CASES else None):
        held_out = cases.read(options.cases)
    said = Model.load(options.model).predict(held_out.features, str(options.cases))
    values = evaluation.metrics(said, held_out.malignant)
    plots = options.out / "plots"
    write_text(options.out / "metrics.json", json.dumps(values, indent=1) + "\n")
    write_text(plots / "roc.csv", evaluation.roc_csv(said.score, held_out.malignant))
    write_text(
        plots / "confusion.csv", evaluation.confusion_csv(said.malignant, held_out.malignant)
    )
    for name, value in values.items():
        print(f"{name:<17} {value}")


if __name__ == "__main__":
    run_program(main)
