"""A small project on disk whose stages are shell commands, and whose environments need no uv."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from noxline import config, receipt, workflow
from noxline.config import Project
from noxline.environment import Environment
from noxline.receipt import Receipt
from noxline.workflow import Outcome

PYPROJECT = """\
[tool.noxline]
editable = []

[tool.noxline.stages.make]
lock = "locks/sh.txt"
inputs = ["src"]
outputs = ["out"]

[tool.noxline.stages.judge]
lock = "locks/sh.txt"
inputs = ["out"]
outputs = ["verdict.txt"]

[tool.noxline.stages.check]
lock = "locks/sh.txt"
inputs = ["src"]

[tool.noxline.stages.ship]
lock = "locks/sh.txt"
inputs = ["verdict.txt"]
gates = ["check"]
"""

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "make": ("sh", "-c", "mkdir -p out && cat src/*.txt > out/all.txt"),
    "judge": ("sh", "-c", "wc -c < out/all.txt > verdict.txt"),
    "check": ("true",),
    "ship": ("true",),
}


def caller(**changed: str) -> dict[str, str]:
    """The variables of a caller who is not a test, on a host."""
    unset = ("PYTEST_CURRENT_TEST", "NOXLINE_ERROR_REPORT", "CI", "GITHUB_ACTIONS", "GITLAB_CI")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return {**kept, **changed}


@dataclass(frozen=True)
class Tiny:
    """The project's folder, and what its people do in it."""

    root: Path

    def write(self, name: str, text: str) -> Path:
        """Write one of its files."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def declare(self, text: str) -> Project:
        """Give it another pyproject.toml, and read that."""
        self.write("pyproject.toml", text)
        config.load.cache_clear()
        return config.load(self.root)

    def change(self, old: str, new: str) -> Project:
        """Change a word of its pyproject.toml."""
        text = (self.root / "pyproject.toml").read_text()
        assert old in text
        return self.declare(text.replace(old, new))

    @property
    def project(self) -> Project:
        """What it declares."""
        return config.load(self.root)

    def install(self, lock: str = "locks/sh.txt") -> Environment:
        """Make the environment of a lock, which needs no more than the system's programs."""
        env = Environment(self.root, lock, ())
        (env.folder / "bin").mkdir(parents=True, exist_ok=True)
        env.finish()
        return env

    def run(
        self,
        name: str,
        *posargs: str,
        command: Sequence[str] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Run a stage in this process."""
        argv = tuple(COMMANDS[name] if command is None else command)
        return workflow.execute(
            self.root, name, lambda _: (argv,), posargs, caller() if environ is None else environ
        )

    def start(
        self, name: str, *command: str, stdin: int = subprocess.DEVNULL
    ) -> subprocess.Popen[str]:
        """Run a stage in a process of its own, which can be killed."""
        runner = Path(__file__).with_name("run_stage.py")
        return subprocess.Popen(
            (sys.executable, str(runner), str(self.root), name, *command),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=caller(),
            start_new_session=stdin != subprocess.DEVNULL,
        )

    def part(self, name: str) -> Receipt:
        """The last receipt of a stage that was given arguments."""
        path = self.root / f".noxline/receipts/{name}.part.json"
        return receipt.from_statement(json.loads(path.read_text()))

    def receipt(self, name: str) -> Receipt:
        """The last receipt of a stage, which is there."""
        last = receipt.read(self.project.state, name)
        assert last is not None
        return last


def make(root: Path) -> Tiny:
    """Make the project: four stages, one environment, no receipt."""
    tiny = Tiny(root)
    tiny.write("locks/sh.txt", "# nothing\n")
    tiny.write("src/a.txt", "a\n")
    tiny.declare(PYPROJECT)
    tiny.install()
    return tiny
