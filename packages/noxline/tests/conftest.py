"""What the tests of the core share: a small project, and a wait for what happens elsewhere."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tiny_project
from tiny_project import Tiny

from noxline import config

# What these tests leave fits into memory; to look through it, and through all that MLflow imports,
# for garbage would take a sixth of their time.
gc.disable()
# To compile MLflow and nox anew in each process would take most of the time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
if "PYTEST_XDIST_WORKER" in os.environ:
    # Of the worker alone: to measure what its tests start would only make that slower.
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Leave out what only a crash of the whole machine could tell: it takes much of the time."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda _descriptor: None)
        yield


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Tiny]:
    """A small project of four stages: make, judge what was made, check, ship."""
    yield tiny_project.make(tmp_path)
    config.load.cache_clear()


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Wait until something is true, and fail where it isn't within ten seconds."""

    def wait(true: Callable[[], object]) -> None:
        deadline = time.monotonic() + 10
        while not true():
            assert time.monotonic() < deadline, "it did not happen within 10 s"
            time.sleep(0.005)

    return wait
