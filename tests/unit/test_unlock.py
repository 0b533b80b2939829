"""scripts/unlock.py: a killed DVC process never leaves a lock that needs a human."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "unlock.py"


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """DVC's lock file in an empty project."""
    path = tmp_path / ".dvc" / "tmp" / "rwlock"
    path.parent.mkdir(parents=True)
    return path


def unlock(lock: Path) -> None:
    """Run the script on the project of that lock."""
    subprocess.run([sys.executable, SCRIPT, "--root", lock.parents[2]], check=True)


def entry(pid: int, command: str) -> str:
    """The lock as DVC writes it while that process makes data/split."""
    info = {"pid": pid, "cmd": command}
    return json.dumps({"read": {"/p/src": [info]}, "write": {"/p/data/split": info}})


def test_dead_process(lock: Path) -> None:
    """The entries of a process that is gone are dropped."""
    dead = subprocess.Popen(["true"])
    dead.wait()
    lock.write_text(entry(dead.pid, "/venv/bin/dvc repro split"))
    unlock(lock)
    assert not lock.exists()


def test_reused_id(lock: Path) -> None:
    """The entries of a process whose id another program has now are dropped."""
    lock.write_text(entry(1, "/venv/bin/dvc repro split"))
    unlock(lock)
    assert not lock.exists()


def test_half_written(lock: Path) -> None:
    """A file that was cut off while it was written is dropped."""
    lock.write_text(entry(1, "dvc repro")[:40])
    unlock(lock)
    assert not lock.exists()


def test_running(lock: Path) -> None:
    """The entries of a command that still runs are kept to the letter."""
    running = subprocess.Popen(["sleep", "60"])
    try:
        text = entry(running.pid, " ".join(psutil.Process(running.pid).cmdline()))
        lock.write_text(text)
        unlock(lock)
        assert lock.read_text() == text
    finally:
        running.kill()
        running.wait()


def test_no_lock(lock: Path) -> None:
    """A project without the file is left as it is."""
    unlock(lock)
    assert not lock.exists()
