"""The stage decorator: a nox session that is planned, checked, run and receipted."""

from __future__ import annotations

import atexit
import functools
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import nox
import nox.command

from . import output, workflow
from .errors import ExitCode, NoxlineError, nearest
from .output import Line

if TYPE_CHECKING:
    from nox.sessions import Session

Function = Callable[["Stage"], None]

_lines: list[Line] = []
_look = functools.cache(workflow.look)


class Stage:
    """What a stage's function is given: it says which commands the stage is.

    The function runs once, before anything else does, and its commands are noted in order; they
    are planned, printed, run and receipted afterwards.

    Attributes:
        name: The stage's name.
        posargs: What the caller gave after `--`, without noxline's own flags.
        commands: The commands noted so far.
    """

    def __init__(self, name: str, posargs: Sequence[str]) -> None:
        self.name = name
        self.posargs = tuple(posargs)
        self.commands: list[tuple[str, ...]] = []

    def run(self, program: str, *arguments: str | os.PathLike[str]) -> None:
        """Add a command: a program of the stage's environment or of the system."""
        self.commands.append((program, *(os.fspath(argument) for argument in arguments)))

    def choose(self, flags: Mapping[str, Sequence[str]], otherwise: Sequence[str]) -> Sequence[str]:
        """What stands under the one flag that the caller gave, or `otherwise` without any.

        Raises:
            NoxlineError: The caller gave something else.
        """
        if not self.posargs:
            return otherwise
        given = " ".join(self.posargs)
        if given not in flags:
            near = nearest(given, flags) or next(iter(flags))
            raise NoxlineError(
                f"'{self.name}' takes no such argument",
                found=given,
                expected=" | ".join(flags),
                fix=f"nox -s {self.name} -- {near}",
            )
        return flags[given]


@overload
def stage(function: Function, /) -> Any: ...
@overload
def stage(*, requires: Sequence[str] = ()) -> Callable[[Function], Any]: ...
def stage(function: Function | None = None, /, *, requires: Sequence[str] = ()) -> Any:
    """Make a function a stage, and a nox session of the same name.

    Args:
        function: Takes the Stage and says its commands.
        requires: Sessions that nox runs before it.
    """
    if function is None:
        return functools.partial(_session, requires=requires)
    return _session(function, requires=requires)


def _session(function: Function, requires: Sequence[str]) -> Any:
    @functools.wraps(function)
    def run(session: Session) -> None:
        def declare(posargs: Sequence[str]) -> workflow.Commands:
            noted = Stage(session.name, posargs)
            function(noted)
            return tuple(noted.commands)

        root, posargs = Path.cwd(), session.posargs
        outcome = workflow.execute(
            root, session.name, declare, posargs, os.environ, digests=_look(root)
        )
        _tell_nox(session, outcome)

    return nox.session(venv_backend="none", requires=requires)(run)


def _tell_nox(session: Session, outcome: workflow.Outcome) -> None:
    if outcome.verdict == "explained":
        return
    _lines.append(Line(session.name, outcome.verdict, outcome.why, outcome.seconds))
    match outcome.code:
        case ExitCode.DONE if outcome.verdict == "skipped":
            session.skip(outcome.why)
        case ExitCode.DONE:
            return
        case ExitCode.FAILED:
            raise nox.command.CommandFailed(outcome.why)
        case code:
            # nox exits with 0 or 1 alone, so a run that ends otherwise ends here.
            sys.exit(int(code))


@atexit.register
def _summarise() -> None:
    if _lines:
        colour = output.coloured(os.environ, terminal=sys.stdout.isatty())
        output.say("\n" + output.summary(_lines, colour=colour))


class _OwnSummary(logging.Filter):
    """Leave nox's list of results out: the summary says the same, with reasons and seconds."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        return not (text.startswith("* ") or (text.startswith("Ran ") and text.endswith(":")))


logging.getLogger("nox").addFilter(_OwnSummary())
