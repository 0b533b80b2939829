"""Every case side by side with what was accepted for it, the worst first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from .against import comparable
from .gates import Evidence, labels

#: From the worst to the best: a case that was right before, one that was wrong already, ...
Status: TypeAlias = Literal[
    "newly missed", "newly a false alarm", "missed", "false alarm", "newly right", ""
]


@dataclass(frozen=True)
class Row:
    """One case: its class, what was accepted for it, and what came out.

    Args:
        case: Its name.
        label: Its true class.
        accepted: The accepted score; None without a baseline.
        score: The score now.
        difference: The score now less the accepted one.
        decision: Whether it is called positive now.
        status: What is wrong or new about that; empty where nothing is.
    """

    case: str
    label: str
    accepted: float | None
    score: float
    difference: float | None
    decision: bool
    status: Status


def rows(evidence: Evidence) -> tuple[Row, ...]:
    """Every case: by status, then the most different, then the most wrong."""
    settings, cases = evidence.settings, evidence.cases
    baseline = comparable(evidence)
    accepted = baseline.take(cases.ids) if baseline else {}
    was, before = accepted.get(settings.score), accepted.get(settings.decision)
    classes = labels(cases, settings)
    made = []
    for row, case in enumerate(cases.ids):
        score = float(evidence.outputs[settings.score][row])
        decision, positive = bool(evidence.outputs[settings.decision][row]), cases.positive[row]
        old = float(was[row]) if was is not None else None
        was_right = bool(before[row] == positive) if before is not None else None
        status = _status(right=decision == positive, positive=positive, was_right=was_right)
        difference = score - old if old is not None else None
        made.append(Row(case, classes[row], old, score, difference, decision, status))
    order = get_args(Status)
    return tuple(
        sorted(
            made,
            key=lambda row: (
                order.index(row.status),
                -abs(row.difference or 0.0),
                -abs(row.score - (row.label == settings.positive)),
                row.case,
            ),
        )
    )


def _status(*, right: bool, positive: bool, was_right: bool | None) -> Status:
    if right:
        return "newly right" if was_right is False else ""
    if was_right:
        return "newly missed" if positive else "newly a false alarm"
    return "missed" if positive else "false alarm"
