"""What people and CI logs read: headings, groups that fold, colours, and the summary."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .place import CISystem, ci_system

Verdict = Literal["passed", "skipped", "failed"]

_COLOURS: dict[str, str] = {"passed": "32", "skipped": "36", "failed": "31"}
WIDTH = 80


@dataclass(frozen=True)
class Line:
    """One line of the summary: a stage, how it ended, why, and how many seconds it took."""

    stage: str
    verdict: Verdict
    why: str
    seconds: float


def coloured(environ: Mapping[str, str], *, terminal: bool) -> bool:
    """Whether to colour: on a terminal, unless told otherwise (no-color.org, force-color.org)."""
    if environ.get("NO_COLOR"):
        return False
    return bool(environ.get("FORCE_COLOR")) or (terminal and environ.get("TERM") != "dumb")


def say(text: str) -> None:
    """Print a line in order with what the commands print themselves."""
    print(text, flush=True)


@contextlib.contextmanager
def group(name: str, environ: Mapping[str, str]) -> Iterator[None]:
    """Fold what is printed in here into one group of the CI system's log, if one runs."""
    system = ci_system(environ)
    for line in opening(name, system, int(time.time())):
        say(line)
    try:
        yield
    finally:
        sys.stdout.flush()
        for line in closing(name, system, int(time.time())):
            say(line)


def opening(name: str, system: CISystem | None, now: int) -> Sequence[str]:
    """The line that opens a group in the CI system's own syntax; `now` in Unix seconds."""
    match system:
        case "github":
            return [f"::group::{name}"]
        case "gitlab":
            return [f"\x1b[0Ksection_start:{now}:{_section(name)}\r\x1b[0K{name}"]
        case None:
            return []


def closing(name: str, system: CISystem | None, now: int) -> Sequence[str]:
    """The line that closes it."""
    match system:
        case "github":
            return ["::endgroup::"]
        case "gitlab":
            return [f"\x1b[0Ksection_end:{now}:{_section(name)}\r\x1b[0K"]
        case None:
            return []


def summary(lines: Sequence[Line], *, colour: bool) -> str:
    """The table at the end of a run, at most 80 columns wide."""
    name = max(len("stage"), *(len(line.stage) for line in lines))
    room = WIDTH - name - len("  skipped    1234.5 s")
    rows = [f"{'stage':<{name}}  {'result':<7}  {'':<{room}}{'seconds':>10}"]
    for line in lines:
        why = line.why.partition("\n")[0]
        why = why if len(why) <= room else why[: room - 3] + "..."
        verdict = f"{line.verdict:<7}"
        if colour:
            verdict = f"\x1b[{_COLOURS[line.verdict]}m{verdict}\x1b[0m"
        rows.append(f"{line.stage:<{name}}  {verdict}  {why:<{room}}{line.seconds:>10.2f}")
    return "\n".join(row.rstrip() for row in rows)


def _section(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name)
