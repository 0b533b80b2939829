"""What a golden test is handed: the cases, the model, and a place to answer questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import pytest

from ..errors import nearest
from .gates import Evidence, Gate, Kind, rule_gate
from .judge import Judgement
from .metrics import Array, Floats

#: Of features (cases, features), each output by name, shape (cases,).
Predict: TypeAlias = Callable[[Floats], Mapping[str, Array]]


@dataclass(frozen=True, eq=False)
class Golden:
    """One run's golden set, model and judgement.

    Args:
        evidence: The cases, the settings, the outputs and the baseline.
        judgement: What came of them.
        predict: The model, to be asked about changed cases by rules.
        accepting: Whether this run is to replace the baseline instead of asking it.
        rules: The rules that were checked so far, by name.
    """

    evidence: Evidence
    judgement: Judgement
    predict: Predict
    accepting: bool
    rules: dict[str, Gate] = field(default_factory=dict)

    def require(self, kind: Kind) -> None:
        """Fail the test unless every gate of this kind passed, and there was one."""
        __tracebackhide__ = True
        # A run that replaces the baseline can't be asked whether it agrees with it.
        unanswered = kind in ("baseline", "comparison") and self.judgement.lane != "broken"
        if self.accepting and unanswered:
            return
        gates = [gate for gate in self.judgement.gates if gate.kind == kind]
        failed = [gate for gate in gates if not gate.passed]
        if not gates:
            pytest.fail(f"no gate of the kind {kind} was judged", pytrace=False)
        if failed:
            pytest.fail("\n".join(describe(gate) for gate in failed), pytrace=False)

    def rule(self, name: str, value: float, says: str = "") -> None:
        """Hold a measured value against the limit that is declared for this rule.

        Args:
            name: The rule's name in [tool.noxline.golden.rules].
            value: What was measured, in the limit's unit.
            says: What a reader should know, such as the worst case.
        """
        __tracebackhide__ = True
        limits = self.evidence.settings.rules
        if name not in limits:
            near = nearest(name, limits)
            fix = f"write '{near}'" if near else "declare it in [tool.noxline.golden.rules]"
            pytest.fail(f"'{name}' is not a declared rule\n  fix:      {fix}", pytrace=False)
        gate = rule_gate(name, float(value), limits[name], says)
        self.rules[name] = gate
        if not gate.passed:
            pytest.fail(describe(gate), pytrace=False)


def describe(gate: Gate) -> str:
    """A gate in one line, for a failing test."""
    numbers = [
        f"{label} {number:.6g}"
        for label, number in (("", gate.value), ("limit", gate.limit), ("margin", gate.margin))
        if number is not None
    ]
    return f"{gate.name}: " + ", ".join(text.strip() for text in [*numbers, gate.says] if text)
