from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = """\
schema: '2.0'
stages:
  train:
    cmd: python scripts/train.py
    deps:
    - path: data/split/train.csv
      md5: aaa
      size: 10
    params:
      params.yaml:
        train.l2: 0.01
    outs:
    - path: models/biopsy.onnx
      md5: bbb
      size: 20
"""
PUT_BACK = "dvc.lock: put back; this machine made other bytes from the same recipe\n"


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    subprocess.run(("git", "-C", folder, *identity, *arguments), check=True, capture_output=True)


def _settle(folder: Path) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, ROOT / "scripts" / "settle.py", "--root", folder)
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder in a git repository, with a dvc.lock that is committed."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "dvc.lock").write_text(LOCK)
    _git(tmp_path, "init", "--quiet")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "--quiet", "--message", "x")
    return folder


def test_other_bytes_of_the_same_recipe_are_put_back(project: Path) -> None:
    """Where only the model's digest and size differ, git is clean again, in one line."""
    (project / "dvc.lock").write_text(LOCK.replace("bbb", "ccc").replace("20", "21"))
    done = _settle(project)

    assert (done.returncode, done.stdout, done.stderr) == (0, PUT_BACK, "")
    assert (project / "dvc.lock").read_text() == LOCK


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("md5: aaa", "md5: ddd"),
        ("l2: 0.01", "l2: 0.02"),
        ("python scripts", "python3 scripts"),
        ("models/biopsy.onnx", "models/other.onnx"),
    ],
)
def test_another_recipe_is_left(project: Path, old: str, new: str) -> None:
    """Data, parameters, command and outputs are the recipe: a change there is the user's."""
    changed = LOCK.replace(old, new).replace("bbb", "ccc")
    (project / "dvc.lock").write_text(changed)
    done = _settle(project)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (project / "dvc.lock").read_text() == changed


def test_an_unchanged_lock_needs_nothing(project: Path) -> None:
    """Nothing is written and nothing is said."""
    before = (project / "dvc.lock").stat()

    assert _settle(project).stdout == ""
    assert (project / "dvc.lock").stat().st_ino == before.st_ino


@pytest.mark.parametrize("committed", [False, True])
def test_without_a_committed_lock_there_is_nothing_to_settle(
    tmp_path: Path, committed: bool
) -> None:
    """Outside git, and before the first commit of a lock, the lock is left as it is."""
    if committed:
        _git(tmp_path, "init", "--quiet")
    (tmp_path / "dvc.lock").write_text(LOCK)
    done = _settle(tmp_path)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_lock_with_conflict_marks_is_refused(project: Path) -> None:
    """What a merge left behind is an error with its fix, and is not overwritten."""
    (project / "dvc.lock").write_text("<<<<<<< HEAD\n" + LOCK)
    done = _settle(project)

    assert done.returncode == 2
    assert "dvc.lock: not as DVC writes it" in done.stderr
