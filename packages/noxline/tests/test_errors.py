from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_project

from noxline.errors import ExitCode, NoxlineError, from_os_error, nearest, run_program

PROGRAM = """
import os, signal, sys, time
from pathlib import Path
from noxline.errors import ExitCode, NoxlineError, run_program
run_program(lambda: {body})
"""
RAISE = "(_ for _ in ()).throw({error})"


def program(body: str) -> subprocess.CompletedProcess[str]:
    """Run a script whose main() is one expression."""
    argv = (sys.executable, "-c", PROGRAM.format(body=body))
    return subprocess.run(
        argv, capture_output=True, text=True, check=False, env=tiny_project.caller()
    )


def test_message_form() -> None:
    """An error prints what is wrong, then what was found, what is expected and what mends it."""
    error = NoxlineError("a.toml: size", found="2 gigs", expected="2 GiB", fix="one\ntwo")

    assert str(error).splitlines() == [
        "a.toml: size",
        "  found:    2 gigs",
        "  expected: 2 GiB",
        "  fix:      one",
        "            two",
    ]
    assert error.code == ExitCode.USAGE


def test_message_without_found() -> None:
    """What isn't known of an error is left out of its message."""
    assert str(NoxlineError("gone", fix="make it")) == "gone\n  fix:      make it"


def test_nearest() -> None:
    """The nearest name is the one that was probably meant, or none."""
    assert nearest("goldn", ["unit", "golden"]) == "golden"
    assert nearest("zzz", ["unit", "golden"]) is None


@pytest.mark.parametrize(
    ("number", "code", "fix"),
    [
        (errno.ENOSPC, ExitCode.MACHINE, "free some space"),
        (errno.EFBIG, ExitCode.MACHINE, "free some space"),
        (errno.EDQUOT, ExitCode.MACHINE, "free some space"),
        (errno.ENOENT, ExitCode.USAGE, "make the file"),
        (errno.EACCES, ExitCode.MACHINE, "permissions"),
    ],
)
def test_from_os_error(number: int, code: ExitCode, fix: str) -> None:
    """A full disk and a denied path are the machine's fault, a missing file is the caller's."""
    error = from_os_error(OSError(number, os.strerror(number), "a/b.csv"))

    assert error.what == f"a/b.csv: {os.strerror(number)}"
    assert (error.code, fix in error.fix) == (code, True)


def test_from_os_error_without_a_file() -> None:
    """An error of the system that names no file is told in its own words."""
    assert from_os_error(OSError("odd")).what == "odd"


@pytest.mark.parametrize("code", [ExitCode.FAILED, ExitCode.USAGE, ExitCode.MACHINE])
def test_program_ends_with_the_code_of_its_error(code: ExitCode) -> None:
    """A program that raises the one error type prints it without a traceback, with its code."""
    error = f"NoxlineError('broken', fix='mend it', code=ExitCode({int(code)}))"

    ended = program(RAISE.format(error=error))

    assert (ended.returncode, ended.stderr) == (
        int(code),
        "error: broken\n  fix:      mend it\n",
    )


def test_program_that_is_done() -> None:
    """A program whose main gives nothing ends with 0, and one that gives a code with that."""
    assert program("print('out')").returncode == 0
    assert program("ExitCode.FAILED").returncode == 1


def test_program_that_misses_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    """A file that isn't there is a wrong call, and no traceback."""
    with pytest.raises(SystemExit) as end:
        run_program(lambda: len(Path("/no/such/file").read_text()))

    assert end.value.code == 2
    assert capsys.readouterr().err.splitlines()[0] == (
        "error: /no/such/file: No such file or directory"
    )


def test_interrupted_program(until: Callable[[Callable[[], object]], None], tmp_path: Path) -> None:
    """Ctrl-C ends a program with 130 and one word."""
    started = tmp_path / "started"
    body = f"(Path({str(started)!r}).touch(), time.sleep(60))"
    argv = (sys.executable, "-c", PROGRAM.format(body=body))
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as process:
        until(started.exists)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)

    assert (process.returncode, said) == (130, "interrupted\n")


def test_reader_that_goes_away() -> None:
    """A program whose reader has gone, as under `| head`, ends quietly."""
    argv = (sys.executable, "-c", PROGRAM.format(body="[print(i) for i in range(100_000)]"))
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()

    assert (process.wait(), said) == (1, b"")


def test_bug_keeps_its_traceback() -> None:
    """Any other exception is a bug, whose traceback is what mends it."""
    ended = program("{}['key']")

    assert ended.returncode == 1
    assert "Traceback" in ended.stderr
    assert "KeyError: 'key'" in ended.stderr


def end_with_an_error() -> object:
    """End a program in this process by an error, and give its exit code."""

    def main() -> int:
        raise NoxlineError("lost", fix="find it", code=ExitCode.MACHINE)

    with pytest.raises(SystemExit) as end:
        run_program(main)
    return end.value.code


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a stage asks its programs to report."""
    report = tmp_path / "report.json"
    monkeypatch.setenv("NOXLINE_ERROR_REPORT", str(report))
    return report


def test_report_to_the_stage(asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program tells the stage that runs it what failed, where the stage asks for it."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")

    assert end_with_an_error() == 3
    assert asked.read_text() == '{"code": 3, "what": "lost"}'


def test_report_of_a_tested_program(asked: Path) -> None:
    """A program that a test runs, as now, is not the stage's work and reports nothing."""
    assert end_with_an_error() == 3
    assert not asked.exists()


def test_report_that_cannot_be_written(
    asked: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the report can't be written, the program still ends as its error says."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    asked.mkdir()

    assert end_with_an_error() == 3
    assert capsys.readouterr().err == "error: lost\n  fix:      find it\n"
