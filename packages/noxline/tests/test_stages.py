from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import nox_once
import pytest
import tiny_project
from tiny_project import Tiny

import noxline
from noxline import stages
from noxline.errors import ExitCode, NoxlineError
from noxline.stages import Stage


@pytest.fixture
def project(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """The project with a noxfile, started by people on a host."""
    for name in ("CI", "GITHUB_ACTIONS", "GITLAB_CI", "FORCE_COLOR", "NOXLINE_ERROR_REPORT"):
        monkeypatch.delenv(name, raising=False)
    tiny.write("noxfile.py", nox_once.NOXFILE)
    tiny.write("check.sh", "exit 0\n")
    return tiny


def table(text: str) -> dict[str, str]:
    """The result of each stage in the summary."""
    rows = text[text.rindex("\nstage ") :].strip().splitlines()[1:]
    return {row.split()[0]: row.split()[1] for row in rows}


def test_real_nox(project: Tiny) -> None:
    """Nox runs stages in order, and the summary ends its output; a second run skips them."""
    argv = (sys.executable, "-m", "nox", "-s", "judge")

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv, cwd=project.root, capture_output=True, text=True, check=False,
            env=tiny_project.caller(),
        )  # fmt: skip

    first, second = run(), run()

    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert first.stdout.splitlines()[:2] == [
        "make runs: it has not ended a run here",
        "judge runs: it has not ended a run here",
    ]
    assert table(first.stdout) == {"make": "passed", "judge": "passed"}
    assert table(second.stdout) == {"make": "skipped", "judge": "skipped"}
    assert "unchanged since 20" in second.stdout
    assert "Session make was successful" in first.stderr
    assert "Session make skipped: unchanged since 20" in second.stderr
    assert "* make" not in first.stderr + second.stderr


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Ran multiple sessions:", False),
        ("* make: success", False),
        ("Ran out of patience", True),
        ("Session make failed:", True),
    ],
)
def test_own_summary(text: str, *, kept: bool) -> None:
    """Of what nox logs only its list of results is left out: the summary says the same."""
    record = logging.makeLogRecord({"msg": text})

    assert bool(logging.getLogger("nox").filter(record)) is kept


def test_listing(project: Tiny) -> None:
    """A stage is listed as a session with its docstring."""
    code, out = nox_once.run(project.root, "-l")

    assert code == 0
    assert "* make -> Make it." in out


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("exit 1", 1),
        ("""echo '{"code": 2, "what": "x"}' > $NOXLINE_ERROR_REPORT; exit 1""", 2),
        ("""echo '{"code": 3, "what": "x"}' > $NOXLINE_ERROR_REPORT; exit 1""", 3),
        ("kill -INT $$", 130),
    ],
)
def test_exit_codes(project: Tiny, script: str, code: int) -> None:
    """A run ends with the code of the stage that failed, and its summary says which did."""
    project.write("check.sh", script)

    ended, out = nox_once.run(project.root, "-s", "make", "check")

    assert ended == code
    assert table(out) == {"make": "passed", "check": "failed"}


def test_failure_stops_what_requires_it(project: Tiny) -> None:
    """A stage whose requirement failed doesn't run."""
    (project.root / "src/a.txt").unlink()

    ended, out = nox_once.run(project.root, "-s", "judge")

    assert ended != 0
    assert table(out) == {"make": "failed"}
    assert not (project.root / "verdict.txt").exists()


def test_stage_that_is_not_declared(project: Tiny) -> None:
    """A stage of the noxfile that isn't declared ends the run with 2 and the table to write."""
    ended, out = nox_once.run(project.root, "-s", "undeclared")

    assert ended == 2
    assert "[tool.noxline.stages.undeclared]" in out


def test_explained(project: Tiny) -> None:
    """A stage that only explains itself is in no summary."""
    ended, out = nox_once.run(project.root, "-s", "make", "--", "--plan")

    assert ended == 0
    assert "# make: started on host, isolation none" in out
    assert "seconds" not in out


def test_arguments(project: Tiny) -> None:
    """What follows `--` is the stage's, without noxline's own flags."""
    nox_once.run(project.root, "-s", "make", "--", "--force", "x")

    assert project.part("make").commands[0][-1] == "x"
    assert project.part("make").arguments == ("x",)


def test_commands_that_are_noted() -> None:
    """A stage's function notes commands in order; paths become their text."""
    one = Stage("unit", ["-k", "x"])
    one.run("pytest", Path("tests/unit"), *one.posargs)
    one.run("true")

    assert one.commands == [("pytest", "tests/unit", "-k", "x"), ("true",)]


VERBS = {"--push": ["push"], "--pull": ["pull", "-v"]}


@pytest.mark.parametrize(
    ("posargs", "expected"), [([], ["repro"]), (["--push"], ["push"]), (["--pull"], ["pull", "-v"])]
)
def test_choice(posargs: list[str], expected: list[str]) -> None:
    """A caller's flag chooses what stands under it; without one, it is the other thing."""
    assert Stage("data", posargs).choose(VERBS, otherwise=["repro"]) == expected


@pytest.mark.parametrize("posargs", [["--psh"], ["--push", "-v"], ["x"]])
def test_choice_of_nothing(posargs: list[str]) -> None:
    """Anything else that a caller gives is a wrong call, told with the nearest flag."""
    with pytest.raises(NoxlineError, match="'data' takes no such argument") as caught:
        Stage("data", posargs).choose(VERBS, otherwise=["repro"])

    assert (caught.value.found, caught.value.expected) == (" ".join(posargs), "--push | --pull")
    assert (caught.value.fix, caught.value.code) == ("nox -s data -- --push", ExitCode.USAGE)


def test_from_the_package() -> None:
    """The decorator is the package's own name, and is loaded when it is asked for."""
    assert noxline.stage is stages.stage
    assert noxline.Stage is Stage
    with pytest.raises(AttributeError, match="has no attribute 'stge'"):
        _ = noxline.stge


def test_light_import() -> None:
    """Importing the package loads neither nox nor anything heavy."""
    code = "import sys, noxline; print({'nox', 'numpy', 'pytest'} & set(sys.modules))"

    said = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)

    assert said.stdout == "set()\n"
