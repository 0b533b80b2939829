"""The hooks of .pre-commit-config.yaml, run for real in a repository of their own."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = ROOT / ".noxline/envs/lint"
CONFIG = ".pre-commit-config.yaml"

pytestmark = pytest.mark.skipif(
    not (LINT / "bin/pre-commit").exists(), reason="nox -s lint makes the hooks' environment first"
)

GOOD = {
    "good.py": '"""A module."""\n\nNUMBER = 1\n',
    "good.md": "# Title\n\nsha256 " + "0123456789abcdef" * 4 + "\n",
    "good.yaml": "a: 1\n",
    "locks/good.txt": "x==1 --hash=sha256:" + "9f86d081884c7d65" * 4 + "\n",
}

NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "execution_count": 1,
            "id": "a",
            "metadata": {},
            "outputs": [{"name": "stdout", "output_type": "stream", "text": ["1\n"]}],
            "source": ["print(1)"],
        }
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}

# What each hook must refuse. Secrets are put together here, so that this file holds none.
BAD = {
    "ruff-check": ("unused.py", b"import os\n"),
    "ruff-format": ("spaced.py", b"x  =  1\n"),
    "check-toml": ("bad.toml", b"a = \n"),
    "check-yaml": ("bad.yaml", b"a: [1\n"),
    "check-json": ("bad.json", b"{,}\n"),
    "end-of-file": ("end.md", b"no line end"),
    "trailing-whitespace": ("space.toml", b"a = 1  \n"),
    "merge-conflict": ("merge.md", b"<" * 7 + b" HEAD\n" + b"=" * 7 + b"\n" + b">" * 7 + b" x\n"),
    "notebook-outputs": ("out.ipynb", json.dumps(NOTEBOOK, indent=1).encode() + b"\n"),
    "private-key": ("key.txt", b"-----BEGIN " + b"RSA PRIVATE KEY-----\n"),
    "secrets": ("cloud.ini", b"[s3]\nkey = AKIA" + b"Z7Q2W3E4R5T6Y7U8\n"),
    "large-files": ("large.png", bytes(600_000)),
    "binary-files": ("renamed.bin", pickle.dumps({"weights": [0.5] * 9})),
}
MODELS = ("a.pkl", "b.h5", "c.pt", "d.onnx", "deep/e.JOBLIB", "f.npy", "g.pickle", "h.pth")


def repository(folder: Path, files: dict[str, bytes]) -> Path:
    """A git repository with the hooks, in which these files are about to be committed."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    shutil.copy(ROOT / CONFIG, folder)
    (folder / ".noxline/envs").mkdir(parents=True)
    (folder / ".noxline/envs/lint").symlink_to(LINT)
    (folder / ".gitignore").write_text("/.noxline/\n/.ruff_cache/\n")
    for command in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


def run_hooks(folder: Path) -> tuple[int, dict[str, str]]:
    """The exit code of all hooks, and what each one that failed said."""
    done = subprocess.run(
        [LINT / "bin/pre-commit", "run", "--all-files", "--color=never"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    failed = re.split(r"^- hook id: (\S+)\n", done.stdout, flags=re.MULTILINE)[1:]
    return done.returncode, dict(zip(failed[::2], failed[1::2], strict=True))


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the hooks say of a commit with everything that they must refuse."""
    files = dict(BAD.values()) | dict.fromkeys(MODELS, b"x")
    code, said = run_hooks(repository(tmp_path_factory.mktemp("bad"), files))
    assert code == 1
    return said


def test_clean_commit(tmp_path: Path) -> None:
    """A commit without faults passes every hook, hashes of locks and digests included."""
    files = {name: text.encode() for name, text in GOOD.items()}
    assert run_hooks(repository(tmp_path, files)) == (0, {})


@pytest.mark.parametrize("hook", BAD)
def test_refused(said: dict[str, str], hook: str) -> None:
    """Each hook refuses what it is there for, and names the file or mends it."""
    name, _ = BAD[hook]
    assert name in said[hook] or "files were modified by this hook" in said[hook]


@pytest.mark.parametrize("name", MODELS)
def test_models_refused(said: dict[str, str], name: str) -> None:
    """A model, a pickle or an array is refused by its name, whatever is in it."""
    assert name in said["model-files"]


def test_every_hook_is_tested() -> None:
    """No hook is added without a fault that it must refuse."""
    hooks = re.findall(r"^ +- id: (\S+)$", (ROOT / CONFIG).read_text(), re.MULTILINE)
    assert sorted(hooks) == sorted([*BAD, "model-files"])
