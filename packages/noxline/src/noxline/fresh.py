"""Whether a stage's last green receipt still holds, and if not, why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import chain, receipt
from .config import Project, StageConfig, within
from .digest import Digests
from .receipt import Receipt


@dataclass(frozen=True)
class Facts:
    """All that decides whether a stage would do the same again."""

    arguments: tuple[str, ...]
    commands: tuple[tuple[str, ...], ...]
    runtime: Mapping[str, Any]
    lock: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    python: str
    isolation: str
    variables: Mapping[str, str] = field(default_factory=dict)


def reasons(project: Project, stage: str, facts: Facts) -> list[str]:
    """Why the stage must run; empty where nothing changed since its last green receipt."""
    last = receipt.read(project.state, stage)
    if last is None:
        return ["it has not ended a run here"]
    if not last.green:
        return [f"its last run {'was ' if last.result == 'interrupted' else ''}{last.result}"]
    return _differences(last, facts) + _missing(project.stage(stage), facts.outputs)


def upstream(project: Project, stage: str, digests: Digests) -> list[str]:
    """Stages before this one whose inputs changed: they would make its inputs anew."""
    found: list[str] = []
    for maker in project.declared.makers(project.stage(stage).inputs):
        last = receipt.read(project.state, maker)
        if last is None or not last.green:
            found.append(f"'{maker}', which makes what it reads, has not passed")
        else:
            changes = chain.changes(last.inputs, chain.read_by(project, maker, digests))
            found += [f"'{maker}' would run first: {change}" for change in changes]
        found += upstream(project, maker, digests)
    return list(dict.fromkeys(found))


def _differences(last: Receipt, facts: Facts) -> list[str]:
    named = (
        ("arguments", last.arguments, facts.arguments),
        ("commands", last.commands, facts.commands),
        ("variables", dict(last.variables), dict(facts.variables)),
        ("runtime", dict(last.runtime), dict(facts.runtime)),
        ("lock file", last.lock, facts.lock),
        ("Python", last.python, facts.python),
        ("isolation", last.isolation, facts.isolation),
    )
    return [
        *chain.changes(last.inputs, facts.inputs),
        *chain.changes(last.outputs, facts.outputs),
        *(f"{name} changed: {_show(a)} -> {_show(b)}" for name, a, b in named if a != b),
    ]


def _missing(declared: StageConfig, outputs: Mapping[str, str]) -> list[str]:
    return [
        f"{name} is not there"
        for name in declared.outputs
        if not any(within(path, name) for path in outputs)
    ]


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
