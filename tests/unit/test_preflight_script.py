"""scripts/preflight.py: DVC is started only where it can go on, and no lock needs a human."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "preflight.py"
RUNNING = "/venv/bin/dvc repro split"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A git checkout with the project's parameters."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    return tmp_path


@pytest.fixture
def lock(project: Path) -> Path:
    """Where DVC's lock file would be in it."""
    path = project / ".dvc" / "tmp" / "rwlock"
    path.parent.mkdir(parents=True)
    return path


@pytest.fixture
def process() -> Iterator[psutil.Process]:
    """A process that runs as long as the test."""
    running = subprocess.Popen(["sleep", "60"])
    try:
        found = psutil.Process(running.pid)
        while not found.cmdline():  # for a moment after it starts it has none
            time.sleep(0.01)
        yield found
    finally:
        running.kill()
        running.wait()


def preflight(project: Path) -> subprocess.CompletedProcess[str]:
    """Run the script on a project."""
    command = (sys.executable, SCRIPT, "--root", project)
    return subprocess.run(command, capture_output=True, text=True, check=False)


def entry(pid: int, **command: str | None) -> str:
    """The lock as DVC writes it while that process makes data/split."""
    info = {"pid": pid, **command}
    return json.dumps({"read": {"/p/src": [info]}, "write": {"/p/data/split": info}})


def dropped(project: Path, lock: Path, text: str) -> bool:
    """Whether a lock of that content is gone after the script was green."""
    lock.write_text(text)
    done = preflight(project)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return not lock.exists()


def test_dead_process(project: Path, lock: Path) -> None:
    """The entries of a process that is gone are dropped."""
    dead = subprocess.Popen(["true"])
    dead.wait()
    assert dropped(project, lock, entry(dead.pid, cmd=RUNNING))


def test_reused_id(project: Path, lock: Path) -> None:
    """The entries of a process whose id another program has now are dropped."""
    assert dropped(project, lock, entry(1, cmd=RUNNING))


@pytest.mark.parametrize("command", [{"cmd": ""}, {"cmd": None}, {}])
def test_no_command(
    project: Path, lock: Path, process: psutil.Process, command: dict[str, str | None]
) -> None:
    """Entries that name no command are dropped, whoever has their id now."""
    assert dropped(project, lock, entry(process.pid, **command))


def test_half_written(project: Path, lock: Path) -> None:
    """A file that was cut off while it was written is dropped."""
    assert dropped(project, lock, entry(1, cmd=RUNNING)[:40])


def test_running(project: Path, lock: Path, process: psutil.Process) -> None:
    """The entries of a command that still runs are kept to the letter."""
    text = entry(process.pid, cmd=" ".join(process.cmdline()))
    assert not dropped(project, lock, text)
    assert lock.read_text() == text


def test_no_lock(project: Path) -> None:
    """A project without the file is left as it is."""
    before = sorted(project.rglob("*"))
    assert preflight(project).returncode == 0
    assert sorted(project.rglob("*")) == before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"2026-11-21"', "2026-11-21", "params.yaml: ingest.snapshot: not written as expected"),
        ("train:\n", "train: [\n", "params.yaml: not YAML"),
        ("validate:\n  rows: 400", "", "a key is missing"),
        ("rows: 400", "rows: 0", "params.yaml: validate.rows: out of range"),
    ],
)
def test_parameters_that_the_code_refuses(project: Path, old: str, new: str, said: str) -> None:
    """They end with 2 and our own words, before DVC has read them."""
    path = project / "params.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    done = preflight(project)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "fix:" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_checkout(project: Path) -> None:
    """A project that is in no git checkout is told how to become one; an empty .git is none."""
    shutil.rmtree(project / ".git")
    (project / ".git").mkdir()
    done = preflight(project)

    assert done.returncode == 2
    assert "DVC needs a git checkout" in done.stderr
    assert f"git init {project}" in done.stderr


def test_a_checkout_above(project: Path) -> None:
    """A project in a folder of a larger checkout is in one too."""
    inner = project / "models" / "biopsy"
    inner.mkdir(parents=True)
    shutil.move(project / "params.yaml", inner)

    assert preflight(inner).returncode == 0
