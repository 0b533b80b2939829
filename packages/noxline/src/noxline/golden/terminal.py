"""The verdict for a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from .gates import Gate
from .rows import Row
from .verdict import Verdict

WIDTH = 80
WORST = 5
_GATES_SHOWN = 30


def summary(verdict: Verdict, report: str) -> list[str]:
    """The verdict, every gate, and the worst cases, in lines of at most 80 columns."""
    word = "PASSED" if verdict.passed else "FAILED"
    lines = _wrap(f"{word}: {verdict.headline}", WIDTH)
    lines += _wrap(verdict.lane, WIDTH)
    lines += ["", f"{'':5}{'gate':<39}{'value':>12}{'limit':>12}{'margin':>12}"]
    ordered = sorted(verdict.gates, key=lambda gate: gate.passed)
    for gate in ordered[:_GATES_SHOWN]:
        lines += _gate(gate)
    if len(ordered) > _GATES_SHOWN:
        lines.append(f"     and {len(ordered) - _GATES_SHOWN} more, in the report")
    if verdict.rows:
        head = (
            f"{'':5}{'worst cases':<15}{'class':<12}{'accepted':>10}{'now':>10}{'difference':>12}"
        )
        lines += ["", head, *(_row(row).rstrip() for row in verdict.rows[:WORST])]
    return [*lines, "", f"report: {report}/index.html"]


def number(value: float | None) -> str:
    """A number in at most ten letters; nothing for None."""
    return "" if value is None else f"{value:.4g}"


def _gate(gate: Gate) -> Iterator[str]:
    numbers = "".join(f"{number(value):>12}" for value in (gate.value, gate.limit, gate.margin))
    mark = "ok" if gate.passed else "FAIL"
    name, *rest = _wrap(gate.name, 38)
    yield f"{mark:<5}{name:<39}{numbers}".rstrip()
    yield from (f"{'':5}{line}" for line in rest)
    if gate.says and (not gate.passed or gate.value is None):
        for line in gate.says.splitlines():
            yield from (" " * 7 + part for part in _wrap(line.strip(), WIDTH - 7))


def _wrap(text: str, width: int) -> list[str]:
    # Commands and paths are for copying: they are never broken.
    return textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False)


def _row(row: Row) -> str:
    numbers = f"{number(row.accepted):>10}{number(row.score):>10}{number(row.difference):>12}"
    return f"{'':5}{row.case[:14]:<15}{row.label[:11]:<12}{numbers}  {row.status}"
