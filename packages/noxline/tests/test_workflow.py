from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import tiny_project
from tiny_project import Tiny

from noxline import config, receipt, workflow
from noxline.digest import Digests
from noxline.errors import ExitCode
from noxline.held import held
from noxline.workflow import Flags

OK = ExitCode.DONE

# Stands for uv: makes an empty environment slowly enough that two at once would meet.
UV = """\
#!/bin/sh
echo "$*" >> uv.log
[ "$1" = venv ] && sleep 0.2
for folder; do :; done
if [ "$1" = venv ]; then mkdir -p "$folder/bin"; fi
"""


@pytest.fixture
def out(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What was printed for people since the last call."""
    return lambda: capsys.readouterr().out


def err(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines of the error that was printed."""
    return capsys.readouterr().err.splitlines()


def test_passed(tiny: Tiny, out: Callable[[], str]) -> None:
    """A stage that ran well has passed, and its receipt says what it read, ran and made."""
    outcome = tiny.run("make", environ=tiny_project.caller(CI="true"))

    digests = Digests(tiny.root, tiny.root / "memory")
    one = tiny.receipt("make")
    assert (outcome.verdict, outcome.why, outcome.code) == ("passed", "", OK)
    assert 0 < one.seconds < outcome.seconds
    assert out() == "make runs: it has not ended a run here\n"
    assert (one.result, one.exit_code, one.green, one.whole) == ("passed", 0, True, True)
    assert one.inputs == digests.of(["src", "locks/sh.txt"])
    assert one.outputs == digests.of(["out"])
    assert one.commands == (tiny_project.COMMANDS["make"],)
    assert (one.place, one.isolation, one.lock) == ("ci", "none", "locks/sh.txt")
    assert one.python == ".".join(map(str, sys.version_info[:3]))
    assert (one.source, one.measured["gpus"]) == ({}, [])
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", one.started)
    assert one.started <= one.finished


def test_source(tiny: Tiny) -> None:
    """A receipt names the commit, and says whether the tree differed from it."""
    git = ("git", "-C", str(tiny.root), "-c", "user.name=a", "-c", "user.email=a@b")
    tiny.write(".gitignore", ".noxline\nout\n")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run((*git, *arguments), check=True)
    commit = subprocess.run((*git, "rev-parse", "HEAD"), capture_output=True, text=True, check=True)

    tiny.run("make")
    assert tiny.receipt("make").source == {"commit": commit.stdout.strip(), "modified": False}

    tiny.write("src/b.txt", "b\n")
    tiny.run("make")
    assert tiny.receipt("make").source["modified"] is True


@pytest.fixture
def _tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as context:
        context.setenv("TZ", "JST-9")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_tokyo")
def test_skipped(tiny: Tiny, out: Callable[[], str]) -> None:
    """A stage of which nothing changed is skipped, silently, with its last run's local time."""
    tiny.run("make")
    tiny.write("src/.a.txt.swp", "an editor's own")
    last = replace(tiny.receipt("make"), finished="2026-01-01T23:30:00Z")
    receipt.write(tiny.project.state, last)
    out()

    outcome = tiny.run("make")

    assert (outcome.verdict, outcome.why) == ("skipped", "unchanged since 2026-01-02 08:30")
    assert (outcome.code, out()) == (OK, "")


def test_skipped_with_a_runtime(tiny: Tiny) -> None:
    """A stage whose declared world has lists and tables is skipped too; no secret is kept."""
    runtime = '[tool.noxline.runtimes.default]\nsecrets = ["TOKEN"]\nenv = { A = "1" }\n'
    tiny.declare(tiny_project.PYPROJECT + runtime)
    environ = tiny_project.caller(TOKEN="hidden")

    verdicts = [tiny.run("make", environ=environ).verdict for _ in range(2)]

    assert verdicts == ["passed", "skipped"]
    assert "hidden" not in (tiny.root / ".noxline/receipts/make.json").read_text()


@pytest.mark.parametrize("name", ["src/a.txt", "locks/sh.txt", "out/all.txt", "src/new.txt"])
def test_run_again(tiny: Tiny, name: str, out: Callable[[], str]) -> None:
    """A stage runs again when what it reads, its lock or what it made has changed."""
    tiny.run("make")
    tiny.write(name, "other\n")
    tiny.install()
    out()

    assert tiny.run("make").verdict == "passed"
    assert out().startswith(f"make runs: {name} ")
    assert tiny.run("make").verdict == "skipped"


def test_more_reasons(tiny: Tiny, out: Callable[[], str]) -> None:
    """A stage with many reasons to run gives the first and the number of the others."""
    tiny.run("make")
    out()
    tiny.write("src/b.txt", "b")
    tiny.write("src/c.txt", "c")

    tiny.run("make")

    assert out() == "make runs: src/b.txt is new (and 1 more; --why lists them)\n"


def test_forced(tiny: Tiny, out: Callable[[], str]) -> None:
    """A stage that is forced runs though nothing changed, and has still run as a whole."""
    tiny.run("make")
    out()

    assert tiny.run("make", "--force").verdict == "passed"
    assert out() == "make runs: it was forced\n"
    assert tiny.receipt("make").whole


def test_plan(tiny: Tiny, out: Callable[[], str]) -> None:
    """A plan prints the stage's line and runs nothing: no work, no lock, no receipt."""
    outcome = tiny.run("make", "--plan", command=("sh", "-c", "touch ran"))

    assert (outcome.verdict, outcome.code) == ("explained", OK)
    *comments, line = out().splitlines()
    assert comments == [
        "# make: started on host, isolation none",
        "set -e",
        "# the stage's own work",
    ]
    assert line.endswith(f"PATH={tiny.root}/.noxline/envs/sh/bin:\"$PATH\" sh -c 'touch ran'")
    assert not (tiny.root / "ran").exists()
    assert not (tiny.root / ".noxline/locks").exists()


def test_why(tiny: Tiny, out: Callable[[], str]) -> None:
    """Asked why, a stage says what changed here and before it, and runs nothing."""
    tiny.run("make")
    tiny.run("judge")
    out()

    assert tiny.run("judge", "--why").verdict == "explained"
    assert out() == "judge would be skipped: nothing changed since its last green receipt\n"

    before = tiny.receipt("judge")
    tiny.write("src/a.txt", "b\n")
    tiny.write("verdict.txt", "x\n")
    tiny.run("judge", "--why")
    assert out().splitlines() == [
        "judge would run:",
        "  verdict.txt changed",
        "  'make' would run first: src/a.txt changed",
    ]
    assert tiny.receipt("judge") == before


def test_failed(tiny: Tiny, out: Callable[[], str]) -> None:
    """A stage whose command fails has failed, gives its line, and runs again the next time."""
    outcome = tiny.run("make", command=("sh", "-c", "exit 7"))

    assert (outcome.verdict, outcome.why, outcome.code) == ("failed", "exit 7", ExitCode.FAILED)
    lines = out().splitlines()
    assert lines[1] == "make failed: exit 7. The same command by itself:"
    assert lines[2].endswith("sh -c 'exit 7'")
    assert (tiny.receipt("make").result, tiny.receipt("make").exit_code) == ("failed", 1)

    assert tiny.run("make").verdict == "passed"
    assert out() == "make runs: its last run failed\n"


def test_first_failure_ends_the_stage(tiny: Tiny) -> None:
    """After a command that fails, the stage's next ones don't run."""
    commands = (("false",), ("touch", "ran"))

    outcome = workflow.execute(tiny.root, "make", lambda _: commands, (), tiny_project.caller())

    assert (outcome.verdict, (tiny.root / "ran").exists()) == ("failed", False)


@pytest.mark.parametrize("code", [ExitCode.USAGE, ExitCode.MACHINE])
def test_failed_for_another_reason(tiny: Tiny, code: ExitCode) -> None:
    """A program that says that its input is wrong, or the machine lacks, ends the stage so."""
    report = f"""echo '{{"code": {int(code)}, "what": "x"}}' > "$NOXLINE_ERROR_REPORT"; exit 1"""

    outcome = tiny.run("make", command=("sh", "-c", report))

    assert (outcome.verdict, outcome.why, outcome.code) == ("failed", "x", code)
    assert tiny.receipt("make").exit_code == int(code)


def test_interrupted(tiny: Tiny, out: Callable[[], str]) -> None:
    """A stage whose command was interrupted says so, in its receipt too, and runs again."""
    outcome = tiny.run("make", command=("sh", "-c", "kill -INT $$"))

    assert (outcome.why, outcome.code) == ("interrupted", ExitCode.INTERRUPTED)
    assert tiny.receipt("make").result == "interrupted"
    out()
    tiny.run("make")
    assert out() == "make runs: its last run was interrupted\n"


def test_interrupted_stage(tiny: Tiny, until: Callable[[Callable[[], object]], None]) -> None:
    """A stage that is interrupted itself leaves its last receipt; the next run does the work."""
    tiny.run("make")
    before = tiny.receipt("make")

    def interrupt() -> None:
        until((tiny.root / "began").exists)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=interrupt).start()
    script = "echo half > out/all.txt; touch began; exec sleep 60"
    outcome = tiny.run("make", "--force", command=("sh", "-c", script))

    assert (outcome.why, outcome.code) == ("interrupted", ExitCode.INTERRUPTED)
    assert tiny.receipt("make") == before
    assert tiny.run("make").verdict == "passed"
    assert (tiny.root / "out/all.txt").read_text() == "a\n"


def test_interrupted_run_leaves_the_next_one_free(
    tiny: Tiny, until: Callable[[Callable[[], object]], None]
) -> None:
    """A stage that was killed at work is neither green nor held: the next run does it all."""
    with tiny.start(
        "make", "sh", "-c", "mkdir out; echo half > out/all.txt; exec sleep 60"
    ) as stage:
        until((tiny.root / "out/all.txt").exists)
        stage.kill()

    assert tiny.run("make").verdict == "passed"
    assert (tiny.root / "out/all.txt").read_text() == "a\n"


def test_output_that_was_not_made(tiny: Tiny) -> None:
    """A stage that doesn't make what it declares has failed, though its commands ended well."""
    outcome = tiny.run("make", command=("true",))

    assert (outcome.verdict, outcome.code) == ("failed", ExitCode.FAILED)
    assert outcome.why == "it did not make out, which it declares"
    assert tiny.receipt("make").result == "failed"


@pytest.mark.parametrize(
    ("declared", "fix"),
    [("srx", 'write "src"'), ("zzz", "make zzz, or remove it from the inputs")],
)
def test_input_that_is_missing(
    tiny: Tiny, declared: str, fix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A declared input that isn't there is refused before anything runs, with the nearest name."""
    tiny.change('inputs = ["src"]\noutputs', f'inputs = ["{declared}"]\noutputs')

    outcome = tiny.run("make", command=("touch", "ran"))

    assert err(capsys) == [
        "error: pyproject.toml: tool.noxline.stages.make.inputs: nothing is there",
        f"  found:    no file at {declared}",
        "  expected: a file, or a folder that holds one",
        f"  fix:      {fix}",
    ]
    assert (outcome.verdict, outcome.code) == ("failed", ExitCode.USAGE)
    assert not (tiny.root / "ran").exists()


def test_world_that_lacks(tiny: Tiny) -> None:
    """A declared world that isn't there is refused before anything runs."""
    tiny.declare(
        tiny_project.PYPROJECT + '[tool.noxline.runtimes.default]\nsecrets = ["NO_SUCH_TOKEN"]\n'
    )

    outcome = tiny.run("make", command=("touch", "ran"))

    assert outcome.code == ExitCode.MACHINE
    assert not (tiny.root / "ran").exists()


def test_folder_in_the_place_of_a_file(tiny: Tiny, capsys: pytest.CaptureFixture[str]) -> None:
    """What the system refuses is told in its words, without a traceback."""
    (tiny.root / "pyproject.toml").unlink()
    (tiny.root / "pyproject.toml").mkdir()
    config.load.cache_clear()

    outcome = tiny.run("make")

    assert outcome.code == ExitCode.MACHINE
    assert err(capsys)[0] == f"error: {tiny.root}/pyproject.toml: Is a directory"


def test_input_that_was_tampered_with(tiny: Tiny) -> None:
    """A stage refuses another file than its maker made, even if it was green on that once."""
    tiny.run("make")
    tiny.run("judge")
    tiny.write("out/all.txt", "b\n")

    outcome = tiny.run("judge")

    assert outcome.why == "out/all.txt is not the file that 'make' made"
    assert outcome.code == ExitCode.FAILED


def test_gate_that_is_shut(tiny: Tiny) -> None:
    """A stage waits for its gates; one that was green is refused again when its gate is stale."""
    tiny.run("make")
    tiny.run("judge")
    assert tiny.run("ship").why == "'check' has not passed, and it is a gate of 'ship'"

    tiny.run("check")
    assert [tiny.run("ship").verdict for _ in range(2)] == ["passed", "skipped"]

    tiny.write("src/b.txt", "b\n")
    outcome = tiny.run("ship")
    assert (outcome.verdict, outcome.code) == ("failed", ExitCode.FAILED)


def test_arguments(tiny: Tiny) -> None:
    """Noxline's flags are its own; the rest is the stage's, and marks its run as one of a part."""
    given: list[tuple[str, ...]] = []

    def declare(arguments: object) -> tuple[tuple[str, ...], ...]:
        assert isinstance(arguments, tuple)
        given.append(arguments)
        return (tiny_project.COMMANDS["make"],)

    posargs = ("-k", "--force", "x")
    workflow.execute(tiny.root, "make", declare, posargs, tiny_project.caller())

    assert given == [("-k", "x")]
    assert tiny.part("make").arguments == ("-k", "x")
    assert workflow.split_flags(["--plan", "a", "--why"]) == (Flags(plan=True, why=True), ("a",))


def test_arguments_are_never_skipped(tiny: Tiny, out: Callable[[], str]) -> None:
    """Who gives arguments wants something done; what passed without them stays passed."""
    tiny.run("make")
    out()

    assert [tiny.run("make", "--push").verdict for _ in range(2)] == ["passed", "passed"]
    assert out() == "make runs: it was given arguments: --push\n" * 2
    assert tiny.run("make", "-k", command=("false",)).verdict == "failed"
    assert tiny.run("make").verdict == "skipped"


def test_ignored_input(tiny: Tiny) -> None:
    """What a stage ignores among its inputs is nothing to it."""
    tiny.change('inputs = ["src"]\noutputs', 'inputs = ["src"]\nignores = ["src/log"]\noutputs')
    tiny.write("src/log/1.txt", "one")
    assert tiny.run("make").verdict == "passed"

    tiny.write("src/log/1.txt", "two")
    assert tiny.run("make").verdict == "skipped"
    assert "src/log/1.txt" not in tiny.receipt("make").inputs


def test_no_room(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that fails on a full disk has failed for that, whatever it says itself."""
    full = shutil.disk_usage(tiny.root).free + 2**40
    monkeypatch.setattr(workflow, "_ROOM", full)

    outcome = tiny.run("make", command=("false",))

    assert outcome.code == ExitCode.MACHINE
    assert outcome.why == "no room is left on the disk of . (df -h .)"


def test_stage_that_is_not_declared(tiny: Tiny, capsys: pytest.CaptureFixture[str]) -> None:
    """A stage that isn't declared is a wrong call, told with the nearest name."""
    outcome = tiny.run("mak", command=("true",))

    assert outcome.code == ExitCode.USAGE
    assert "  fix:      rename [tool.noxline.stages.make]:" in err(capsys)


def test_two_at_once(tiny: Tiny, until: Callable[[Callable[[], object]], None]) -> None:
    """Of two runs of a stage at once the second waits, says for whom, and then skips."""
    script = "echo ran >> runs; sleep 0.4; mkdir -p out; echo x > out/all.txt"
    with tiny.start("make", "sh", "-c", script) as first:
        until((tiny.root / "runs").exists)
        with tiny.start("make", "sh", "-c", script) as second:
            said = second.communicate(timeout=20)[0].splitlines()

    assert re.fullmatch(rf"make is held by pid {first.pid} since [\d:]+; waiting", said[0])
    assert said[1].startswith("skipped unchanged since ")
    assert (first.returncode, second.returncode) == (0, 0)
    assert (tiny.root / "runs").read_text() == "ran\n"


def test_serial_stages(tiny: Tiny, until: Callable[[Callable[[], object]], None]) -> None:
    """Stages that declare the same word never run at the same time."""
    for name in ("make", "check"):
        tiny.change(f"[tool.noxline.stages.{name}]", f'[tool.noxline.stages.{name}]\nserial = "s"')
    with tiny.start("make", "sh", "-c", "touch began; sleep 0.3; mkdir out; echo > out/x") as first:
        until((tiny.root / "began").exists)
        outcome = tiny.run("check", command=("test", "-e", "out/x"))
        first.communicate(timeout=10)

    assert outcome.verdict == "passed"


def put_uv(tiny: Tiny, script: str) -> None:
    """Put a program in uv's place, and take the environment away."""
    tiny.write(".noxline/tools/bin/uv", script).chmod(0o755)
    tiny.write(".noxline/tools/ready", "")
    (tiny.root / ".noxline/envs/sh/noxline.json").unlink()


def test_environment_that_is_not_there(tiny: Tiny) -> None:
    """A stage whose environment isn't there makes it first, and the next run finds it."""
    put_uv(tiny, UV)

    assert [tiny.run("make").verdict for _ in range(2)] == ["passed", "skipped"]
    assert len((tiny.root / "uv.log").read_text().splitlines()) == 2


def test_environment_is_made_once(tiny: Tiny) -> None:
    """Stages that need the same environment at the same time make it once, and then all run."""
    put_uv(tiny, UV)

    with tiny.start("make", *tiny_project.COMMANDS["make"]) as a, tiny.start("check", "true") as b:
        said = [process.communicate(timeout=20)[0] for process in (a, b)]

    assert (a.returncode, b.returncode) == (0, 0), said
    assert [line.split()[0] for line in (tiny.root / "uv.log").read_text().splitlines()] == [
        "venv",
        "pip",
    ]
    assert tiny.run("check").verdict == "skipped"


def test_environment_that_cannot_be_made(tiny: Tiny, capsys: pytest.CaptureFixture[str]) -> None:
    """An environment that can't be made is the machine's lack; it isn't taken for a whole one."""
    put_uv(tiny, "#!/bin/sh\nexit 2\n")

    for _ in range(2):
        outcome = tiny.run("make", command=("touch", "ran"))
        assert outcome.why == "the environment of 'make' could not be made from locks/sh.txt"
        assert outcome.code == ExitCode.MACHINE
    assert "  found:    exit 2" in err(capsys)
    assert not (tiny.root / "ran").exists()


def test_plan_of_a_bare_machine(tiny: Tiny, out: Callable[[], str]) -> None:
    """A plan says what would make the environment first."""
    put_uv(tiny, UV)

    tiny.run("make", "--plan")

    assert [line for line in out().splitlines() if line.startswith("# ")][1:] == [
        f"# an empty environment with Python {'.'.join(map(str, sys.version_info[:3]))}",
        "# exactly what locks/sh.txt holds",
        "# the stage's own work",
    ]
    assert not (tiny.root / "uv.log").exists()


def test_full_disk(tiny: Tiny) -> None:
    """Where the receipt can't be written, the error has no traceback and the last one stays."""
    tiny.run("make")
    before = tiny.receipt("make")
    runner = Path(tiny_project.__file__).with_name("run_stage.py")
    limited = 'ulimit -f 1; exec "$@"'  # no file may grow beyond a block, which a receipt does
    argv = ("sh", "-c", limited, "sh", sys.executable, runner, tiny.root, "make", "false")
    env = tiny_project.caller(PYTHONDONTWRITEBYTECODE="1")

    ended = subprocess.run(argv, capture_output=True, text=True, check=False, env=env)

    assert ended.returncode == ExitCode.MACHINE
    assert ended.stderr.startswith("error: File too large\n")
    assert tiny.receipt("make") == before


def test_group_of_a_ci_log(tiny: Tiny, out: Callable[[], str]) -> None:
    """On a CI system the stage's output is one group of the log, closed also when it fails."""
    environ = tiny_project.caller(GITHUB_ACTIONS="true")

    tiny.run("make", environ=environ)
    assert out().splitlines()[1:] == ["::group::make", "::endgroup::"]

    tiny.run("make", "--force", command=("false",), environ=environ)
    assert out().splitlines()[-1] == "::endgroup::"


def test_run_again_when_a_kept_file_is_gone(tiny: Tiny) -> None:
    """A stage runs again when a file that it keeps for its next run is gone, or is another."""
    tiny.change('outputs = ["out"]', 'outputs = ["out"]\nkeeps = [".noxline/store.db"]')
    store = tiny.root / ".noxline" / "store.db"
    command = ("sh", "-c", f"mkdir -p out; touch out/all.txt; [ -f {store} ] || echo 1 > {store}")
    assert tiny.run("make", command=command).verdict == "passed"
    assert tiny.run("make", command=command).verdict == "skipped"

    store.write_text("2")
    assert tiny.run("make", command=command).verdict == "passed"
    store.unlink()
    assert tiny.run("make", command=command).verdict == "passed"
    assert tiny.run("make", command=command).verdict == "skipped"


def test_run_again_for_another_variable(tiny: Tiny) -> None:
    """A stage runs again for another value of a variable it reads; no credential is kept of it."""
    tiny.change('outputs = ["out"]', 'outputs = ["out"]\nvariables = ["STORE"]')

    def verdict(**variables: str) -> str:
        return tiny.run("make", environ=tiny_project.caller(**variables)).verdict

    assert [verdict(), verdict()] == ["passed", "skipped"]
    address = "https://me:" + "hidden@store/{}"
    assert verdict(STORE=address.format("a")) == "passed"
    assert verdict(STORE=address.format("a")) == "skipped"
    assert tiny.receipt("make").variables == {"STORE": "https://store/a"}
    assert verdict(STORE=address.format("b")) == "passed"


def test_stages_of_one_run_share_a_look(tiny: Tiny) -> None:
    """After a stage that did something, and after waiting, the next one sees files as they are."""
    look = workflow.look(tiny.root)

    def run(*command: str) -> str:
        environ = tiny_project.caller()
        return workflow.execute(
            tiny.root, "check", lambda _: (command,), (), environ, digests=look
        ).verdict

    tiny.run("check")
    assert run("true") == "skipped"
    assert run("sh", "-c", "echo more >> src/a.txt") == "passed"
    assert run("sh", "-c", "echo more >> src/a.txt") == "passed"

    before = tiny.receipt("check").inputs
    assert run("true") == "passed"
    assert tiny.receipt("check").inputs != before
    assert run("true") == "skipped"
    tiny.write("src/a.txt", "by another run while this one waits\n")
    with held(tiny.root / ".noxline/locks/check", "check"):
        waiting = threading.Thread(target=lambda: verdicts.append(run("true")))
        verdicts: list[str] = []
        waiting.start()
        time.sleep(0.2)
    waiting.join()
    assert verdicts == ["passed"]
