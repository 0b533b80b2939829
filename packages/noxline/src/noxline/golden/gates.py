"""The gates: each question that is asked of a model's outputs, and its answer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from .baseline import Baseline
from .cases import Cases
from .compare import shape_problem
from .metrics import METRICS, Array, Calls
from .settings import RuleLimit, Settings

Kind: TypeAlias = Literal["baseline", "comparison", "floor", "must_pass", "rule", "test"]


@dataclass(frozen=True)
class Gate:
    """One question with its answer.

    Args:
        kind: What sort of question it is.
        name: The question.
        passed: The answer; a value that is undefined never passes.
        says: What was found, in a few words, where the numbers don't say it.
        value: What was measured.
        limit: Its worst allowed value.
        margin: How far inside the limit it is; negative outside.
    """

    kind: Kind
    name: str
    passed: bool
    says: str = ""
    value: float | None = None
    limit: float | None = None
    margin: float | None = None


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a judgement is made from.

    Args:
        settings: What the project declares.
        cases: The golden set.
        model: SHA-256 of the model file.
        outputs: What the model gives now, each of shape (cases,).
        baseline: What was accepted, or the sentence that says why it can't be read.
    """

    settings: Settings
    cases: Cases
    model: str
    outputs: Mapping[str, Array]
    baseline: Baseline | str


def measured(
    kind: Kind, name: str, value: float | None, limit: float, *, at_most: bool, says: str = ""
) -> Gate:
    """A gate on a number; None or NaN is undefined and never passes."""
    if value is None or math.isnan(value):
        return Gate(kind, name, False, says or "undefined", None, limit)
    margin = limit - value if at_most else value - limit
    return Gate(kind, name, margin >= 0, says, value, limit, margin)


def rule_gate(name: str, value: float, limit: RuleLimit, says: str = "") -> Gate:
    """A domain rule's gate."""
    if limit.at_most is not None:
        return measured("rule", name, value, limit.at_most, at_most=True, says=says)
    return measured("rule", name, value, limit.at_least or 0.0, at_most=False, says=says)


def output_problems(evidence: Evidence) -> list[str]:
    """What is wrong with the outputs themselves, before any question of equal or better."""
    settings, outputs = evidence.settings, evidence.outputs
    found = (_output_problem(name, outputs, len(evidence.cases.ids)) for name in settings.outputs)
    problems = [problem for problem in found if problem]
    extra = sorted(set(outputs) - set(settings.outputs))
    if extra:
        problems.append(f"{', '.join(extra)}: an output that no tolerance is declared for")
    if not problems and outputs[settings.decision].dtype != np.bool_:
        problems.append(
            f"{settings.decision}: a decision is bool, not {outputs[settings.decision].dtype}"
        )
    return problems


def _output_problem(name: str, outputs: Mapping[str, Array], count: int) -> str | None:
    dtype = outputs[name].dtype if name in outputs else None
    problem = shape_problem(name, outputs, np.empty(count, dtype))
    if problem:
        return problem
    if outputs[name].dtype.kind not in "bif":
        return f"{name}: wrong dtype {dtype}, expected a number or bool"
    broken = int((~np.isfinite(outputs[name])).sum())
    return f"{name}: not finite in {broken} of {count} cases" if broken else None


def floors(evidence: Evidence) -> Iterable[Gate]:
    """Every metric on its own, whatever was accepted before."""
    values = metric_values(evidence, evidence.outputs)
    for name, gate in evidence.settings.gates.items():
        at_most = not METRICS[name].higher_is_better
        says = "undefined on these cases" if values[name] is None else ""
        yield measured("floor", name, values[name], gate.limit, at_most=at_most, says=says)


def must_pass(evidence: Evidence) -> Iterable[Gate]:
    """The named cases that no model may get wrong."""
    decision = evidence.outputs[evidence.settings.decision].astype(bool)
    place = {case: row for row, case in enumerate(evidence.cases.ids)}
    for case in evidence.settings.must_pass:
        if case not in place:
            yield Gate("must_pass", f"must pass: {case}", False, "no such case in the golden set")
            continue
        row = place[case]
        right = bool(decision[row] == evidence.cases.positive[row])
        label = labels(evidence.cases, evidence.settings)[row]
        score = float(evidence.outputs[evidence.settings.score][row])
        says = f"{label}, {'right' if right else 'wrong'} with a score of {score:.4g}"
        yield Gate("must_pass", f"must pass: {case}", right, says)


def metric_values(evidence: Evidence, outputs: Mapping[str, Array]) -> dict[str, float | None]:
    """Each gated metric of some outputs of these cases; None where undefined."""
    settings = evidence.settings
    calls = Calls(
        positive=evidence.cases.positive,
        score=outputs[settings.score].astype(np.float64),
        decision=outputs[settings.decision].astype(bool),
    )
    return {name: METRICS[name].measure(calls) for name in settings.gates}


def labels(cases: Cases, settings: Settings) -> list[str]:
    """Each case's true class as the label column spells it."""
    return [settings.positive if positive else settings.negative for positive in cases.positive]
