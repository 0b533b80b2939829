from __future__ import annotations

import fcntl
import os
import pty
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_project
from tiny_project import Tiny

from noxline import run
from noxline.errors import ExitCode
from noxline.plan import Step
from noxline.run import Ended

Until = Callable[[Callable[[], object]], None]
KILLED = Ended(ExitCode.MACHINE, "killed (SIGKILL): out of memory, or by someone")

# A command with a child of its own, which as a background child ignores Ctrl-C.
FAMILY = ("sh", "-c", 'sleep 60 & echo "$$ $!" > pids.tmp; mv pids.tmp pids; wait')


def ended(root: Path, *argv: str) -> Ended:
    """Run one command as a stage does."""
    with (root / "lock").open("w") as lock:
        return run.run(Step(argv, "work"), root, tiny_project.caller(), lock.fileno())


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has waited for has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def family(tiny: Tiny, until: Until) -> list[int]:
    """The command that a stage is running, and its child."""
    until((tiny.root / "pids").exists)
    return [int(pid) for pid in (tiny.root / "pids").read_text().split()]


def lock_is_free(tiny: Tiny, name: str = "check") -> bool:
    """Whether nobody holds the lock of a stage."""
    with (tiny.root / ".noxline/locks" / name).open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("exit 0", Ended(ExitCode.DONE)),
        ("exit 1", Ended(ExitCode.FAILED, "exit 1")),
        ("exit 3", Ended(ExitCode.FAILED, "exit 3")),
        ("exit 130", Ended(ExitCode.INTERRUPTED, "interrupted")),
        ("exit 137", KILLED),
        ("kill -INT $$", Ended(ExitCode.INTERRUPTED, "interrupted")),
        (
            "kill -KILL $$",
            Ended(ExitCode.MACHINE, "killed (SIGKILL): out of memory, or by someone"),
        ),
        ("kill -SEGV $$", Ended(ExitCode.FAILED, "ended by SIGSEGV")),
        ("kill -TERM $$", Ended(ExitCode.FAILED, "ended by SIGTERM")),
    ],
)
def test_meaning(tmp_path: Path, script: str, expected: Ended) -> None:
    """How a command ended means one exit code and one short reason."""
    assert ended(tmp_path, "sh", "-c", script) == expected


def test_missing_program(tmp_path: Path) -> None:
    """A program that isn't there is what this machine lacks."""
    assert ended(tmp_path, "no-such-program", "-x") == Ended(
        ExitCode.MACHINE, "no-such-program: No such file or directory"
    )


def test_folder(tmp_path: Path) -> None:
    """A command runs from the project's folder."""
    ended(tmp_path, "sh", "-c", "pwd > here")

    assert (tmp_path / "here").read_text().strip() == str(tmp_path)


PROGRAM = """
import sys
from noxline.errors import ExitCode, NoxlineError, run_program
def main():
    raise NoxlineError("no data", fix="get it", code=ExitCode(int(sys.argv[1])))
run_program(main)
"""


@pytest.mark.parametrize("code", [ExitCode.FAILED, ExitCode.USAGE, ExitCode.MACHINE])
def test_reported_through_a_runner(tmp_path: Path, code: ExitCode) -> None:
    """A program's error reaches the stage through a runner that has exit codes of its own."""
    (tmp_path / "prog.py").write_text(PROGRAM)

    script = f"{sys.executable} prog.py {int(code)}; exit 255"

    assert ended(tmp_path, "sh", "-c", script) == Ended(code, "no data")


def test_reported_and_mended(tmp_path: Path) -> None:
    """A command that ends well has done its work, whatever a part of it reported."""
    script = """echo '{"code": 2, "what": "x"}' > "$NOXLINE_ERROR_REPORT"; exit 0"""

    assert ended(tmp_path, "sh", "-c", script) == Ended(ExitCode.DONE)


@pytest.mark.parametrize("report", ["", "{", "[]", '{"code": 77, "what": "x"}', '{"code": 2}'])
def test_broken_report(tmp_path: Path, report: str) -> None:
    """A report that is nonsense says nothing: the command's own exit code does."""
    script = f"""echo '{report}' > "$NOXLINE_ERROR_REPORT"; exit 4"""

    assert ended(tmp_path, "sh", "-c", script) == Ended(ExitCode.FAILED, "exit 4")


def test_leftovers(tmp_path: Path, until: Until) -> None:
    """What a command leaves running behind its back is ended with it."""
    assert ended(tmp_path, "sh", "-c", "sleep 60 & echo $! > pid").code == ExitCode.DONE

    until(lambda: gone(int((tmp_path / "pid").read_text())))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_end(tiny: Tiny, until: Until, number: signal.Signals) -> None:
    """Ctrl-C, or a CI system's SIGTERM, to a stage ends all that it started, with 130."""
    with tiny.start("check", *FAMILY) as stage:
        pids = family(tiny, until)
        stage.send_signal(number)
        said, _ = stage.communicate(timeout=10)

    assert (stage.returncode, said.splitlines()[-1]) == (130, "failed interrupted")
    until(lambda: all(map(gone, pids)))
    assert lock_is_free(tiny)


def test_killed_stage(tiny: Tiny, until: Until) -> None:
    """A stage that is killed takes all that it started with it, and then its lock is free."""
    with tiny.start("check", *FAMILY) as stage:
        pids = family(tiny, until)
        assert not lock_is_free(tiny)
        stage.kill()

    until(lambda: all(map(gone, pids)))
    until(lambda: lock_is_free(tiny))


def test_command_that_ignores_an_interrupt(
    tiny: Tiny, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that doesn't end by an interrupt nor by SIGTERM is killed after its grace."""
    monkeypatch.setattr(run, "GRACE", 0.05)
    script = "trap '' INT TERM; echo $$ > pids.tmp; mv pids.tmp pids; while :; do sleep 0.05; done"

    def interrupt() -> None:
        family(tiny, until)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        ended(tiny.root, "sh", "-c", script)

    assert gone(family(tiny, until)[0])


def test_handler_is_put_back(tmp_path: Path) -> None:
    """After a command, SIGTERM means what it meant before."""
    before = signal.getsignal(signal.SIGTERM)

    ended(tmp_path, "true")

    assert signal.getsignal(signal.SIGTERM) is before


def test_outside_the_main_thread(tmp_path: Path) -> None:
    """A command runs from any thread; signals are then the main thread's."""
    found: list[Ended] = []

    thread = threading.Thread(target=lambda: found.append(ended(tmp_path, "true")))
    thread.start()
    thread.join()

    assert found == [Ended(ExitCode.DONE)]


def test_interrupt_on_a_terminal(tiny: Tiny, until: Until) -> None:
    """On a terminal a command is in the foreground, and Ctrl-C ends it and its stage."""
    ours, theirs = pty.openpty()
    script = "echo $$ > pids.tmp; mv pids.tmp pids; exec sleep 60"
    with tiny.start("check", "sh", "-c", script, stdin=theirs) as stage:
        pid = family(tiny, until)[0]
        os.write(ours, b"\x03")
        said, _ = stage.communicate(timeout=10)
    os.close(ours)
    os.close(theirs)

    assert (stage.returncode, said.splitlines()[-1]) == (130, "failed interrupted")
    assert gone(pid)


def test_command_that_ignores_an_interrupt_on_a_terminal(
    tiny: Tiny, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal, which has sent the interrupt already, a stubborn command gets SIGTERM."""
    ours, theirs = pty.openpty()
    monkeypatch.setattr(run, "GRACE", 0.05)
    script = "trap '' INT; echo $$ > pids.tmp; mv pids.tmp pids; exec sleep 60"

    def interrupt() -> None:
        family(tiny, until)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=interrupt).start()
    with os.fdopen(theirs) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        with pytest.raises(KeyboardInterrupt):
            ended(tiny.root, "sh", "-c", script)
    os.close(ours)

    assert gone(family(tiny, until)[0])
