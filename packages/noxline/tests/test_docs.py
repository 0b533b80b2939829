"""The examples of docs/stages.md, run as they stand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "stages.md"
FENCE = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
# What is different in each run: seconds and times.
VARYING = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d| +\d+\.\d\d$", re.MULTILINE)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project that the page's files make, with uv where `make` would have put it."""
    for _language, name, text in FENCE.findall(PAGE.read_text(encoding="utf-8")):
        if name:
            (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "text.txt").write_text("to be or not to be\n")
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "count.txt").touch()
    tools = tmp_path / ".noxline" / "tools"
    (tools / "bin").mkdir(parents=True)
    (tools / "bin" / "uv").symlink_to(shutil.which("uv", path=Path(sys.executable).parent) or "")
    (tools / "ready").touch()
    return tmp_path


def test_examples(project: Path) -> None:
    """Every command of the page prints what the page says it prints."""
    fences = FENCE.findall(PAGE.read_text(encoding="utf-8"))
    text = "".join(text for language, _, text in fences if language == "console")
    commands = COMMAND.findall(text)
    assert len(commands) == 4
    for command, expected in commands:
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=project,
            env=caller(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert VARYING.sub("#", expected) == VARYING.sub("#", done.stdout)


def caller() -> dict[str, str]:
    """A terminal's environment, with this environment's nox first."""
    kept = {k: v for k, v in os.environ.items() if k not in {"CI", "FORCE_COLOR"}}
    return {**kept, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
