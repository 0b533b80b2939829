"""The exact commands of a stage and why: a pure value that is printed, and then run as printed."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .config import Runtime
from .place import Place

# Fixed in every stage, so that sorting, dates and set order are the same everywhere.
FIXED = {"LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", "TZ": "UTC"}
# What a caller's shell may set that makes a stage import or do something undeclared.
# (-O takes asserts out of tests, SKIP takes hooks out of pre-commit, and without bytecode every
# command compiles the libraries of its environment again.)
REMOVED = (
    "PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONOPTIMIZE", "PYTHONPATH", "PYTHONSTARTUP",
    "PYTEST_ADDOPTS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_PLUGINS", "SKIP",
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One command line, run from the project's folder.

    Attributes:
        argv: The program and its arguments.
        why: What it is for, in a few words.
        env: Variables on top of the caller's.
        folder: An environment whose programs come first, or None.
    """

    argv: tuple[str, ...]
    why: str
    env: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None

    @property
    def line(self) -> str:
        """The command line for pasting into a shell."""
        words = [f"{name}={shlex.quote(value)}" for name, value in self.env.items()]
        if self.folder is not None:
            removed = [word for name in REMOVED for word in ("-u", name)]
            venv = shlex.quote(str(self.folder))
            words = [*removed, *words, f"VIRTUAL_ENV={venv}", f'PATH={venv}/bin:"$PATH"']
        return " ".join([*(["env", *words] if words else []), shlex.join(self.argv)])

    def environ(self, caller: Mapping[str, str]) -> dict[str, str]:
        """The variables that the command is given."""
        if self.folder is None:
            return {**caller, **self.env}
        kept = {name: value for name, value in caller.items() if name not in REMOVED}
        path = f"{self.folder}/bin:{caller.get('PATH', '')}"
        return {**kept, **self.env, "VIRTUAL_ENV": str(self.folder), "PATH": path}


@dataclass(frozen=True)
class Plan:
    """How one stage runs, from here.

    Attributes:
        stage: Its name.
        place: Where it was started.
        isolation: How its commands run.
        prepare: What makes its environment; empty where that is there.
        work: The stage's own commands.
    """

    stage: str
    place: Place
    isolation: str
    prepare: tuple[Step, ...]
    work: tuple[Step, ...]

    def text(self) -> str:
        """The plan for people, which is also a shell script that does what the stage does."""
        lines = [f"# {self.stage}: started on {self.place}, isolation {self.isolation}", "set -e"]
        for step in (*self.prepare, *self.work):
            lines += [f"# {step.why}", step.line]
        return "\n".join(lines)


def work_in_place(
    runtime: Runtime, folder: Path, commands: Iterable[tuple[str, ...]]
) -> tuple[Step, ...]:
    """The steps that run a stage's commands on this machine, in the environment at `folder`."""
    hidden = {"CUDA_VISIBLE_DEVICES": ""} if runtime.gpu == "off" else {}
    env = {**FIXED, **hidden, **runtime.env}
    return tuple(Step(argv, "the stage's own work", env, folder) for argv in commands)
