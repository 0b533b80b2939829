"""Every stage of an AI project is one nox session, and it runs the same everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import ExitCode, NoxlineError

if TYPE_CHECKING:
    from .stages import Stage, stage

__version__ = "0.1.0"
__all__ = ["ExitCode", "NoxlineError", "Stage", "__version__", "stage"]


def __getattr__(name: str) -> object:
    # The noxfile's side needs nox; a stage's own environment doesn't have it.
    if name in {"Stage", "stage"}:
        from . import stages

        return getattr(stages, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
