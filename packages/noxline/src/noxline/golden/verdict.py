"""The verdict of a golden run: everything that a report shows, as one record."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .baseline import Baseline
from .fixture import Golden
from .gates import Gate
from .rows import Row

_LIBRARIES = ("noxline", "numpy", "onnxruntime", "torch")


@dataclass(frozen=True)
class Outcome:
    """One golden test: its id, what came of it (passed, failed, skipped), why, and its seconds."""

    test: str
    result: str
    says: str
    seconds: float


@dataclass(frozen=True)
class Verdict:
    """What a golden run found.

    Args:
        passed: Whether every gate passed.
        headline: The verdict in one sentence.
        lane: Which of the two questions was asked, or why none.
        gates: All gates, rules and the tests themselves among them.
        rows: All cases, the worst first.
        tests: All golden tests that were selected.
        digests: SHA-256 of the model, of the cases, and those that the baseline was accepted for.
        accepted: Who accepted the baseline, when and why.
        environment: Versions and machine.
        rerun: A command that reproduces one case; `{case}` stands for its name.
    """

    passed: bool
    headline: str
    lane: str
    gates: tuple[Gate, ...]
    rows: tuple[Row, ...]
    tests: tuple[Outcome, ...]
    digests: Mapping[str, str]
    accepted: Mapping[str, str]
    environment: Mapping[str, str]
    rerun: str


def verdict(golden: Golden, tests: Iterable[Outcome], selected: int) -> Verdict:
    """The verdict of a run that reached its model."""
    tests, judgement = tuple(tests), golden.judgement
    gates = (*judgement.gates, *rule_gates(golden), tests_gate(tests, selected))
    failed = [gate for gate in gates if not gate.passed]
    headline = f"{len(gates)} gates passed" if not failed else (
        f"{len(failed)} of {len(gates)} gates failed: " + "; ".join(g.name for g in failed[:3])
    )  # fmt: skip
    evidence, baseline = golden.evidence, golden.evidence.baseline
    digests = {"model": evidence.model, "cases": evidence.cases.sha256}
    accepted = {}
    if isinstance(baseline, Baseline):
        digests |= {"accepted model": baseline.model, "accepted cases": baseline.cases}
        accepted = {"by": baseline.by, "at": baseline.accepted, "why": baseline.why}
    return Verdict(
        passed=not failed,
        headline=headline,
        lane=f"{judgement.lane}: {judgement.why}",
        gates=gates,
        rows=judgement.rows,
        tests=tests,
        digests=digests,
        accepted=accepted,
        environment=environment(),
        rerun=evidence.settings.rerun,
    )


def refused(reason: str, tests: Iterable[Outcome]) -> Verdict:
    """The verdict of a run that never compared anything."""
    gate = Gate("comparison", "nothing was compared", False, reason)
    headline = f"nothing was compared: {reason.splitlines()[0]}"
    lane = "none: the model was not judged"
    return Verdict(False, headline, lane, (gate,), (), tuple(tests), {}, {}, environment(), "")


def rule_gates(golden: Golden) -> list[Gate]:
    """Each declared rule's gate; one that no test checked is red."""
    declared = golden.evidence.settings.rules
    unchecked = "no test of this run checked it"
    return [golden.rules.get(name, Gate("rule", name, False, unchecked)) for name in declared]


def tests_gate(tests: tuple[Outcome, ...], selected: int) -> Gate:
    """Did every selected golden test run, and none fail?"""
    counts = {
        result: sum(test.result == result for test in tests)
        for result in ("passed", "failed", "skipped")
    }
    counts["not run"] = selected - len(tests)
    says = ", ".join(f"{count} {result}" for result, count in counts.items() if count)
    passed = counts["passed"] > 0 and not counts["failed"] and not counts["not run"]
    return Gate("test", "golden tests", passed, says)


def environment() -> dict[str, str]:
    """What this run ran on: versions and machine."""
    found = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
    }
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
