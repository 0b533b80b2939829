"""The examples of the pages in docs/, run as they stand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[4] / "docs"
BIN = Path(sys.executable).parent
# Who types the commands of the pages.
AUTHOR = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "user.name",
    "GIT_CONFIG_VALUE_0": "Ada Lovelace",
}
FENCE = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
# What is different in each run: seconds and times.
VARYING = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d| +\d+\.\d\d$", re.MULTILINE)


def make(folder: Path, fences: list[tuple[str, str, str]]) -> None:
    """Make the project of a page's files, its stages' programs being those of this environment."""
    for _language, name, text in fences:
        if name:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    (folder / "text.txt").write_text("to be or not to be\n", encoding="utf-8")
    locks = re.findall(r'^lock = "(\S+)"', (folder / "pyproject.toml").read_text(), re.MULTILINE)
    for lock in locks:
        (folder / lock).parent.mkdir(exist_ok=True)
        (folder / lock).touch()
    tools = folder / ".noxline" / "tools"
    (tools / "bin").mkdir(parents=True)
    (tools / "bin" / "uv").symlink_to(shutil.which("uv", path=BIN) or "")
    (tools / "ready").touch()


@pytest.mark.parametrize(("page", "count"), [("stages.md", 4), ("golden.md", 5)])
def test_examples(tmp_path: Path, page: str, count: int) -> None:
    """Every command of the page prints what the page says, in its order; `...` is any lines."""
    fences = FENCE.findall((DOCS / page).read_text(encoding="utf-8"))
    make(tmp_path, fences)
    text = "".join(text for language, _, text in fences if language == "console")
    commands = COMMAND.findall(text)
    assert len(commands) == count
    for command, expected in commands:
        rest = typed(command, tmp_path)
        for shown in VARYING.sub("#", expected).split("...\n"):
            assert shown in rest
            rest = rest[rest.index(shown) + len(shown) :]
        assert rest == "" or "..." in expected


def typed(command: str, folder: Path) -> str:
    """What a command prints on a terminal's shell, with what varies masked."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("CI", "FORCE_COLOR", "PYTEST"))
    }
    environ = {**kept, **AUTHOR, "PATH": f"{BIN}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    return VARYING.sub("#", done.stdout)
