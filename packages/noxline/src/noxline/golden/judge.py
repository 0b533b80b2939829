"""The judgement of a model's outputs: which lane, which gates, by how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from .against import baseline_gates, comparable, non_inferiority, reproduction
from .gates import Evidence, Gate, floors, must_pass, output_problems
from .rows import Row, rows

Lane: TypeAlias = Literal["reproduction", "non-inferiority", "none", "broken"]


@dataclass(frozen=True)
class Judgement:
    """All gates of one model on one golden set, and its cases from the worst to the best."""

    lane: Lane
    why: str
    gates: tuple[Gate, ...]
    rows: tuple[Row, ...]


def judge(evidence: Evidence) -> Judgement:
    """Put every question that the settings declare; never raises for what it is judging."""
    broken = output_problems(evidence)
    if broken:
        gates = [Gate("comparison", "outputs", False, problem) for problem in broken]
        return Judgement("broken", "the model's outputs cannot be judged", tuple(gates), ())
    lane, why = _lane(evidence)
    gates = [*baseline_gates(evidence), *floors(evidence), *must_pass(evidence)]
    baseline = comparable(evidence)
    if baseline is None:
        gates.append(Gate("comparison", "nothing was compared", False, why))
    elif lane == "reproduction":
        gates += reproduction(evidence, baseline.take(evidence.cases.ids))
    else:
        gates += non_inferiority(evidence, baseline.take(evidence.cases.ids))
    return Judgement(lane, why, tuple(gates), rows(evidence))


def _lane(evidence: Evidence) -> tuple[Lane, str]:
    baseline = evidence.baseline
    if isinstance(baseline, str):
        return "none", "there is no baseline to compare with"
    if comparable(evidence) is None:
        return "none", "the baseline is of other cases"
    if baseline.model == evidence.model:
        return "reproduction", "this is the model that was accepted"
    accepted, now = baseline.model[:12], evidence.model[:12]
    return "non-inferiority", f"a new model ({now}) against the accepted one ({accepted})"
