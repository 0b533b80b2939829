"""What is declared: `[tool.noxline]` of pyproject.toml as frozen records."""

from __future__ import annotations

import functools
import graphlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from .errors import NoxlineError, nearest
from .tables import Location, read_record

FILE = "pyproject.toml"
TABLE = "tool.noxline"

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|KiB|MiB|GiB|TiB)")
_UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def _size(value: object, at: Location) -> int:
    """A size such as "1 GiB", in bytes."""
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise at.error(
            "not a size", value, "a number and one of B, KiB, MiB, GiB, TiB", 'write "1 GiB"'
        )
    return int(float(match[1]) * _UNITS[match[2]])


def _path(value: object, at: Location) -> str:
    """A path inside the project, relative to its root, in its shortest form."""
    if not isinstance(value, str) or not value:
        raise at.error(
            "not a path", value, "a path relative to the project", 'write a path such as "src/a"'
        )
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts:
        raise at.error(
            "a path outside the project", value, "a path relative to the project", "move it inside"
        )
    return str(path)


def _paths(value: object, at: Location) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise at.error("this is a list of paths", value, "a list", f'write ["{value}"]')
    return tuple(_path(one, at.of(i)) for i, one in enumerate(value))


def _as_given(value: Any, _at: Location) -> Any:
    """A table that the package it configures reads for itself."""
    return value


@dataclass(frozen=True)
class Runtime:
    """A declared world that a stage runs in.

    Attributes:
        gpu: Whether a GPU must be there, may be used, or stays unseen.
        shm: The least size of /dev/shm in bytes; 0 where it doesn't matter.
        env: Environment variables and their values.
        secrets: Names of environment variables that must be set, and are never shown.
    """

    gpu: Literal["required", "optional", "off"] = "off"
    shm: int = field(default=0, metadata={"parse": _size})
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True)
class StageConfig:
    """What a stage declares of itself.

    Attributes:
        lock: Hashed requirements, from which its environment is made.
        inputs: Files and folders that it reads; when one changes, the stage runs again.
        ignores: Paths among these that it doesn't read.
        outputs: Files and folders that it makes.
        keeps: Files outside the project's own that it leaves for its next run, where it makes
            them; when one is changed or gone, the stage runs again.
        variables: Environment variables that it reads; another value runs it again.
        runtime: The name of its declared world.
        gates: Stages that must be green, and unchanged since, before this one runs.
        serial: Stages with the same word here never run at the same time.
    """

    lock: str = field(metadata={"parse": _path})
    inputs: tuple[str, ...] = field(metadata={"parse": _paths})
    ignores: tuple[str, ...] = field(default=(), metadata={"parse": _paths})
    outputs: tuple[str, ...] = field(default=(), metadata={"parse": _paths})
    keeps: tuple[str, ...] = field(default=(), metadata={"parse": _paths})
    variables: tuple[str, ...] = ()
    runtime: str = "default"
    gates: tuple[str, ...] = ()
    serial: str | None = None


@dataclass(frozen=True)
class Declaration:
    """The whole of `[tool.noxline]`.

    Attributes:
        editable: Projects that every environment installs from their sources.
        layers: Folders of tests/, each the marker of the tests in it.
        runtimes: Declared worlds by name; `default` is there even if it isn't written.
        stages: Stages by name.
        golden: The table of the golden tests, read by `noxline.golden`.
        registry: The table of the registry, read by `noxline.registry`.
    """

    editable: tuple[str, ...] = field(default=(".",), metadata={"parse": _paths})
    layers: tuple[str, ...] = ()
    runtimes: Mapping[str, Runtime] = field(default_factory=dict)
    stages: Mapping[str, StageConfig] = field(default_factory=dict)
    golden: Mapping[str, Any] = field(default_factory=dict, metadata={"parse": _as_given})
    registry: Mapping[str, Any] = field(default_factory=dict, metadata={"parse": _as_given})

    def makers(self, paths: Iterable[str]) -> dict[str, list[str]]:
        """The stages whose outputs lie in these paths or hold them, each with those paths.

        The project itself, ".", is what git keeps; that is made by people.
        """
        found: dict[str, list[str]] = {}
        for path in (path for path in paths if path != "."):
            for name, stage in self.stages.items():
                if any(overlap(path, output) for output in stage.outputs):
                    found.setdefault(name, []).append(path)
        return found


@dataclass(frozen=True)
class Project:
    """A project's folder and what it declares."""

    root: Path
    declared: Declaration

    @property
    def state(self) -> Path:
        """The folder, ignored by git, that holds receipts, environments and locks."""
        return self.root / ".noxline"

    def stage(self, name: str) -> StageConfig:
        """The declaration of a stage.

        Raises:
            NoxlineError: There is none.
        """
        stages = self.declared.stages
        if name in stages:
            return stages[name]
        near = nearest(name, stages)
        fix = f"rename [{TABLE}.stages.{near}]" if near else f"add [{TABLE}.stages.{name}]"
        raise NoxlineError(
            f"{FILE}: the stage '{name}' of the noxfile is not declared",
            found=", ".join(stages) or "no stage",
            expected=f"a table [{TABLE}.stages.{name}] with lock and inputs",
            fix=f'{fix}:\n[{TABLE}.stages.{name}]\nlock = "locks/{name}.txt"\ninputs = ["src"]',
        )

    def runtime(self, name: str) -> Runtime:
        """The declared world of that name."""
        return self.declared.runtimes.get(name, Runtime())


@functools.cache
def load(root: Path) -> Project:
    """Read and check the declaration of the project in `root`.

    Raises:
        NoxlineError: No pyproject.toml, one that isn't TOML, or a declaration that can't be meant.
    """
    path = root / FILE
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NoxlineError(
            f"{path}: not there", expected="a pyproject.toml in the project's folder", fix="add one"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NoxlineError(
            f"{FILE}: not valid TOML", found=str(error), fix=f"correct {FILE} there"
        ) from None
    tool = document.get("tool", {})
    table = tool.get("noxline", {}) if isinstance(tool, Mapping) else tool
    project = Project(root, read_record(Declaration, table, Location(FILE, TABLE)))
    _check_names(project.declared)
    _check_outputs(project.declared)
    _check_order(project.declared)
    return project


def _check_names(declared: Declaration) -> None:
    """Every runtime and gate that a stage names is declared."""
    runtimes = {"default", *declared.runtimes}
    for name, stage in declared.stages.items():
        at = Location(FILE, f"{TABLE}.stages.{name}")
        others = set(declared.stages) - {name}
        for key, table, value, allowed in (
            ("runtime", "runtimes", stage.runtime, runtimes),
            *(("gates", "stages", gate, others) for gate in stage.gates),
        ):
            if value not in allowed:
                near = nearest(value, allowed)
                fix = f'write "{near}"' if near else f"declare it in [{TABLE}.{table}.{value}]"
                raise at.of(key).error(
                    "no such name", value, ", ".join(sorted(allowed)) or "none", fix
                )


def _check_outputs(declared: Declaration) -> None:
    """No path is made by two stages, or read and made by one."""
    made: dict[str, str] = {}
    for name, stage in declared.stages.items():
        at = Location(FILE, f"{TABLE}.stages.{name}.outputs")
        for output in stage.outputs:
            for other, maker in made.items():
                if overlap(output, other):
                    raise at.error(
                        f"'{output}' is made by '{maker}' too", other, "one maker a path",
                        f"remove it from {name} or from {maker}",
                    )  # fmt: skip
            if any(overlap(output, path) for path in stage.inputs):
                raise at.error(
                    f"'{output}' is read and made by one stage", output, "an input or an output",
                    f"narrow the inputs of {name} so that they don't hold {output}",
                )  # fmt: skip
        made.update(dict.fromkeys(stage.outputs, name))


def _check_order(declared: Declaration) -> None:
    """No stages wait for each other: each has its gates, and what makes its inputs, before it."""
    before = {
        name: {*stage.gates, *declared.makers(stage.inputs)}
        for name, stage in declared.stages.items()
    }
    try:
        graphlib.TopologicalSorter(before).prepare()
    except graphlib.CycleError as error:
        raise Location(FILE, f"{TABLE}.stages").error(
            "stages that wait for each other", " -> ".join(error.args[1]),
            "an order in which each can run", "remove one of the inputs or gates between them",
        ) from None  # fmt: skip


def beside(root: Path, path: str) -> set[str]:
    """The paths of what stands in the folder of `path`, itself left out; relative to the root."""
    folder = (root / path).parent
    found = folder.iterdir() if folder.is_dir() else ()
    return {str(one.relative_to(root)) for one in found} - {path}


def overlap(one: str, other: str) -> bool:
    """Whether one of two paths is the other or lies in it."""
    return within(one, other) or within(other, one)


def within(path: str, folder: str) -> bool:
    """Whether the path is the folder or lies in it; both relative to the project's root."""
    return folder in {".", path} or path.startswith(folder + "/")
