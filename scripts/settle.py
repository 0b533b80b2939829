#!/usr/bin/env python3
"""After `dvc repro`: put dvc.lock back if only what was made here differs from what was committed.

Another CPU or BLAS can, rarely, make other bytes from the same recipe. Such a model is judged as a
new model by the golden tests; it is no change of the project, so git stays clean. If a command, a
parameter, the code or the data differs, dvc.lock is left for you to commit.
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path
from typing import Any

import yaml
from noxline.errors import NoxlineError, run_program
from noxline.files import write_bytes

ROOT = Path(__file__).resolve().parents[1]

#: What training makes. Data is exact on every machine: where it differs, something did change.
MADE = ("models/", "reports/")


def main() -> None:
    """Settle dvc.lock."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--root", type=Path, default=ROOT, metavar="FOLDER")
    lock = parser.parse_args().root / "dvc.lock"
    committed = _committed(lock)
    if committed is None or not lock.exists() or lock.read_bytes() == committed:
        return
    if _recipe(committed) == _recipe(lock.read_bytes()):
        write_bytes(lock, committed)
        print("dvc.lock: put back; this machine made other bytes from the same recipe")


def _committed(lock: Path) -> bytes | None:
    command = ("git", "-C", str(lock.parent), "show", "HEAD:./dvc.lock")
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def _recipe(data: bytes) -> Any:
    """dvc.lock without the digests of what training makes."""
    try:
        document = yaml.safe_load(data)
        for stage in document["stages"].values():
            for entry in [*stage.get("deps", ()), *stage.get("outs", ())]:
                if entry["path"].startswith(MADE):
                    for key in ("md5", "size", "nfiles"):
                        entry.pop(key, None)
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        fix = "git checkout -- dvc.lock, then nox -s train"
        raise NoxlineError("dvc.lock: not as DVC writes it", found=str(error), fix=fix) from error
    return document


if __name__ == "__main__":
    run_program(main)
