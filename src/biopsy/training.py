"""Logistic regression on standardised features, fitted by Newton's method in plain float64.

Newton's steps go on until the gradient is at the rounding error of float64, so that what differs
between machines (the order of additions in a BLAS) moves a weight by about 1e-12 of itself.
Rounding the weights to a few digits then makes them the same everywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from noxline.errors import ExitCode, NoxlineError

from .cases import Bools, Cases, Floats, fingerprint
from .params import Train


@dataclass(frozen=True)
class Fit:
    """score = 1 / (1 + exp(-(features @ weights + bias))), on features in their own units.

    Attributes:
        weights: [30] float64.
        bias: One number.
        losses: The mean log loss (nats a case) before each Newton step and after the last.
    """

    weights: Floats
    bias: float
    losses: tuple[float, ...]

    def score(self, features: Floats) -> Floats:
        """The probability of malignant: [N] float64, from [N, 30]."""
        return sigmoid(features @ self.weights + self.bias)


@dataclass(frozen=True)
class Trained:
    """What is exported.

    Attributes:
        weights: [30] float64, rounded.
        bias: Rounded too.
        threshold: The least score that is called malignant.
        losses: As of `Fit`.
        margin: How near any of them was to being rounded otherwise; see `rounding_margin`.
    """

    weights: Floats
    bias: float
    threshold: float
    losses: tuple[float, ...]
    margin: float


def train(cases: Cases, settings: Train) -> Trained:
    """Fit, round, and choose the threshold.

    Raises:
        NoxlineError: Only one class, or no convergence in `settings.steps`.
    """
    fitted = fit(cases.features, cases.malignant, settings)
    weights = np.array([rounded(float(w), settings.digits) for w in fitted.weights])
    scores = out_of_fold(cases, settings)
    threshold = choose_threshold(scores, cases.malignant, settings.sensitivity)
    return Trained(
        weights=weights,
        bias=rounded(fitted.bias, settings.digits),
        threshold=threshold,
        losses=fitted.losses,
        margin=rounding_margin(np.append(fitted.weights, fitted.bias), settings.digits),
    )


def fit(features: Floats, malignant: Bools, settings: Train) -> Fit:
    """Minimise mean log loss + l2 / 2 * |weights|^2, weights being of standardised features.

    Args:
        features: [N, 30].
        malignant: [N] bool.
        settings: l2, and when to stop.

    Raises:
        NoxlineError: Only one class, or the gradient is still above `settings.gradient`.
    """
    if malignant.all() or not malignant.any():
        raise NoxlineError(
            "training needs benign and malignant cases",
            found=f"{len(malignant)} cases, {int(malignant.sum())} malignant",
            fix="add cases of the other diagnosis",
        )
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    design = np.column_stack([(features - mean) / scale, np.ones(len(features))])
    # The bias isn't drawn to zero: it is the share of malignant cases, no sign of overfitting.
    penalty = np.array([settings.l2] * features.shape[1] + [0.0])
    theta, losses = _newton(design, malignant.astype(np.float64), penalty, settings)
    weights = theta[:-1] / scale
    return Fit(weights, float(theta[-1] - weights @ mean), losses)


def _newton(
    design: Floats, target: Floats, penalty: Floats, settings: Train
) -> tuple[Floats, tuple[float, ...]]:
    theta = np.zeros(design.shape[1])
    losses = []
    for _ in range(settings.steps):
        losses.append(log_loss(design @ theta, target))
        gradient, hessian = _derivatives(design, target, penalty, theta)
        step = np.asarray(np.linalg.solve(hessian, gradient), dtype=np.float64)
        theta = _descend(design, target, penalty, theta, step)
    losses.append(log_loss(design @ theta, target))
    gradient, _ = _derivatives(design, target, penalty, theta)
    left = float(np.abs(gradient).max())
    if left > settings.gradient:
        raise NoxlineError(
            f"training did not converge in {settings.steps} steps",
            found=f"a gradient of {left:.1e}",
            expected=f"at most {settings.gradient:.0e}",
            fix="raise train.steps in params.yaml",
            code=ExitCode.FAILED,
        )
    return theta, tuple(losses)


def _derivatives(
    design: Floats, target: Floats, penalty: Floats, theta: Floats
) -> tuple[Floats, Floats]:
    score = sigmoid(design @ theta)
    gradient = design.T @ (score - target) / len(target) + penalty * theta
    curvature = score * (1 - score) / len(target)
    return gradient, (design.T * curvature) @ design + np.diag(penalty)


def _descend(
    design: Floats, target: Floats, penalty: Floats, theta: Floats, step: Floats
) -> Floats:
    """Take the step, or the half, quarter ... of it that doesn't raise the objective."""

    def objective(at: Floats) -> float:
        return log_loss(design @ at, target) + float(penalty @ at**2) / 2

    before = objective(theta)
    # At the minimum the difference is rounding error, which must not decide anything.
    while objective(theta - step) > before + 1e-12:
        step = step / 2
    return theta - step


def sigmoid(logits: Floats) -> Floats:
    """1 / (1 + exp(-logits)) without overflow."""
    return np.exp(-np.logaddexp(0.0, -logits))


def log_loss(logits: Floats, target: Floats) -> float:
    """Mean log loss in nats a case; `target` is [N], 1.0 where malignant."""
    return float((np.logaddexp(0.0, logits) - target * logits).mean())


def folds(features: Floats, count: int) -> Floats:
    """Each case's fold, [N] whole numbers below `count`, from its own features."""
    return np.array([int(fingerprint(row)[-8:], 16) % count for row in features])


def out_of_fold(cases: Cases, settings: Train) -> Floats:
    """Each case's score by a model that was fitted on the other folds: [N] float64."""
    fold = folds(cases.features, settings.folds)
    scores = np.empty(len(cases))
    for number in range(settings.folds):
        held = fold == number
        if held.any():
            rest = cases.where(~held)
            fitted = fit(rest.features, rest.malignant, settings)
            scores[held] = fitted.score(cases.features[held])
    return scores


def choose_threshold(scores: Floats, malignant: Bools, sensitivity: float) -> float:
    """The largest threshold, in thousandths, that finds the wanted share of malignant cases.

    A case is called malignant where score >= threshold. Missing one is what must not happen, so
    the sensitivity is given and the specificity is what it comes to.
    """
    ranked = np.sort(scores[malignant])[::-1]
    needed = math.ceil(sensitivity * len(ranked))
    return math.floor(float(ranked[needed - 1]) * 1000) / 1000


def rounded(value: float, digits: int) -> float:
    """The value at so many significant digits."""
    return float(f"{value:.{digits - 1}e}")


def rounding_margin(values: Floats, digits: int) -> float:
    """How near a value is to where it would be rounded the other way, 0 to 0.5 of a last digit.

    Another machine's model is the same file as long as its weights differ by less than this.
    """
    sizes = np.abs(values[values != 0])
    steps = 10.0 ** (np.floor(np.log10(sizes)) - digits + 1)
    return float(np.abs(sizes / steps % 1 - 0.5).min(initial=0.5))


def loss_csv(losses: tuple[float, ...]) -> str:
    """The training loss (nats a case) by Newton step, as CSV."""
    lines = [f"{step},{loss:.4f}" for step, loss in enumerate(losses)]
    return "\n".join(["step,loss", *lines]) + "\n"
