"""The one error type, the exit codes, and how a program ends with them."""

from __future__ import annotations

import contextlib
import enum
import errno
import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

# The variable that names the file in which a program of ours says how it ended. Runners between
# a stage and its program (DVC, MLflow) have exit codes of their own; this says it past them.
REPORT = "NOXLINE_ERROR_REPORT"


class ExitCode(enum.IntEnum):
    """What a stage, a script or a whole run hands to its caller."""

    DONE = 0
    FAILED = 1  #: the stage's own work failed: a red test, a worse model
    USAGE = 2  #: the declaration, the call or the input is wrong
    MACHINE = 3  #: this machine lacks something that was declared
    INTERRUPTED = 130


class NoxlineError(Exception):
    """Something failed that a person can mend.

    Args:
        what: The thing that is wrong, where it stands.
        found: What was there.
        expected: What is allowed there.
        fix: The exact line to write or command to run.
        code: The exit code that a program ends with.
    """

    def __init__(
        self,
        what: str,
        *,
        found: str | None = None,
        expected: str | None = None,
        fix: str,
        code: ExitCode = ExitCode.USAGE,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.found = found
        self.expected = expected
        self.fix = fix
        self.code = code

    def __str__(self) -> str:
        lines = [self.what]
        for label, text in (("found", self.found), ("expected", self.expected), ("fix", self.fix)):
            if text is not None:
                lines.append(f"  {label + ':':<9} " + text.replace("\n", "\n" + " " * 12))
        return "\n".join(lines)


def nearest(name: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that `name` was probably meant to be, or None."""
    import difflib

    return next(iter(difflib.get_close_matches(name, list(allowed), n=1)), None)


def from_os_error(error: OSError) -> NoxlineError:
    """The operating system's refusal, in the words of the one error type."""
    where = f"{error.filename}: " if error.filename else ""
    text = f"{where}{error.strerror or error}"
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return NoxlineError(
            text,
            found="no room is left; the file that was being written is as it was before",
            fix="free some space (df -h, quota -s and ulimit -f show how much there is), then run"
            " the same command again",
            code=ExitCode.MACHINE,
        )
    if error.errno == errno.ENOENT:
        return NoxlineError(text, fix="make the file, or correct its path")
    return NoxlineError(
        text, fix="check the path and its permissions (ls -l)", code=ExitCode.MACHINE
    )


def run_program(main: Callable[[], int | None]) -> None:
    """Run a script's `main` and exit as every noxline program does.

    A NoxlineError is printed without a traceback and becomes its exit code, an interrupt becomes
    130, a reader that went away (`| head`) ends the program quietly. Any other exception is a bug
    and keeps its traceback.
    """
    try:
        code = main() or ExitCode.DONE
        sys.stdout.flush()
    except NoxlineError as error:
        code = fail(error)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Python flushes stdout once more at exit, which would complain about the same pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = ExitCode.FAILED
    except OSError as error:
        code = fail(from_os_error(error))
    sys.exit(int(code))


def fail(error: NoxlineError) -> ExitCode:
    """Print the error for people, report it to the stage, and return its exit code."""
    print(f"error: {error}", file=sys.stderr)
    report(error)
    return error.code


def report(error: NoxlineError) -> None:
    """Tell the stage that this program runs in, if it runs in one, what failed.

    A program that a test runs, often on bad input, is not the stage's own work and says nothing.
    """
    path = os.environ.get(REPORT)
    if path and "PYTEST_CURRENT_TEST" not in os.environ:
        # Where even this can't be written (a full disk), the runner's own exit code has to do.
        with contextlib.suppress(OSError):
            Path(path).write_text(json.dumps({"code": error.code, "what": error.what}), "utf-8")
