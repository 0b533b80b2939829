#!/usr/bin/env python3
"""Score cases: read CSV or JSON from a file or a pipe, write one JSON object a line.

CSV has a header and a line for each case; JSON is a list of objects, or one object on each line.
The 30 features are columns or keys by name; `case` is passed through, anything else is left aside.

  predict.py cases.csv
  cat cases.jsonl | predict.py

Each line of the output has: case (if it was given), score (the probability of malignant),
malignant (score >= threshold), threshold, and model (the SHA-256 of the model file).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from noxline.errors import NoxlineError, run_program

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Score what was given."""
    options = _parser().parse_args()
    from biopsy import records  # after the arguments are read, so that --help needs neither
    from biopsy.predict import Model  # numpy nor ONNX Runtime

    source = str(options.cases)
    data = sys.stdin.buffer.read() if source == "-" else _read(options.cases)
    name = "standard input" if source == "-" else source
    model = Model.load(options.model)
    batch = records.parse(data, name, options.format or records.format_of(data))
    said = model.predict(batch.features, name)
    for case, score, malignant in zip(batch.ids, said.score, said.malignant, strict=True):
        line = {
            **({} if case is None else {"case": case}),
            "score": float(score),
            "malignant": bool(malignant),
            "threshold": model.threshold,
            "model": model.digest,
        }
        print(json.dumps(line))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "cases", nargs="?", type=Path, default="-", help="a file; - or nothing for a pipe"
    )
    parser.add_argument(
        "--model", type=Path, default=ROOT / "models" / "biopsy.onnx", metavar="FILE"
    )
    parser.add_argument(
        "--format", choices=("csv", "json"), help="default: JSON if it starts with { or ["
    )
    return parser


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError) as error:
        fix = "correct the path, or give - for a pipe"
        raise NoxlineError(f"{path}: no such file", fix=fix) from error


if __name__ == "__main__":
    run_program(main)
