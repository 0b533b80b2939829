"""What a project declares about its golden tests: [tool.noxline.golden] as a frozen record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..config import load
from ..errors import nearest
from ..tables import Location, read_record, read_value
from .metrics import METRICS

KEY = "tool.noxline.golden"


def _not_negative(value: object, at: Location) -> float:
    number: float = read_value(float, value, at)
    if not 0 <= number < float("inf"):
        raise at.error("out of range", value, "zero or more, and finite", "write 0 or more")
    return number


@dataclass(frozen=True)
class Tolerance:
    """How far an output may be from its baseline: `abs + rel * |baseline|`; 0 means exactly equal.

    Args:
        abs: In the output's own unit.
        rel: As a share of the baseline's value.
    """

    abs: float = field(default=0.0, metadata={"parse": _not_negative})
    rel: float = field(default=0.0, metadata={"parse": _not_negative})


@dataclass(frozen=True)
class MetricGate:
    """What a metric must keep.

    Args:
        limit: Its worst allowed value, a floor or a ceiling as the metric's direction says.
        margin: How much worse than the accepted baseline a new model may be.
    """

    limit: float
    margin: float = field(default=0.0, metadata={"parse": _not_negative})


@dataclass(frozen=True)
class RuleLimit:
    """A domain rule's limit: exactly one of the two is declared."""

    at_most: float | None = None
    at_least: float | None = None


def _rule_limit(value: object, at: Location) -> RuleLimit:
    rule: RuleLimit = read_record(RuleLimit, value, at)
    if (rule.at_most is None) == (rule.at_least is None):
        fix = "write { at_most = ... } or { at_least = ... }"
        raise at.error("a rule has one limit", repr(value), "at_most or at_least", fix)
    return rule


def _rules(value: object, at: Location) -> Mapping[str, RuleLimit]:
    table = read_value(Mapping[str, object], value, at) if not isinstance(value, Mapping) else value
    return {str(name): _rule_limit(limit, at.of(str(name))) for name, limit in table.items()}


def _gates(value: object, at: Location) -> Mapping[str, MetricGate]:
    gates: Mapping[str, MetricGate] = read_value(Mapping[str, MetricGate], value, at)
    for name in gates:
        if name not in METRICS:
            near = nearest(name, METRICS)
            fix = f"write {near} instead" if near else f"remove {name}"
            raise at.error("a gate with no metric", name, ", ".join(METRICS), fix)
    if not gates:
        raise at.error("no gate", "an empty table", "one gate or more", "add sensitivity = ...")
    return gates


@dataclass(frozen=True)
class Settings:
    """One project's golden tests.

    Args:
        model: The model file that is judged, relative to the project.
        cases: The golden set, a CSV file.
        id: The column that names a case.
        label: The column with the true class.
        positive: The class that must not be missed, as the label column spells it.
        negative: The other class.
        score: The output that is the probability of the positive class.
        decision: The output that says whether a case is called positive.
        outputs: Every output that is compared, with its tolerance.
        gates: Every metric that is gated.
        rules: Every domain rule that a test must check, with its limit.
        must_pass: The cases that no model may get wrong.
        newly_missed: How many positive cases a new model may miss that the accepted one found.
        baseline: The folder of accepted baselines, one file for each kind of accelerator.
        report: The folder that the report is written to.
        rerun: A command that reproduces one case; `{case}` stands for its name.
    """

    model: str
    cases: str
    id: str
    label: str
    positive: str
    negative: str
    score: str
    decision: str
    outputs: Mapping[str, Tolerance]
    gates: Mapping[str, MetricGate] = field(metadata={"parse": _gates})
    rules: Mapping[str, RuleLimit] = field(default_factory=dict, metadata={"parse": _rules})
    must_pass: tuple[str, ...] = ()
    newly_missed: int = 0
    baseline: str = "tests/golden/baseline"
    report: str = "reports/golden"
    rerun: str = "nox -s golden"


def read_settings(root: Path) -> Settings:
    """Read the [tool.noxline.golden] of a project that has one.

    Raises:
        NoxlineError: An unknown key, a missing one, or a value that cannot be.
    """
    at = Location("pyproject.toml", KEY)
    settings: Settings = read_record(Settings, load(root).declared.golden, at)
    for key in ("score", "decision"):
        name = getattr(settings, key)
        if name not in settings.outputs:
            found = ", ".join(settings.outputs) or "none"
            fix = f"add {name} = {{}} to [{KEY}.outputs], or correct {key}"
            raise at.of(key).error("not an output", name, f"one of: {found}", fix)
    return settings
