"""The fixtures of golden tests; a project adds one of its own, `predict`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .plugin import NAME, GoldenPlugin

if TYPE_CHECKING:
    from .fixture import Golden, Predict


@pytest.fixture(scope="session")
def accelerator() -> str:
    """The kind of device that the model runs on; a project with another overrides this."""
    return "cpu"


@pytest.fixture(scope="session")
def golden(request: pytest.FixtureRequest, predict: Predict, accelerator: str) -> Golden:
    """The golden set, the model and its judgement, made once for all tests.

    `predict` is the project's own session fixture: a function from features, shape (cases,
    features), to each output by name, shape (cases,).
    """
    plugin: GoldenPlugin = request.config.pluginmanager.getplugin(NAME)
    return plugin.judge(predict, accelerator)
