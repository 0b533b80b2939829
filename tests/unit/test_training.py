from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from noxline.errors import ExitCode, NoxlineError
from sklearn.linear_model import LogisticRegression

from biopsy import training
from biopsy.cases import Cases
from biopsy.params import Params


def test_the_fit_is_scikit_learns(some: Cases, settings: Params) -> None:
    """Newton's method finds the minimum that scikit-learn finds for the same objective."""
    scale = some.features.std(axis=0)
    standard = (some.features - some.features.mean(axis=0)) / scale
    strength = 1 / (settings.train.l2 * len(some))
    theirs = LogisticRegression(C=strength, tol=1e-10, max_iter=5000).fit(standard, some.malignant)

    ours = training.fit(some.features, some.malignant, settings.train)

    np.testing.assert_allclose(theirs.coef_[0], ours.weights * scale, rtol=1e-4, atol=1e-6)


def test_one_class_alone_is_refused(some: Cases, settings: Params) -> None:
    """There is nothing to tell apart."""
    benign = some.where(~some.malignant)

    with pytest.raises(NoxlineError, match="needs benign and malignant"):
        training.fit(benign.features, benign.malignant, settings.train)


def test_too_few_steps_are_refused(some: Cases, settings: Params) -> None:
    """A model that has not converged is never exported; that is the stage's own failure."""
    hasty = dataclasses.replace(settings.train, steps=2)

    with pytest.raises(NoxlineError, match="did not converge in 2 steps") as caught:
        training.fit(some.features, some.malignant, hasty)

    assert caught.value.code == ExitCode.FAILED


def test_a_constant_feature_has_no_weight(some: Cases, settings: Params) -> None:
    """A feature that never varies is not divided by its zero spread."""
    features = some.features.copy()
    features[:, 3] = 5.0

    assert training.fit(features, some.malignant, settings.train).weights[3] == 0


def test_a_case_is_scored_without_itself(some: Cases, settings: Params) -> None:
    """Flipping one case's diagnosis leaves its own out-of-fold score as it was, others not."""
    flipped = some.malignant.copy()
    flipped[0] = not flipped[0]
    before = training.out_of_fold(some, settings.train)

    after = training.out_of_fold(dataclasses.replace(some, malignant=flipped), settings.train)

    assert before[0] == after[0]
    assert (before != after).any()


@given(
    scores=st.lists(st.floats(0, 1), min_size=1, max_size=50),
    sensitivity=st.floats(0.5, 1.0),
)
def test_the_threshold_reaches_the_sensitivity(scores: list[float], sensitivity: float) -> None:
    """Of the malignant cases it was chosen on, at least the wanted share is found."""
    values, malignant = np.array(scores), np.ones(len(scores), dtype=bool)

    threshold = training.choose_threshold(values, malignant, sensitivity)

    assert (values >= threshold).mean() >= sensitivity
    assert threshold == round(threshold, 3)


def test_the_threshold_is_no_lower_than_needed() -> None:
    """A thousandth more would miss a case too many, however the benign ones score."""
    scores = np.array([0.9, 0.5, 0.4, 0.3, 0.99, 0.01])
    malignant = np.array([True, True, True, True, False, False])

    assert training.choose_threshold(scores, malignant, 0.75) == 0.4
    assert training.choose_threshold(scores, malignant, 0.76) == 0.3


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [(123456.5, 3, 123000.0), (-0.00123456, 3, -0.00123), (9.996, 3, 10.0), (0.0, 3, 0.0)],
)
def test_rounding_keeps_significant_digits(value: float, digits: int, expected: float) -> None:
    """Large and small weights keep the same relative precision."""
    assert expected == training.rounded(value, digits)


@pytest.mark.parametrize(
    ("values", "expected"), [([1.25, 3.0], 0.0), ([1.23], 0.2), ([-12.1, 0.0], 0.4), ([0.0], 0.5)]
)
def test_the_margin_is_the_way_to_the_next_rounding(values: list[float], expected: float) -> None:
    """In last digits, at two of them: 1.25 could become 1.2 or 1.3, -12.1 is far from that."""
    margin = training.rounding_margin(np.array(values), 2)

    assert margin == pytest.approx(expected, abs=1e-9)


def test_the_sigmoid_does_not_overflow() -> None:
    """The largest logits give 0 and 1, without a warning."""
    assert training.sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]
    assert training.log_loss(np.array([0.0]), np.array([1.0])) == pytest.approx(math.log(2))


def test_the_loss_is_kept_as_csv() -> None:
    """One line a step, at four decimals."""
    assert training.loss_csv((math.log(2), 0.1)) == "step,loss\n0,0.6931\n1,0.1000\n"
