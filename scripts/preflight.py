#!/usr/bin/env python3
"""Before `dvc repro`: what must be right first.

params.yaml is what the code takes, and the project is in a git checkout: DVC would stop at either
with words and an exit code of its own. And DVC's lock is free of processes that were killed: it
keeps readers and writers by process id in .dvc/tmp/rwlock. A killed process leaves its entries, or
half a file; once its id belongs to another program, as it soon does in a container, DVC waits for
that one and asks a human to remove the file. Entries of a DVC that really runs are kept.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from noxline.errors import NoxlineError, run_program

from biopsy import params

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Check the parameters and the checkout, then unlock DVC's project."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--root", type=Path, default=ROOT, metavar="FOLDER")
    root = parser.parse_args().root.resolve()
    params.load(root / "params.yaml")
    _require_checkout(root)
    lock = root / ".dvc" / "tmp" / "rwlock"
    if lock.exists() and not any(_runs(entry) for entry in _entries(lock)):
        lock.unlink(missing_ok=True)


def _require_checkout(root: Path) -> None:
    """DVC looks for one from the project's folder upwards, and does nothing without."""
    places = [folder / ".git" for folder in (root, *root.parents)]
    # A linked worktree or a submodule has a file there; a folder without HEAD is no repository.
    if not any(git.is_file() or (git / "HEAD").exists() for git in places):
        raise NoxlineError(
            f"{root}: DVC needs a git checkout",
            found="no .git here or above",
            expected="a clone of the project, or a new repository",
            fix=f"git init {root}",
        )


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
        running = " ".join(psutil.Process(int(entry["pid"])).cmdline())
        taken_by = str(entry["cmd"])
    except (psutil.Error, KeyError, ValueError, TypeError, OverflowError):
        return False
    # Every text ends with an empty one: an entry without a command is nobody's.
    return bool(taken_by) and running.endswith(taken_by)


if __name__ == "__main__":
    run_program(main)
