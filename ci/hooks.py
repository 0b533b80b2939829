#!/usr/bin/env python3
"""Run the hooks of .pre-commit-config.yaml for real, on a commit with all that they must refuse."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from clone import expect

ROOT = Path(__file__).resolve().parents[1]
LINT = ROOT / ".noxline/envs/lint"
CONFIG = ".pre-commit-config.yaml"

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


def main() -> int:
    """Commit nothing bad, and then everything bad."""
    with tempfile.TemporaryDirectory(prefix="noxline-hooks-") as folder:
        good = {name: text.encode() for name, text in GOOD.items()}
        clean = run_hooks(repository(Path(folder, "good"), good))
        expect(clean == (0, {}), "a commit without faults passes every hook", str(clean))
        bad = dict(BAD.values()) | dict.fromkeys(MODELS, b"x")
        code, said = run_hooks(repository(Path(folder, "bad"), bad))
    expect(code == 1, "a commit with faults is refused")
    for hook, (name, _) in BAD.items():
        named = name in said.get(hook, "") or "files were modified" in said.get(hook, "")
        expect(named, f"{hook} refuses {name}, or mends it")
    for name in MODELS:
        expect(name in said["model-files"], f"model-files refuses {name}")
    hooks = re.findall(r"^ +- id: (\S+)$", (ROOT / CONFIG).read_text(), re.MULTILINE)
    tried = sorted([*BAD, "model-files"])
    expect(sorted(hooks) == tried, "no hook is without a fault that it must refuse", str(hooks))
    return 0


if __name__ == "__main__":
    sys.exit(main())
