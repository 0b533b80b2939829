"""The one thin runner: a command line, run to its end, and nothing of it left behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from .errors import REPORT, ExitCode
from .plan import Step

GRACE = 10.0  # seconds that a command gets to end by itself once it was asked to

# Leads a group of its own, and ends the rest of it when it is told to, or when the pipe on its
# standard input closes, that is when its parent is gone.
_WATCH = "trap '' INT TERM; read -r _; kill -TERM 0"


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        code: What that means for the stage.
        why: The reason in a few words; empty where it is done.
    """

    code: ExitCode
    why: str = ""


def run(step: Step, root: Path, caller: Mapping[str, str], keep: int) -> Ended:
    """Run one command from the project's folder and wait for it.

    Its output goes where the caller's goes. The command, and all that it starts, has a process
    group where there is no terminal: its own end, an interrupt, a SIGTERM or the caller's death
    ends all of them. On a terminal it stays in the caller's group, so that Ctrl-C and a debugger's
    prompt work as usual.

    Args:
        step: The command.
        root: The project's folder.
        caller: The caller's environment variables.
        keep: A descriptor that the command inherits: the stage's lock.

    Raises:
        KeyboardInterrupt: The caller was interrupted or asked to end; the command has ended.
    """
    watched = contextlib.nullcontext() if sys.stdin.isatty() else _watched()
    with tempfile.TemporaryDirectory(prefix="noxline-") as folder, _terminable():
        report = Path(folder) / "error.json"
        environ = {**step.environ(caller), REPORT: str(report)}
        with watched as group:
            try:
                process = subprocess.Popen(
                    step.argv, cwd=root, env=environ, pass_fds=(keep,), process_group=group
                )
            except OSError as error:
                return Ended(ExitCode.MACHINE, f"{step.argv[0]}: {error.strerror}")
            status = _wait(process, group)
        return _meaning(status, _reported(report))


def _wait(process: subprocess.Popen[bytes], group: int | None) -> int:
    try:
        return process.wait()
    except KeyboardInterrupt:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            if group is not None:
                os.killpg(group, number)
            elif number != signal.SIGINT:  # a terminal has sent SIGINT to all of them
                process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
                process.wait(GRACE)
                break
        raise


@contextlib.contextmanager
def _watched() -> Iterator[int]:
    """Give a process group, whose members end when this is left or this process is killed."""
    watch = subprocess.Popen(
        ("sh", "-c", _WATCH), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, process_group=0
    )
    try:
        yield watch.pid
    finally:
        with contextlib.suppress(BrokenPipeError):
            watch.communicate(b"done\n")


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Take a SIGTERM, as CI systems send it, as an interrupt."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread: whoever runs that one decides
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _reported(report: Path) -> Ended | None:
    """What a program of ours said of its end, through runners that have codes of their own."""
    try:
        said = json.loads(report.read_bytes())
        return Ended(ExitCode(said["code"]), str(said["what"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _meaning(status: int, reported: Ended | None) -> Ended:
    if status == 0:
        return Ended(ExitCode.DONE)
    if reported is not None:
        return reported
    if status in (-signal.SIGINT, 128 + signal.SIGINT):
        return Ended(ExitCode.INTERRUPTED, "interrupted")
    if status in (-signal.SIGKILL, 128 + signal.SIGKILL):
        return Ended(ExitCode.MACHINE, "killed (SIGKILL): out of memory, or by someone")
    if status < 0:
        return Ended(ExitCode.FAILED, f"ended by {signal.Signals(-status).name}")
    return Ended(ExitCode.FAILED, f"exit {status}")
