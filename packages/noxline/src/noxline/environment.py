"""The environment of a stage: exactly its lock, and the project's own sources, nothing else."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from . import digest, files
from .config import FILE, TABLE, Project, beside
from .errors import ExitCode, NoxlineError, nearest
from .plan import Step

TOOLS = ".noxline/tools"
TOOLS_LOCK = "locks/tools.txt"


@dataclass(frozen=True)
class Environment:
    """An environment on this machine; stages with the same lock share one.

    Attributes:
        root: The project's folder.
        lock: Its hashed requirements, relative to the root.
        editable: Projects installed from their sources, relative to the root.
    """

    root: Path
    lock: str
    editable: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.root / ".noxline" / "envs" / PurePosixPath(self.lock).stem

    @property
    def python(self) -> str:
        """The version of its Python: that of the interpreter that runs nox."""
        return platform.python_version()

    def ready(self) -> bool:
        """Whether it is there, and whole, as it is now declared."""
        try:
            return bool(json.loads(self._stamp.read_bytes()) == self._contents())
        except (OSError, ValueError):
            return False

    def steps(self) -> tuple[Step, ...]:
        """What makes it; nothing where it is ready."""
        if self.ready():
            return ()
        folder = str(self.folder.relative_to(self.root))
        python = f"{folder}/bin/python"
        uv, tools = self._uv()
        sources = [word for project in self.editable for word in ("-e", f"./{project}")]
        interpreter = getattr(sys, "_base_executable", sys.executable)
        install = (uv, "pip", "install", "--quiet", "--python", python, "--no-deps", *sources)
        sync = (uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", self.lock)
        venv = (uv, "venv", "--quiet", "--clear", "--no-config", "--python", interpreter, folder)
        return (
            *tools,
            Step(venv, f"an empty environment with Python {self.python}"),
            Step(sync, f"exactly what {self.lock} holds"),
            *([Step(install, "the project's own sources")] if sources else []),
        )

    def begin(self) -> None:
        """Say that it is being changed: if that is cut short, it isn't ready."""
        self._stamp.unlink(missing_ok=True)

    def finish(self) -> None:
        """Say that it is whole."""
        files.write_text(self._stamp, json.dumps(self._contents()))

    @property
    def _stamp(self) -> Path:
        return self.folder / "noxline.json"

    def _contents(self) -> dict[str, object]:
        projects = [f"{project}/pyproject.toml" for project in self.editable]
        # Names and entry points are fixed at installation; the sources are read as they are. An
        # environment that was moved or copied still points at the place where it was made.
        return {
            "folder": str(self.folder),
            "python": [self.python, sys.implementation.name],
            "digests": {name: digest.of_file(self.root / name) for name in (self.lock, *projects)},
        }

    def _uv(self) -> tuple[str, tuple[Step, ...]]:
        """The project's pinned uv and what brings it; without a lock of it, the machine's own."""
        if (self.root / TOOLS / "ready").exists():
            return f"{TOOLS}/bin/uv", ()
        if (self.root / TOOLS_LOCK).is_file():
            return f"{TOOLS}/bin/uv", self._tools()
        places = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        found = shutil.which("uv", path=places)
        if found is None:
            raise NoxlineError(
                "uv is not here, which makes the environments of stages",
                found=f"no uv beside {sys.executable}, on PATH, or locked in {TOOLS_LOCK}",
                fix=f"{sys.executable} -m pip install uv",
                code=ExitCode.MACHINE,
            )
        return found, ()

    def _tools(self) -> tuple[Step, ...]:
        pip = (f"{TOOLS}/bin/python", "-m", "pip", "install", "--quiet", "--require-hashes")
        return (
            Step((sys.executable, "-m", "venv", TOOLS), "a place for the pinned uv and nox"),
            Step((*pip, "-r", TOOLS_LOCK), f"exactly what {TOOLS_LOCK} holds"),
            Step(("cp", TOOLS_LOCK, f"{TOOLS}/ready"), "whole, as `make` says it too"),
        )


def of_stage(project: Project, stage: str) -> Environment:
    """The environment that a stage declares.

    Raises:
        NoxlineError: Its lock is not there.
    """
    lock = project.stage(stage).lock
    if not (project.root / lock).is_file():
        near = nearest(lock, beside(project.root, lock))
        raise NoxlineError(
            f"{FILE}: {TABLE}.stages.{stage}.lock: there is no such file",
            found=lock,
            expected="a file of hashed requirements",
            fix=f'write "{near}"'
            if near
            else f"touch {lock}, add the group {PurePosixPath(lock).stem} to {FILE}, nox -s lock",
        )
    return Environment(project.root, lock, project.declared.editable)
