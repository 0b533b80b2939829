"""What a run of pytest owes the stage that it is the work of: a test that ran."""

from __future__ import annotations

import os
import shlex
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING

import pytest

from .errors import REPORT, ExitCode, NoxlineError, fail

if TYPE_CHECKING:
    from .testing import Layers

NAME = "noxline-staged"
LAYERS = "noxline-layers"

# A test that runs pytest, and a worker of pytest-xdist, have their caller's environment: what they
# run is a part of the stage's work and not the whole of it.
_INNER = ("PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER")


def in_stage(environ: Mapping[str, str]) -> bool:
    """Whether this process is what a stage runs, rather than by hand or inside another run."""
    return REPORT in environ and not any(name in environ for name in _INNER)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(
    config: pytest.Config,
) -> Generator[None, int | pytest.ExitCode | None, int | pytest.ExitCode | None]:
    """Fail a stage whose pytest ended well and ran no test: a file or a variable may ask for that.

    Here and not at the session's end, which --markers, --help and their like don't have.
    """
    staged = in_stage(os.environ)  # a test that runs pytest takes its variable away when it ends
    code = yield
    layers: Layers | None = config.pluginmanager.get_plugin(LAYERS)
    if not staged or code != 0 or layers is None:
        return code
    unrun = layers.unrun([config.invocation_params.dir / name for name in config.args])
    return int(fail(_nothing_ran(config, unrun))) if unrun else code


def _nothing_ran(config: pytest.Config, unrun: list[str]) -> NoxlineError:
    more = shlex.split(os.environ.get("PYTEST_ADDOPTS", ""))
    words = (*config.getini("addopts"), *more, *config.invocation_params.args)
    where = config.inipath.name if config.inipath else "pytest.ini"
    return NoxlineError(
        f"no test ran of {', '.join(unrun)}",
        found=f"pytest {shlex.join(map(str, words))}",
        expected="at least one test that runs: a stage that tested nothing has not passed",
        fix=f"take out the option that keeps the tests from running: look at addopts in {where},"
        " at PYTEST_ADDOPTS and at the stage's arguments",
        code=ExitCode.FAILED,
    )
