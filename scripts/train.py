#!/usr/bin/env python3
"""Train the model: models/biopsy.onnx, and what its features looked like: models/reference.json.

Training is deterministic. The weights are rounded before export, so that the file is the same
byte for byte on another machine too. The options override what params.yaml says.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from noxline import digest
from noxline.errors import run_program
from noxline.files import write_bytes, write_text

from biopsy import cases, export, params, reference, rows, training

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "data" / "split" / "train.csv"


def main() -> None:
    """Train and export."""
    options = _parser().parse_args()
    given = {"l2": options.l2, "digits": options.digits, "sensitivity": options.sensitivity}
    settings = params.load(options.params, {k: v for k, v in given.items() if v is not None}).train
    with rows.mended_by("nox -s data" if options.cases == CASES else None):
        known = cases.read(options.cases)
    data = digest.of_file(options.cases)
    trained = training.train(known, settings)
    model = export.to_onnx(trained, export.About(settings.version, data, settings.digits))
    write_bytes(options.model, model)
    document = reference.reference(known, data)
    write_text(options.reference, json.dumps(document, indent=1) + "\n")
    write_text(options.loss, training.loss_csv(trained.losses))
    print(f"{options.model}: sha256 {digest.of_bytes(model)}")
    print(f"nearest to being rounded otherwise: {trained.margin:.1e} of a last digit")
    print(
        f"loss {trained.losses[0]:.4f} to {trained.losses[-1]:.4f}, threshold {trained.threshold}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    models, plots = ROOT / "models", ROOT / "reports" / "plots"
    parser.add_argument("--params", type=Path, default=ROOT / "params.yaml", metavar="FILE")
    parser.add_argument("--cases", type=Path, default=CASES, metavar="CSV")
    parser.add_argument("--model", type=Path, default=models / "biopsy.onnx", metavar="FILE")
    parser.add_argument("--reference", type=Path, default=models / "reference.json", metavar="FILE")
    parser.add_argument("--loss", type=Path, default=plots / "loss.csv", metavar="FILE")
    parser.add_argument("--l2", type=float, help="penalty on the squared weights")
    parser.add_argument("--digits", type=int, help="significant digits of each weight")
    parser.add_argument("--sensitivity", type=float, help="what the threshold must reach")
    return parser


if __name__ == "__main__":
    run_program(main)
