from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tiny_project import Tiny

from noxline import fresh, receipt
from noxline.digest import Digests
from noxline.errors import ExitCode
from noxline.fresh import Facts


@pytest.fixture
def made(tiny: Tiny) -> Tiny:
    """The project after make and judge have passed."""
    assert [tiny.run(name).code for name in ("make", "judge")] == [ExitCode.DONE] * 2
    return tiny


def facts(tiny: Tiny, **changed: Any) -> Facts:
    """What make's last run was decided by, with some of it changed."""
    last = tiny.receipt("make")
    same = {name: getattr(last, name) for name in Facts.__dataclass_fields__}
    return Facts(**{**same, **changed})


def test_nothing_changed(made: Tiny) -> None:
    """A stage whose last green run was decided by the same facts need not run."""
    assert fresh.reasons(made.project, "make", facts(made)) == []


def test_never_run(tiny: Tiny) -> None:
    """A stage that never ended a run must run."""
    empty = Facts((), (), {}, "", {}, {}, "", "")

    assert fresh.reasons(tiny.project, "make", empty) == ["it has not ended a run here"]


@pytest.mark.parametrize(
    ("result", "expected"),
    [("failed", "its last run failed"), ("interrupted", "its last run was interrupted")],
)
def test_not_green(made: Tiny, result: str, expected: str) -> None:
    """A stage whose last run wasn't green must run, whatever else is the same."""
    last = replace(made.receipt("make"), result=result)  # type: ignore[arg-type]  # a parameter
    receipt.write(made.project.state, last)

    assert fresh.reasons(made.project, "make", facts(made)) == [expected]


LONG = "x" * 100


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"arguments": ("-x",)}, "arguments changed: () -> ('-x',)"),
        ({"lock": "locks/b.txt"}, "lock file changed: 'locks/sh.txt' -> 'locks/b.txt'"),
        ({"variables": {"URI": "b"}}, "variables changed: {} -> {'URI': 'b'}"),
        ({"isolation": "inside"}, "isolation changed: 'none' -> 'inside'"),
    ],
)
def test_one_fact(made: Tiny, changed: dict[str, Any], expected: str) -> None:
    """Each fact by itself is a reason, told with what it was and what it is."""
    assert fresh.reasons(made.project, "make", facts(made, **changed)) == [expected]


@pytest.mark.parametrize(
    ("changed", "start"),
    [
        ({"commands": (("true", LONG),)}, "commands changed: (('sh', '-c', "),
        ({"runtime": {"gpu": "off"}}, "runtime changed: {'"),
        ({"python": "2.7"}, "Python changed: '3."),
    ],
)
def test_one_long_fact(made: Tiny, changed: dict[str, Any], start: str) -> None:
    """A fact that is long is told by its beginning."""
    (reason,) = fresh.reasons(made.project, "make", facts(made, **changed))

    assert reason.startswith(start)
    assert len(reason) < 160


@pytest.mark.parametrize("kind", ["inputs", "outputs"])
def test_files(made: Tiny, kind: str) -> None:
    """Each file that is new, gone or changed is a reason, be it read or made."""
    before = getattr(facts(made), kind)
    name = next(iter(before))

    def reasons(now: dict[str, str]) -> list[str]:
        return fresh.reasons(made.project, "make", facts(made, **{kind: now}))

    assert reasons({**before, "out/new": "1"}) == ["out/new is new"]
    assert reasons({**before, name: "1"}) == [f"{name} changed"]
    assert f"{name} is gone" in reasons({p: d for p, d in before.items() if p != name})


def test_output_that_is_newly_declared(made: Tiny) -> None:
    """An output that is declared and not there is a reason."""
    project = made.change('outputs = ["out"]', 'outputs = ["out", "more"]')

    assert fresh.reasons(project, "make", facts(made)) == ["more is not there"]


def upstream(tiny: Tiny, stage: str) -> list[str]:
    """What would run before a stage."""
    memory = tiny.project.state / "digests.json"
    return fresh.upstream(tiny.project, stage, Digests(tiny.root, memory))


def test_upstream_unchanged(made: Tiny) -> None:
    """A stage whose makers are as they were waits for nothing."""
    assert upstream(made, "ship") == upstream(made, "judge") == upstream(made, "make") == []


def test_upstream_changed(made: Tiny) -> None:
    """A change far upstream is told with the stage that would run first."""
    made.write("src/a.txt", "b\n")

    assert upstream(made, "ship") == ["'make' would run first: src/a.txt changed"]


def test_upstream_red(made: Tiny) -> None:
    """A maker that never passed is told, and so are its own makers, each once."""
    (made.project.state / "receipts/judge.json").unlink()
    receipt.write(made.project.state, replace(made.receipt("make"), result="failed"))
    made.change('inputs = ["verdict.txt"]', 'inputs = ["verdict.txt", "out"]')

    assert upstream(made, "ship") == [
        "'judge', which makes what it reads, has not passed",
        "'make', which makes what it reads, has not passed",
    ]
