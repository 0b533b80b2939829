"""What this machine has and lacks for each stage, and how to get it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from . import config, environment, output, preflight, receipt
from .config import Project
from .errors import ExitCode, NoxlineError, run_program
from .preflight import Gpus


@dataclass(frozen=True)
class Finding:
    """One thing that a stage needs: whether it is here and, where it isn't, what gets it."""

    state: Literal["has", "lacks", "waits for"]
    what: str
    fix: str = ""


def run() -> None:
    """Print the findings of every stage and end with 3 where one lacks something."""
    run_program(lambda: main(Path.cwd(), os.environ))


def main(root: Path, environ: Mapping[str, str]) -> ExitCode:
    """Look at the machine for every stage of the project in `root`."""
    project = config.load(root)
    gpus = preflight.find_gpus()
    measured = preflight.measure(root)
    output.say(_machine(measured, gpus))
    lacking = False
    for name in project.declared.stages:
        findings = examine(project, name, environ, int(measured["shm"]), gpus)
        lacking = lacking or any(finding.state == "lacks" for finding in findings)
        output.say(name)
        for finding in findings:
            output.say(f"  {finding.state:<9}  {finding.what}")
            if finding.fix:
                output.say(f"             get it: {finding.fix}")
    return ExitCode.MACHINE if lacking else ExitCode.DONE


def examine(
    project: Project, name: str, environ: Mapping[str, str], shm: int, gpus: Gpus
) -> list[Finding]:
    """What one stage needs of this machine."""
    stage = project.stage(name)
    runtime = project.runtime(stage.runtime)
    problems = preflight.problems(stage.runtime, runtime, environ, shm, gpus)
    return [
        _environment(project, name),
        *(Finding("lacks", error.what, error.fix) for error in problems),
        *([] if problems else [Finding("has", f"what the runtime '{stage.runtime}' declares")]),
        *(_maker(project, maker) for maker in project.declared.makers(stage.inputs)),
    ]


def _environment(project: Project, name: str) -> Finding:
    try:
        env = environment.of_stage(project, name)
    except NoxlineError as error:
        return Finding("lacks", error.what, error.fix)
    if env.ready():
        return Finding("has", f"the environment of {env.lock}")
    if shutil.which("git") is None:
        return Finding("lacks", "git", "install git")
    return Finding("has", f"{env.lock}; its first run makes the environment")


def _maker(project: Project, maker: str) -> Finding:
    try:
        last = receipt.read(project.state, maker)
    except NoxlineError as error:
        return Finding("lacks", error.what, error.fix)
    if last is not None and last.green:
        return Finding("has", f"what '{maker}' makes")
    return Finding("waits for", f"what '{maker}' makes", f"nox -s {maker}")


def _machine(measured: Mapping[str, object], gpus: Gpus) -> str:
    gib = {key: int(str(measured[key])) / 2**30 for key in ("memory", "shm", "disk_free")}
    gpu = ", ".join(gpu.name for gpu in gpus.found) or f"none ({gpus.missing})"
    return (
        f"{measured['system']} on {measured['processor']}, {measured['cpus']} cores\n"
        f"memory {gib['memory']:.1f} GiB, /dev/shm {gib['shm']:.1f} GiB,"
        f" disk free {gib['disk_free']:.1f} GiB\n"
        f"GPU: {gpu}\n"
    )
