"""The metrics that a gate may name, each of a binary decision and its score."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Bools: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]
Array: TypeAlias = NDArray[Any]

#: A score of exactly 0 or 1 that is wrong would cost infinitely much; it costs this instead.
CLIP = 1e-7


@dataclass(frozen=True, eq=False)
class Calls:
    """What a model says of some cases, and what is true; each array has the shape (cases,).

    Args:
        positive: The true classes.
        score: The probability of the positive class that the model gives.
        decision: Whether the model calls the case positive.
    """

    positive: Bools
    score: Floats
    decision: Bools


@dataclass(frozen=True)
class Metric:
    """One metric and its good direction.

    Args:
        higher_is_better: Whether a larger value is a better model.
        measure: Its value; None where it isn't defined, as sensitivity without a positive case.
    """

    higher_is_better: bool
    measure: Callable[[Calls], float | None]


def sensitivity(calls: Calls) -> float | None:
    """The share of positive cases that are found; None without one."""
    return _share(calls.decision, calls.positive)


def specificity(calls: Calls) -> float | None:
    """The share of negative cases that are left alone; None without one."""
    return _share(~calls.decision, ~calls.positive)


def log_loss(calls: Calls) -> float | None:
    """The mean negative log likelihood of the true class, in nats; None without probabilities."""
    if not _probabilities(calls.score):
        return None
    chance = np.where(calls.positive, calls.score, 1.0 - calls.score)
    return float(-np.mean(np.log(np.clip(chance, CLIP, 1.0))))


def brier(calls: Calls) -> float | None:
    """The mean squared difference of score and class (Brier 1950); None without probabilities."""
    if not _probabilities(calls.score):
        return None
    return float(np.mean((calls.score - calls.positive) ** 2))


METRICS: Mapping[str, Metric] = {
    "sensitivity": Metric(higher_is_better=True, measure=sensitivity),
    "specificity": Metric(higher_is_better=True, measure=specificity),
    "log_loss": Metric(higher_is_better=False, measure=log_loss),
    "brier": Metric(higher_is_better=False, measure=brier),
}


def _share(hits: Bools, among: Bools) -> float | None:
    count = int(among.sum())
    return float((hits & among).sum() / count) if count else None


def _probabilities(score: Floats) -> bool:
    # A NaN is in no range, so it fails here too.
    return score.size > 0 and bool(np.all((score >= 0.0) & (score <= 1.0)))
