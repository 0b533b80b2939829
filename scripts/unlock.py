#!/usr/bin/env python3
"""Before `dvc repro`: drop the lock entries of DVC processes that were killed.

DVC keeps readers and writers by process id in .dvc/tmp/rwlock. A killed process leaves its entries,
or half a file; once its id belongs to another program, as it soon does in a container, DVC waits
for that one and asks a human to remove the file. Entries of a DVC that really runs are kept.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from noxline.errors import run_program

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Unlock DVC's project."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--root", type=Path, default=ROOT, metavar="FOLDER")
    lock = parser.parse_args().root / ".dvc" / "tmp" / "rwlock"
    if lock.exists() and not any(_runs(entry) for entry in _entries(lock)):
        lock.unlink(missing_ok=True)


def _entries(lock: Path) -> Iterator[dict[str, Any]]:
    """Readers and writers; nothing from a file that was cut off while DVC wrote it."""
    try:
        document = json.loads(lock.read_bytes())
        for mode in ("read", "write"):
            for infos in document.get(mode, {}).values():
                yield from infos if isinstance(infos, list) else [infos]
    except (ValueError, AttributeError):
        return


def _runs(entry: dict[str, Any]) -> bool:
    """Whether the process is there and is still the command that took the lock."""
    try:
        command = " ".join(psutil.Process(int(entry["pid"])).cmdline())
    except (psutil.Error, KeyError, ValueError, TypeError):
        return False
    return command.endswith(str(entry["cmd"]))


if __name__ == "__main__":
    run_program(main)
