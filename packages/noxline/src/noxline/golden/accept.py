"""Accepting: what the model gives now becomes the baseline, if it deserves to."""

from __future__ import annotations

import datetime as dt
import getpass
import os
import subprocess
from collections.abc import Iterable, Mapping

from ..errors import ExitCode, NoxlineError
from .against import comparable
from .baseline import ACCEPT, Baseline
from .gates import Evidence, Gate, labels, metric_values


def check_call(why: str, environment: Mapping[str, str]) -> None:
    """Refuse an acceptance that no person stands behind.

    Raises:
        NoxlineError: In CI, or without a reason.
    """
    if environment.get("CI", "").lower() not in ("", "0", "false"):
        raise NoxlineError(
            "a golden baseline is not accepted in CI",
            found=f"CI={environment['CI']}",
            expected="a person who looks at the change",
            fix=f"on your own machine: {ACCEPT}, then commit the diff",
        )
    if not why.strip():
        raise NoxlineError("accepting needs a reason", found="an empty one", fix=ACCEPT)


def refuse(gates: Iterable[Gate]) -> None:
    """Refuse outputs that would be red even against their own baseline.

    Raises:
        NoxlineError: A floor, a must-pass case, a rule, a test or the outputs' form failed.
    """
    failed = [gate.name for gate in gates if not gate.passed]
    if failed:
        raise NoxlineError(
            "not accepted: these outputs are red whatever the baseline says",
            found="; ".join(failed),
            expected="every floor, must-pass case, rule and test passes",
            fix="mend the model, or change the limit in [tool.noxline.golden] and say why there",
            code=ExitCode.FAILED,
        )


def candidate(evidence: Evidence, accelerator: str, why: str) -> Baseline:
    """What would be accepted."""
    settings, cases = evidence.settings, evidence.cases
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return Baseline(
        model=evidence.model,
        cases=cases.sha256,
        accelerator=accelerator,
        accepted=now,
        by=person(),
        why=why,
        ids=cases.ids,
        labels=tuple(labels(cases, settings)),
        outputs={name: evidence.outputs[name] for name in settings.outputs},
    )


def changes(evidence: Evidence) -> list[str]:
    """What accepting changes, in a few lines for a person."""
    values = metric_values(evidence, evidence.outputs)
    old = comparable(evidence)
    if old is None:
        found = evidence.baseline if isinstance(evidence.baseline, str) else "of other cases"
        measured = [f"{name} {_number(value)}" for name, value in values.items()]
        return [
            f"before: {found.splitlines()[0]}",
            f"now: {len(evidence.cases.ids)} cases",
            *measured,
        ]
    accepted = old.take(evidence.cases.ids)
    lines = [f"model {old.model[:12]} -> {evidence.model[:12]}"]
    if {evidence.settings.score, evidence.settings.decision} <= set(accepted):
        before = metric_values(evidence, accepted)
        lines += [f"{name} {_number(before[name])} -> {_number(values[name])}" for name in values]
    for name in evidence.settings.outputs:
        if name in accepted:
            changed = int((accepted[name] != evidence.outputs[name]).sum())
            lines.append(f"{name}: {changed} of {len(evidence.cases.ids)} cases change")
    return lines


def person() -> str:
    """Who is accepting: git's user name, or the login."""
    try:
        asked = subprocess.run(
            ("git", "config", "user.name"), capture_output=True, text=True, check=False
        )
        name = asked.stdout.strip()
    except OSError:
        name = ""
    return name or os.environ.get("USER") or getpass.getuser()


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4f}"
