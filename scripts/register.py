#!/usr/bin/env python3
"""Register the model that golden accepted, with what it was made of and judged by, in MLflow.

The registry is SQLite in .noxline/mlflow.db, or the server that MLFLOW_TRACKING_URI names. The
same model is registered once, however often this runs. The first version is the champion, a
later one the candidate. What is registered is declared in [tool.noxline.registry].
"""

from __future__ import annotations

import argparse
from pathlib import Path

from noxline.errors import run_program
from noxline.registry import register

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Register, and print the version."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.parse_args()
    print(register(ROOT))


if __name__ == "__main__":
    run_program(main)
