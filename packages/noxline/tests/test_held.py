from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from noxline.held import held

Until = Callable[[Callable[[], object]], None]

HOLDER = """
import subprocess, sys, time
from pathlib import Path
from noxline.held import held
with held(Path(sys.argv[1]), "it") as lock:
    if len(sys.argv) > 2:
        subprocess.Popen(sys.argv[2:], pass_fds=(lock,), stdout=subprocess.DEVNULL)
    print("held", flush=True)
    time.sleep(60)
"""


def holder(path: Path, *child: str) -> subprocess.Popen[str]:
    """Another process that holds the lock, perhaps with a child that inherits it."""
    argv = (sys.executable, "-c", HOLDER, str(path), *child)
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_free_lock(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A free lock is held at once and silently, and is free again afterwards."""
    path = tmp_path / "new/lock"

    for _ in range(2):
        with held(path, "it"):
            assert path.read_text().startswith("pid ")

    assert capsys.readouterr().err == ""


def test_waiting(tmp_path: Path, until: Until, capsys: pytest.CaptureFixture[str]) -> None:
    """Who comes second says who holds the lock, waits, and goes on when that one is killed."""
    path = tmp_path / "lock"
    first = holder(path)
    said: list[str] = []

    def waited_for() -> bool:
        said.append(capsys.readouterr().err)
        return "waiting" in "".join(said)

    def kill_when_waited_for() -> None:
        until(waited_for)
        first.kill()

    threading.Thread(target=kill_when_waited_for).start()
    with first, held(path, "golden"):
        assert first.wait() < 0

    assert "".join(said).startswith(f"golden is held by pid {first.pid} since ")
    assert "".join(said).endswith("; waiting\n")


def test_holder_that_left_no_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A holder that was not yet able to write its name is another run."""
    path = tmp_path / "lock"
    with holder(path, "sleep", "0.2") as first:
        path.write_text("")
        first.kill()
        with held(path, "golden"):
            pass

    assert capsys.readouterr().err == "golden is held by another run; waiting\n"


def test_child_that_inherits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A child that inherits the lock keeps it after its parent is killed."""
    path = tmp_path / "lock"
    ended = tmp_path / "ended"
    with holder(path, "sh", "-c", f"sleep 0.3; touch {ended}") as first:
        first.kill()
        with held(path, "golden"):
            assert ended.exists()

    assert "golden is held by pid" in capsys.readouterr().err
