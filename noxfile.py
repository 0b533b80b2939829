"""The stages of this project, from raw data to a registered model.

Run one with `nox -s STAGE` or `make STAGE`. After `--`: --plan prints its exact commands,
--why says what changed since it last passed, and neither runs anything; --force runs it although
nothing changed; the rest is the stage's own.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nox

# The bundle stands on the library beside it; your own project installs noxline instead.
sys.path.insert(0, str(Path(__file__).parent / "packages/noxline/src"))

from noxline import Stage, stage

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["test"]


@stage
def lint(stage: Stage) -> None:
    """Check style and format with ruff, and every file with the pre-commit hooks."""
    stage.run("ruff", "check")
    stage.run("ruff", "format", "--check")
    stage.run("pre-commit", "run", "--all-files")


@stage
def types(stage: Stage) -> None:
    """Check the types of the project and of the library with mypy."""
    stage.run("mypy", *stage.posargs)
    stage.run("mypy", "--config-file", "packages/noxline/pyproject.toml", *stage.posargs)


@stage
def unit(stage: Stage) -> None:
    """Run the unit tests: features, validation, split and the shapes of predictions."""
    stage.run("pytest", "-c", "pyproject.toml", "tests/unit", *stage.posargs)


@stage
def smoke(stage: Stage) -> None:
    """Train a tiny model: its loss falls, it is saved and served back, it repeats exactly."""
    stage.run("pytest", "-c", "pyproject.toml", "tests/smoke", *stage.posargs)


@stage
def library(stage: Stage) -> None:
    """Run noxline's own unit tests, with branch coverage, and the examples of its pages."""
    config, tests = "packages/noxline/pyproject.toml", "packages/noxline/tests"
    coverage, pages = f"--rcfile={config}", f"{tests}/pages"
    pytest = ("-m", "pytest", "-c", config, "-n", "auto", "--dist", "loadgroup")
    stage.run("pytest", "-c", config, pages)
    # Compiled once, not by two processes at once: that takes longer than the tests of it.
    stage.run("python", "-c", "import mlflow.store.tracking.sqlalchemy_store, onnx, pandas")
    stage.run("coverage", "erase", coverage)  # what a killed run left
    stage.run("coverage", "run", coverage, *pytest, tests, f"--ignore={pages}", *stage.posargs)
    stage.run("coverage", "combine", "--quiet", coverage)
    stage.run("coverage", "report", coverage)


@stage
def data(stage: Stage) -> None:
    """Ingest, validate and split the raw data; -- --push and -- --pull sync its DVC remote."""
    stage.run("python", "scripts/preflight.py")
    verbs = {"--push": ["push"], "--pull": ["pull"]}
    stage.run("dvc", *stage.choose(verbs, otherwise=["repro", "split"]))


@stage
def train(stage: Stage) -> None:
    """Train the model and evaluate it, as dvc.yaml says."""
    stage.run("python", "scripts/preflight.py")
    stage.run("dvc", "repro", *stage.posargs)
    stage.run("python", "scripts/settle.py")


@stage
def golden(stage: Stage) -> None:
    """Judge the trained model on the frozen golden cases."""
    stage.run("pytest", "-c", "pyproject.toml", "tests/golden", *stage.posargs)


@stage
def register(stage: Stage) -> None:
    """Register the model that golden accepted, in MLflow."""
    stage.run("python", "scripts/register.py", *stage.posargs)


@nox.session(requires=["lint", "types", "unit", "smoke", "data", "train", "golden", "register"])
def pipeline(session: nox.Session) -> None:
    """Run every stage in order, from raw data to a registered model."""
    session.log("every stage has run")


@nox.session(requires=["lint", "types", "unit", "smoke", "data", "train", "golden", "library"])
def test(session: nox.Session) -> None:
    """Run all that needs no engine: the checks, the golden tests, noxline's own tests."""
    session.log("every test has run")


@nox.session(requires=["lint", "data", "train", "golden"])
def checks(session: nox.Session) -> None:
    """See hooks refuse, pages tell the truth, broken models turn red, killed stages go on."""
    for check in ("hooks", "docs", "gates", "kills"):
        session.run(sys.executable, f"ci/{check}.py")


@nox.session
def lock(session: nox.Session) -> None:
    """Lock each dependency group of locks/ again; -- --upgrade for newer versions."""
    lock = (".noxline/tools/bin/uv", "pip", "compile", "--universal", "--generate-hashes")
    options = ("--python-version", "3.11", "--quiet", "--no-header", *session.posargs)
    for path in sorted(Path("locks").glob("*.txt")):
        session.run(*lock, *options, "--group", path.stem, "--output-file", str(path))


@nox.session
def doctor(session: nox.Session) -> None:  # noqa: ARG001  (nox gives it)
    """Say what this machine has and lacks for each stage, and how to get it."""
    from noxline import doctor

    doctor.run()
