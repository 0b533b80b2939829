"""A model against what was accepted: the baseline's soundness, and the gates of both lanes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from .baseline import ACCEPT, Baseline, mend
from .compare import compare, shape_problem
from .gates import Evidence, Gate, labels, measured, metric_values
from .metrics import METRICS, Array

# The fix where the file may well be whole, but what is asked of it is another thing now.
_ANEW = f"undo the change of what is asked, or look at the outputs and accept anew: {ACCEPT}"


def baseline_gates(evidence: Evidence) -> Iterable[Gate]:
    """Is there a baseline, is it whole, and is it of these cases?"""
    baseline, settings = evidence.baseline, evidence.settings
    if isinstance(baseline, str):
        yield Gate("baseline", "the baseline can be read", False, baseline)
        return
    file = Path(settings.baseline, f"{baseline.accelerator}.csv")
    problems = [f"{flaw}\nfix: {mend(file)}" for flaw in baseline.flaws]
    problems += [f"{other}\nfix: {_ANEW}" for other in _of_others(evidence, baseline)]
    for problem in problems:
        yield Gate("baseline", "the baseline is as accepted", False, problem)
    if not problems:
        says = f"{len(baseline.ids)} rows of these cases, accepted by {baseline.by}"
        yield Gate("baseline", "the baseline is as accepted", True, says)


def _of_others(evidence: Evidence, baseline: Baseline) -> Iterable[str]:
    """How the baseline's cases are others than those of the golden set."""
    cases = evidence.cases
    missing = sorted(set(cases.ids) - set(baseline.ids))
    extra = sorted(set(baseline.ids) - set(cases.ids))
    if missing:
        yield f"has no row for {len(missing)} cases: {', '.join(missing[:3])}"
    if extra:
        yield f"has {len(extra)} cases too many: {', '.join(extra[:3])}"
    if baseline.cases != cases.sha256 and not (missing or extra):
        yield f"was accepted on other golden cases ({baseline.cases[:12]})"
    truth = dict(zip(cases.ids, labels(cases, evidence.settings), strict=True))
    wrong = [c for c, label in zip(baseline.ids, baseline.labels, strict=True)
             if truth.get(c, label) != label]  # fmt: skip
    if wrong:
        yield f"gives another class for {', '.join(wrong[:3])}"


def comparable(evidence: Evidence) -> Baseline | None:
    """The baseline, if each case has exactly one row in it."""
    baseline = evidence.baseline
    if isinstance(baseline, str) or len(baseline.ids) != len(evidence.cases.ids):
        return None
    return baseline if set(baseline.ids) == set(evidence.cases.ids) else None


def reproduction(evidence: Evidence, accepted: Mapping[str, Array]) -> Iterable[Gate]:
    """The same model: every case's every output within tolerance of the accepted ones."""
    for name, tolerance in evidence.settings.outputs.items():
        title = f"{name} is reproduced"
        if name not in accepted:
            yield Gate("comparison", title, False, f"the baseline has no such output\nfix: {_ANEW}")
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


def non_inferiority(evidence: Evidence, accepted: Mapping[str, Array]) -> Iterable[Gate]:
    """Another model: no metric worse than the accepted one's by more than its margin."""
    settings = evidence.settings
    if settings.score not in accepted or settings.decision not in accepted:
        yield Gate(
            "comparison",
            "nothing was compared",
            False,
            f"the baseline has other outputs\nfix: {_ANEW}",
        )
        return
    now, before = metric_values(evidence, evidence.outputs), metric_values(evidence, accepted)
    for name, gate in settings.gates.items():
        higher = METRICS[name].higher_is_better
        was = before[name]
        title = f"{name} against the accepted"
        if was is None:
            yield Gate("comparison", title, False, f"undefined for the baseline\nfix: {_ANEW}")
            continue
        limit = was - gate.margin if higher else was + gate.margin
        says = f"accepted {was:.4g}"
        yield measured("comparison", title, now[name], limit, at_most=not higher, says=says)
    yield _newly_missed(evidence, accepted)


def _newly_missed(evidence: Evidence, accepted: Mapping[str, Array]) -> Gate:
    """The positive cases that the accepted model found and this one doesn't."""
    settings = evidence.settings
    found = evidence.cases.positive & accepted[settings.decision].astype(bool)
    missed = found & ~evidence.outputs[settings.decision].astype(bool)
    names = [case for case, is_missed in zip(evidence.cases.ids, missed, strict=True) if is_missed]
    says = ", ".join(names[:3])
    limit = float(settings.newly_missed)
    return measured(
        "comparison", "newly missed cases", float(len(names)), limit, at_most=True, says=says
    )
