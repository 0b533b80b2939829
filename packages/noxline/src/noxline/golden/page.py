"""The verdict for people: one page that opens offline, in light and dark, on a phone too."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping

from .gates import Gate
from .rows import Row
from .style import STYLE
from .terminal import number
from .verdict import Outcome, Verdict

SHOWN = 200
_KINDS = {
    "baseline": "baseline",
    "comparison": "comparison",
    "floor": "limit",
    "must_pass": "must pass",
    "rule": "rule",
    "test": "tests",
}


def page(verdict: Verdict) -> str:
    """The whole report as HTML without a single outside reference."""
    word = "passed" if verdict.passed else "failed"
    body = [
        f'<header class="{word}"><p>golden tests</p><h1>{word.capitalize()}</h1>',
        f"<p>{_text(verdict.headline)}</p><p>{_text(verdict.lane)}</p></header>",
        _section("Gates", _gates(verdict.gates)),
        _section("Cases, the worst first", _cases(verdict.rows)),
        _section("Run one case again", f"<pre>{_text(_rerun(verdict))}</pre>"),
        _section("Tests", _tests(verdict.tests)),
        _section("Accepted baseline", _facts(verdict.accepted) or "<p>None.</p>"),
        _section("Digests (SHA-256)", _facts(verdict.digests) or "<p>None.</p>"),
        _section("Environment", _facts(verdict.environment)),
    ]
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>Golden tests: {word}</title><style>{STYLE}</style></head><body><main>",
            *body,
            "</main></body></html>\n",
        ]
    )


def _section(title: str, content: str) -> str:
    return f"<section><h2>{title}</h2>{content}</section>" if content else ""


def _gates(gates: Iterable[Gate]) -> str:
    rows = []
    for gate in sorted(gates, key=lambda gate: gate.passed):
        mark = '<b class="ok">pass</b>' if gate.passed else '<b class="bad">FAIL</b>'
        says = f"<small>{_text(gate.says)}</small>" if gate.says else ""
        numbers = "".join(_number(value) for value in (gate.value, gate.limit, gate.margin))
        kind = f'<td class="wide">{_KINDS[gate.kind]}</td>'
        name = f'<th scope="row">{_text(gate.name)}{says}</th>'
        rows.append(f"<tr><td>{mark}</td>{name}{kind}{numbers}</tr>")
    return _table(("", "gate", ".kind", "#value", "#limit", "#margin"), rows)


def _cases(cases: tuple[Row, ...]) -> str:
    if not cases:
        return "<p>No case was judged.</p>"
    rows = []
    for row in cases[:SHOWN]:
        numbers = "".join(_number(value) for value in (row.accepted, row.score, row.difference))
        mark = "ok" if row.status == "newly right" else "bad"
        status = f'<b class="{mark}">{row.status}</b>' if row.status else ""
        case = f'<th scope="row"><code>{_text(row.case)}</code> {status}</th>'
        label = f"<td>{_text(row.label)}</td>"
        called = f'<td class="wide">{"positive" if row.decision else "negative"}</td>'
        rows.append(f"<tr>{case}{label}{numbers}{called}</tr>")
    more = len(cases) - SHOWN
    note = f"<p>{more} more cases are in results.json.</p>" if more > 0 else ""
    head = ("case", "class", "#accepted", "#now", "#difference", ".called")
    return _table(head, rows) + note


def _tests(tests: Iterable[Outcome]) -> str:
    rows = []
    for test in tests:
        mark = {"passed": "ok", "failed": "bad"}.get(test.result, "")
        says = f"<small>{_text(test.says)}</small>" if test.says else ""
        name = f'<th scope="row">{_text(test.test)}{says}</th>'
        result = f'<td><b class="{mark}">{test.result}</b></td>'
        rows.append(f"<tr>{result}{name}{_number(round(test.seconds, 3))}</tr>")
    return _table(("", "test", "#seconds"), rows) if rows else ""


def _rerun(verdict: Verdict) -> str:
    case = verdict.rows[0].case if verdict.rows else "CASE"
    return verdict.rerun.replace("{case}", case)


def _table(columns: tuple[str, ...], rows: Iterable[str]) -> str:
    head = "".join(map(_head, columns))
    body = "\n".join(rows)
    return f'<div tabindex="0"><table><thead><tr>{head}</tr></thead>\n{body}</table></div>'


def _head(name: str) -> str:
    # A # stands before a column of numbers, a dot before one that a phone leaves out.
    kind = {"#": ' class="n"', ".": ' class="wide"'}.get(name[:1], "")
    return f'<th scope="col"{kind}>{name.lstrip("#.")}</th>'


def _facts(facts: Mapping[str, str]) -> str:
    rows = (f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in facts.items())
    return f"<dl>{''.join(rows)}</dl>" if facts else ""


def _number(value: float | None) -> str:
    return f'<td class="n">{number(value)}</td>'


def _text(text: str) -> str:
    return html.escape(text)
