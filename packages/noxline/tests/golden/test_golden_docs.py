"""The example of docs/golden.md, run as it stands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[4] / "docs" / "golden.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
BIN = Path(sys.executable).parent


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project that the page's files make, its stages' tools being those of this environment."""
    for _language, name, text in FENCE.findall(PAGE):
        if name:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
    with (tmp_path / "pyproject.toml").open("a") as declared:
        # This environment's hypothesis takes a second to import, and the page has no use for it.
        declared.write('\n[tool.pytest.ini_options]\naddopts = "-p no:hypothesispytest"\n')
    (tmp_path / "locks").mkdir()
    for name in ("train", "golden"):
        (tmp_path / "locks" / f"{name}.txt").touch()
    tools = tmp_path / ".noxline" / "tools"
    (tools / "bin").mkdir(parents=True)
    (tools / "bin" / "uv").symlink_to(shutil.which("uv", path=BIN) or "")
    (tools / "ready").touch()
    return tmp_path


def test_example(project: Path) -> None:
    """Every command of the page prints what the page says, in its order; `...` is any lines."""
    text = "".join(text for language, _, text in FENCE.findall(PAGE) if language == "console")
    commands = COMMAND.findall(text)
    assert len(commands) == 5
    for command, expected in commands:
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=project,
            env=caller(),
            capture_output=True,
            text=True,
            check=False,
        )
        rest = done.stdout
        for shown in expected.split("...\n"):
            assert shown in rest, done.stderr
            rest = rest[rest.index(shown) + len(shown) :]


def caller() -> dict[str, str]:
    """A person's environment, with this environment's nox and pytest first."""
    kept = {k: v for k, v in os.environ.items() if k not in {"CI", "FORCE_COLOR"}}
    author = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "user.name",
        "GIT_CONFIG_VALUE_0": "Ada Lovelace",
    }
    return {**kept, **author, "PATH": f"{BIN}:{os.environ['PATH']}"}
