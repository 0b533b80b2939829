"""The gates: each question that is asked of a model's outputs, and its answer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from .baseline import Baseline
from .cases import Cases
from .compare import compare, shape_problem
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


def baseline_gates(evidence: Evidence) -> Iterable[Gate]:
    """Is there a baseline, is it whole, and is it of these cases?"""
    baseline, cases, settings = evidence.baseline, evidence.cases, evidence.settings
    if isinstance(baseline, str):
        yield Gate("baseline", "the baseline can be read", False, baseline)
        return
    problems = [*baseline.flaws]
    missing = sorted(set(cases.ids) - set(baseline.ids))
    extra = sorted(set(baseline.ids) - set(cases.ids))
    if missing:
        problems.append(f"has no row for {len(missing)} cases: {', '.join(missing[:3])}")
    if extra:
        problems.append(f"has {len(extra)} cases too many: {', '.join(extra[:3])}")
    if baseline.cases != cases.sha256 and not (missing or extra):
        problems.append(f"was accepted on other golden cases ({baseline.cases[:12]})")
    truth = dict(zip(cases.ids, labels(cases, settings), strict=True))
    wrong = [c for c, label in zip(baseline.ids, baseline.labels, strict=True)
             if truth.get(c, label) != label]  # fmt: skip
    if wrong:
        problems.append(f"gives another class for {', '.join(wrong[:3])}")
    for problem in problems:
        yield Gate("baseline", "the baseline is as accepted", False, problem)
    if not problems:
        says = f"{len(baseline.ids)} rows of these cases, accepted by {baseline.by}"
        yield Gate("baseline", "the baseline is as accepted", True, says)


def comparable(evidence: Evidence) -> Baseline | None:
    """The baseline, if each case has exactly one row in it."""
    baseline = evidence.baseline
    if isinstance(baseline, str) or len(baseline.ids) != len(evidence.cases.ids):
        return None
    return baseline if set(baseline.ids) == set(evidence.cases.ids) else None


def reproduction(evidence: Evidence) -> Iterable[Gate]:
    """The same model: every case's every output within tolerance."""
    baseline = comparable(evidence)
    if baseline is None:
        return
    accepted = baseline.take(evidence.cases.ids)
    for name, tolerance in evidence.settings.outputs.items():
        title = f"{name} is reproduced"
        if name not in accepted:
            yield Gate("comparison", title, False, "the baseline has no such output")
            continue
        problem = shape_problem(name, evidence.outputs, accepted[name])
        if problem:
            yield Gate("comparison", title, False, problem)
            continue
        result = compare(accepted[name], evidence.outputs[name], tolerance)
        worst = int(np.argmax(result.difference - result.allowed))
        count = int(result.differs.sum())
        says = f"{count} of {len(result.differs)} cases differ, most {evidence.cases.ids[worst]}"
        value, limit = float(result.difference[worst]), float(result.allowed[worst])
        yield Gate(
            "comparison", title, count == 0, says if count else "", value, limit, limit - value
        )


def non_inferiority(evidence: Evidence) -> Iterable[Gate]:
    """Another model: no metric worse than the accepted one's by more than its margin."""
    baseline, settings = comparable(evidence), evidence.settings
    if baseline is None:
        return
    accepted = baseline.take(evidence.cases.ids)
    if settings.score not in accepted or settings.decision not in accepted:
        yield Gate("comparison", "nothing was compared", False, "the baseline has other outputs")
        return
    now, before = metric_values(evidence, evidence.outputs), metric_values(evidence, accepted)
    for name, gate in settings.gates.items():
        higher = METRICS[name].higher_is_better
        was = before[name]
        title = f"{name} against the accepted"
        if was is None:
            yield Gate("comparison", title, False, "undefined for the baseline")
            continue
        limit = was - gate.margin if higher else was + gate.margin
        says = f"accepted {was:.4g}"
        yield measured("comparison", title, now[name], limit, at_most=not higher, says=says)
    found = evidence.cases.positive & accepted[settings.decision].astype(bool)
    missed = found & ~evidence.outputs[settings.decision].astype(bool)
    names = [case for case, is_missed in zip(evidence.cases.ids, missed, strict=True) if is_missed]
    says = ", ".join(names[:3])
    limit = float(settings.newly_missed)
    yield measured(
        "comparison", "newly missed cases", float(len(names)), limit, at_most=True, says=says
    )


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
