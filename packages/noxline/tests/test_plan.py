from __future__ import annotations

import subprocess
from pathlib import Path

import tiny_project

from noxline import plan, run
from noxline.config import Runtime
from noxline.errors import ExitCode
from noxline.plan import Plan, Step

UNSET = (
    "-u PYTHONDONTWRITEBYTECODE -u PYTHONHOME -u PYTHONOPTIMIZE -u PYTHONPATH -u PYTHONSTARTUP"
    " -u PYTEST_ADDOPTS -u PYTEST_DISABLE_PLUGIN_AUTOLOAD -u PYTEST_PLUGINS -u SKIP"
)
ENV = "LC_ALL=C.UTF-8 PYTHONHASHSEED=0 TZ=UTC"
CALLER = {"PATH": "/usr/bin:/bin", "HOME": "/root", "PYTHONPATH": "/x", "PYTEST_ADDOPTS": "-x"}


def work(runtime: Runtime, folder: Path, *argv: str) -> Step:
    """The one step of a stage with one command."""
    (step,) = plan.work_in_place(runtime, folder, [argv])
    return step


def test_line() -> None:
    """A step's line names its whole world, quoted for a shell."""
    runtime = Runtime(env={"NAME": "two words"})

    step = work(runtime, Path("/p/.noxline/envs/a"), "pytest", "tests/unit", "-k", "a or b")

    assert step.line == (
        f"env {UNSET} {ENV} CUDA_VISIBLE_DEVICES='' NAME='two words'"
        ' VIRTUAL_ENV=/p/.noxline/envs/a PATH=/p/.noxline/envs/a/bin:"$PATH"'
        " pytest tests/unit -k 'a or b'"
    )


def test_line_without_an_environment() -> None:
    """A step that makes an environment runs in the caller's own world."""
    step = Step(("uv", "venv", "a b"), "an environment")

    assert (step.line, step.environ(CALLER)) == ("uv venv 'a b'", CALLER)

    named = Step(("uv", "venv"), "an environment", {"UV_CACHE_DIR": "/c d"})
    assert named.line == "env UV_CACHE_DIR='/c d' uv venv"
    assert named.environ(CALLER) == {**CALLER, "UV_CACHE_DIR": "/c d"}


def test_environ() -> None:
    """What a caller's shell smuggles in is gone, what is fixed is set, the stage's PATH leads."""
    step = work(Runtime(gpu="optional", env={"TZ": "CET"}), Path("/env"), "true")

    assert step.environ(CALLER) == {
        "HOME": "/root",
        "LC_ALL": "C.UTF-8",
        "PATH": "/env/bin:/usr/bin:/bin",
        "PYTHONHASHSEED": "0",
        "TZ": "CET",
        "VIRTUAL_ENV": "/env",
    }


def test_gpu_that_is_off() -> None:
    """A runtime without a GPU doesn't see one, and one that declares it does."""
    seen = {
        gpu: work(Runtime(gpu=gpu), Path("/env"), "true")
        .environ(CALLER)
        .get("CUDA_VISIBLE_DEVICES")
        for gpu in ("off", "optional", "required")
    }

    assert seen == {"off": "", "optional": None, "required": None}


def test_pasted_line_does_what_the_stage_does(tmp_path: Path) -> None:
    """The line, pasted into a shell, runs the same program with the same variables."""
    folder = tmp_path / "an env"
    (folder / "bin").mkdir(parents=True)
    program = folder / "bin/show"
    program.write_text('#!/bin/sh\nenv | grep -v -e ^_= -e ^NOXLINE_ | sort > "$1"\n')
    program.chmod(0o755)
    caller = tiny_project.caller(PYTHONPATH="/x", PYTEST_PLUGINS="none", TZ="CET")
    step = work(Runtime(env={"QUOTED": "it's $HOME"}), folder, "show", "out.txt")

    with (tmp_path / "lock").open("w") as lock:
        assert run.run(step, tmp_path, caller, lock.fileno()).code == ExitCode.DONE
    ran = (tmp_path / "out.txt").read_text()
    subprocess.run(["sh", "-c", step.line], cwd=tmp_path, env=caller, check=True)

    assert (tmp_path / "out.txt").read_text() == ran
    assert "QUOTED=it's $HOME\n" in ran
    assert "PYTHONPATH" not in ran


def test_text() -> None:
    """A plan is a shell script whose comments say what each line is for."""
    prepare = (Step(("uv", "venv"), "an empty environment"),)
    steps = (Step(("true",), "the stage's own work"), Step(("false",), "more"))

    assert Plan("unit", "ci", "none", prepare, steps).text().splitlines() == [
        "# unit: started on ci, isolation none",
        "set -e",
        "# an empty environment",
        "uv venv",
        "# the stage's own work",
        "true",
        "# more",
        "false",
    ]
