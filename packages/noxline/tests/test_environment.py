from __future__ import annotations

import platform
import shutil
import sys
from pathlib import Path

import pytest
from tiny_project import Tiny

from noxline import environment
from noxline.environment import Environment
from noxline.errors import ExitCode, NoxlineError

INTO = "--quiet --python .noxline/envs/new/bin/python"
PYTHON = platform.python_version()
BASE = getattr(sys, "_base_executable", sys.executable)


def test_steps_that_make_it(tiny: Tiny) -> None:
    """An environment is made by uv alone: empty, then exactly the lock, then the sources."""
    tiny.write(".noxline/tools/ready", "")
    env = Environment(tiny.root, "locks/new.txt", (".", "lib"))

    assert [step.line for step in env.steps()] == [
        f".noxline/tools/bin/uv venv --quiet --clear --no-config --python {BASE} .noxline/envs/new",
        f".noxline/tools/bin/uv pip sync {INTO} --require-hashes locks/new.txt",
        f".noxline/tools/bin/uv pip install {INTO} --no-deps -e ./. -e ./lib",
    ]
    assert [step.why for step in env.steps()] == [
        f"an empty environment with Python {PYTHON}",
        "exactly what locks/new.txt holds",
        "the project's own sources",
    ]


def test_steps_without_tools_and_sources(tiny: Tiny) -> None:
    """On a bare machine the locked tools come first; a project without sources installs none."""
    tiny.write("locks/tools.txt", "uv\n")
    env = Environment(tiny.root, "locks/new.txt", ())

    lines = [step.line for step in env.steps()]

    assert lines[:3] == [
        f"{sys.executable} -m venv .noxline/tools",
        ".noxline/tools/bin/python -m pip install --quiet --require-hashes -r locks/tools.txt",
        "cp locks/tools.txt .noxline/tools/ready",
    ]
    assert [line.split()[1] for line in lines[3:]] == ["venv", "pip"]


def test_uv_of_the_machine(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project without a lock of its tools takes the uv that is beside nox, or on PATH."""
    env = Environment(tiny.root, "locks/new.txt", ())
    uv = tiny.write("machine/uv", "#!/bin/sh\n")
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", str(uv.parent))
    monkeypatch.setattr(sys, "executable", str(tiny.root / "bin" / "python"))

    assert env.steps()[0].argv[0] == str(uv)

    uv.unlink()
    with pytest.raises(NoxlineError, match="uv is not here") as caught:
        env.steps()
    assert caught.value.code == ExitCode.MACHINE
    assert caught.value.fix == f"{tiny.root}/bin/python -m pip install uv"


def test_moved(tiny: Tiny) -> None:
    """An environment that was copied with its project still points at the old one: not ready."""
    env = Environment(tiny.root / "new", "locks/sh.txt", ())
    (tiny.root / "new").mkdir()
    for name in ("locks", ".noxline"):
        shutil.copytree(tiny.root / name, tiny.root / "new" / name, symlinks=True)

    assert Environment(tiny.root, "locks/sh.txt", ()).ready()
    assert not env.ready()


def test_ready(tiny: Tiny) -> None:
    """An environment is ready from the end of its making, and not while it is being changed."""
    env = Environment(tiny.root, "locks/sh.txt", (".",))
    assert not env.ready()

    env.finish()
    assert (env.ready(), env.steps()) == (True, ())

    env.begin()
    assert not env.ready()
    env.begin()


def test_change_of_the_lock(tiny: Tiny) -> None:
    """An environment of another lock, or of one that is gone, isn't ready."""
    env = tiny.install()

    tiny.write("locks/sh.txt", "other\n")
    assert not env.ready()

    (tiny.root / "locks/sh.txt").unlink()
    assert not env.ready()


def test_change_of_a_project(tiny: Tiny) -> None:
    """Names and entry points are fixed at installation: another pyproject.toml is another world."""
    env = Environment(tiny.root, "locks/sh.txt", (".",))
    env.finish()

    tiny.change("editable = []", 'editable = ["."]')

    assert not env.ready()


def test_another_python(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment of another Python isn't ready."""
    env = tiny.install()

    monkeypatch.setattr(platform, "python_version", lambda: "2.7.18")

    assert not env.ready()


def test_corrupt_stamp(tiny: Tiny) -> None:
    """A stamp that is nonsense says nothing."""
    env = tiny.install()
    (env.folder / "noxline.json").write_text("{")

    assert not env.ready()


def test_shared_by_lock(tiny: Tiny) -> None:
    """Stages with the same lock share one environment."""
    make, judge = (environment.of_stage(tiny.project, name) for name in ("make", "judge"))

    assert make == judge == Environment(tiny.root, "locks/sh.txt", ())
    assert make.folder == tiny.root / ".noxline/envs/sh"


def test_missing_lock(tiny: Tiny) -> None:
    """A lock that isn't there is a wrong declaration, with what makes it or the nearest one."""
    Path(tiny.root, "locks/sh.txt").unlink()

    with pytest.raises(NoxlineError) as caught:
        environment.of_stage(tiny.project, "make")
    assert str(caught.value).splitlines() == [
        "pyproject.toml: tool.noxline.stages.make.lock: there is no such file",
        "  found:    locks/sh.txt",
        "  expected: a file of hashed requirements",
        "  fix:      touch locks/sh.txt, add the group sh to pyproject.toml, nox -s lock",
    ]
    tiny.write("locks/shell.txt", "")
    with pytest.raises(NoxlineError) as caught:
        environment.of_stage(tiny.project, "make")
    assert caught.value.fix == 'write "locks/shell.txt"'
    assert caught.value.code == ExitCode.USAGE
