from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from biopsy import evaluation
from biopsy.predict import Predictions

SCORE = np.array([0.9, 0.6, 0.2, 0.1])
TRUTH = np.array([True, False, True, False])


def test_the_metrics_are_what_they_are_called() -> None:
    """Four cases by hand: one found, one missed, one false alarm, one rightly benign."""
    values = evaluation.metrics(Predictions(SCORE, SCORE >= 0.5), TRUTH)

    assert values == {
        "sensitivity": 0.5,
        "specificity": 0.5,
        "roc_auc": 0.75,
        "log_loss": round(-float(np.log([0.9, 0.4, 0.2, 0.9]).mean()), 4),
        "brier": round((0.1**2 + 0.6**2 + 0.8**2 + 0.1**2) / 4, 4),
        "cases": 4,
        "missed_malignant": 1,
        "false_alarms": 1,
    }


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=30))
def test_roc_auc_is_scikit_learns(pairs: list[tuple[float, bool]]) -> None:
    """Ties and all, the area under the curve agrees with a well-kept implementation."""
    score, truth = (np.array(column) for column in zip(*pairs, strict=True))
    if truth.all() or not truth.any():
        return

    assert evaluation.roc_auc(score, truth) == pytest.approx(roc_auc_score(truth, score))


def test_a_wrong_certainty_stays_finite() -> None:
    """A score of exactly 0 for a malignant case costs much, not infinitely much."""
    said = Predictions(np.array([0.0, 0.0]), np.array([False, False]))

    assert evaluation.metrics(said, np.array([True, False]))["log_loss"] == 17.2694


def test_the_roc_curve_climbs_to_one() -> None:
    """From nothing called to all called, one row a threshold."""
    rows = [line.split(",") for line in evaluation.roc_csv(SCORE, TRUTH).splitlines()]

    assert rows[0] == ["threshold", "false_positive_rate", "sensitivity"]
    assert rows[1:] == [
        ["1.0", "0.0", "0.0"],
        ["0.9", "0.0", "0.5"],
        ["0.6", "0.5", "0.5"],
        ["0.2", "0.5", "1.0"],
        ["0.1", "1.0", "1.0"],
    ]


def test_each_case_is_a_row_of_the_confusion() -> None:
    """What it is, then what it was called."""
    text = evaluation.confusion_csv(SCORE >= 0.5, TRUTH)

    assert text.splitlines() == [
        "actual,predicted",
        "malignant,malignant",
        "benign,malignant",
        "malignant,benign",
        "benign,benign",
    ]
