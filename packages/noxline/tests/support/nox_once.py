"""Run nox in this process on a noxfile, as its command line does."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import nox._cli
import nox.registry

from noxline import stages

NOXFILE = """\
from noxline import Stage, stage

@stage
def make(stage: Stage) -> None:
    "Make it."
    stage.run("sh", "-c", "mkdir -p out && cat src/*.txt > out/all.txt", *stage.posargs)

@stage(requires=["make"])
def judge(stage: Stage) -> None:
    "Judge it."
    stage.run("sh", "-c", "wc -c < out/all.txt > verdict.txt")

@stage
def check(stage: Stage) -> None:
    "Check it, or not."
    stage.run("sh", "check.sh")

@stage
def ship(stage: Stage) -> None:
    "Ship it."
    stage.run("true")

@stage
def undeclared(stage: Stage) -> None:
    "Nothing declares this one."
"""


@contextlib.contextmanager
def _state(folder: Path, *arguments: str) -> Iterator[None]:
    """What nox's command line changes in a process, and afterwards as it was."""
    root, argv, cwd = logging.getLogger(), sys.argv, Path.cwd()
    handlers, level = root.handlers[:], root.level
    os.chdir(folder)
    sys.argv = ["nox", *arguments]
    try:
        yield
    finally:
        sys.argv = argv
        os.chdir(cwd)
        root.handlers[:] = handlers
        root.setLevel(level)
        nox.registry.reset()
        stages._lines.clear()


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """The exit code of nox, and all that it and the summary print."""
    out, code = io.StringIO(), 0
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(out),
        _state(folder, *arguments),
    ):
        try:
            nox._cli.nox_main()
        except SystemExit as end:
            code = int(end.code or 0)
        stages._summarise()
    return code, out.getvalue()
