"""Reproduction: are two outputs of the same cases equal, within a declared tolerance?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .metrics import Array, Bools, Floats
from .settings import Tolerance


@dataclass(frozen=True, eq=False)
class Comparison:
    """One output against its baseline, case by case; each array has the shape (cases,).

    Args:
        difference: How far the output is from the baseline; NaN or infinite where it isn't finite.
        allowed: How far it may be.
        differs: Where it is not equal.
    """

    difference: Floats
    allowed: Floats
    differs: Bools


def shape_problem(name: str, outputs: Mapping[str, Array], like: Array) -> str | None:
    """Why an output cannot be compared at all, or None."""
    if name not in outputs:
        return f"{name}: the model gives no such output, only {', '.join(outputs) or 'none'}"
    actual = outputs[name]
    if actual.shape != like.shape:
        return f"{name}: wrong shape {actual.shape}, expected {like.shape}"
    if actual.dtype != like.dtype:
        return f"{name}: wrong dtype {actual.dtype}, expected {like.dtype}"
    return None


def compare(expected: Array, actual: Array, tolerance: Tolerance) -> Comparison:
    """Compare two arrays of one shape and dtype; `expected` is finite.

    Equal is `|actual - expected| <= abs + rel * |expected|`, in float64. What isn't finite is never
    equal: the comparison asks whether it *is* within, which no NaN ever is.
    """
    wanted = expected.astype(np.float64)
    difference = np.abs(actual.astype(np.float64) - wanted)
    allowed = tolerance.abs + tolerance.rel * np.abs(wanted)
    return Comparison(difference, allowed, ~(difference <= allowed))
