"""The model registry: a model that golden accepted becomes a version in MLflow, once."""

from __future__ import annotations

from .settings import Settings
from .stage import Registered, register
from .store import Store, choose

__all__ = ["Registered", "Settings", "Store", "choose", "register"]
