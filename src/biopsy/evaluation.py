"""How good the model is on cases that it never saw, as numbers and as plots."""

from __future__ import annotations

import numpy as np

from .cases import Bools, Floats
from .features import LABELS
from .predict import Predictions

#: Decimals of every number written: what is left differs between machines by rounding error.
DECIMALS = 4


def metrics(predictions: Predictions, malignant: Bools) -> dict[str, float]:
    """The metrics of N cases by name; shares are 0 to 1, log_loss is in nats a case.

    Args:
        predictions: Of the N cases.
        malignant: [N] bool, the truth; both classes occur.
    """
    called, score = predictions.malignant, predictions.score
    likely = np.clip(np.where(malignant, score, 1 - score), 1e-15, 1.0)
    values = {
        "sensitivity": called[malignant].mean(),
        "specificity": (~called[~malignant]).mean(),
        "roc_auc": roc_auc(score, malignant),
        "log_loss": -np.log(likely).mean(),
        "brier": ((score - malignant) ** 2).mean(),
    }
    counts = {
        "cases": len(malignant),
        "missed_malignant": int((~called & malignant).sum()),
        "false_alarms": int((called & ~malignant).sum()),
    }
    return {name: round(float(v), DECIMALS) for name, v in values.items()} | counts


def roc_auc(score: Floats, malignant: Bools) -> float:
    """The chance that a malignant case scores above a benign one; a tie counts half."""
    pairs = score[malignant][:, None] - score[~malignant][None, :]
    return float(((pairs > 0) + 0.5 * (pairs == 0)).mean())


def roc_csv(score: Floats, malignant: Bools) -> str:
    """The ROC curve as CSV: one row for each threshold, from the strictest."""
    lines = ["threshold,false_positive_rate,sensitivity", "1.0,0.0,0.0"]
    for threshold in np.unique(np.round(score, DECIMALS))[::-1]:
        called = np.round(score, DECIMALS) >= threshold
        false = (called & ~malignant).sum() / (~malignant).sum()
        true = (called & malignant).sum() / malignant.sum()
        lines.append(",".join(str(round(float(x), DECIMALS)) for x in (threshold, false, true)))
    return "\n".join(lines) + "\n"


def confusion_csv(called: Bools, malignant: Bools) -> str:
    """What each case is and what it was called, as CSV for a confusion matrix."""
    pairs = zip(malignant, called, strict=True)
    lines = [f"{LABELS[int(is_)]},{LABELS[int(said)]}" for is_, said in pairs]
    return "\n".join(["actual,predicted", *lines]) + "\n"
