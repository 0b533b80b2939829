"""A stage's way, in one direction: plan, then hold, preflight, run, receipt."""

from __future__ import annotations

import datetime as dt
import json
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from . import chain, config, environment, fresh, output, plan, receipt, run
from .config import Project
from .digest import Digests
from .environment import Environment
from .errors import ExitCode, NoxlineError, fail, from_os_error, nearest
from .fresh import Facts
from .held import held
from .place import place
from .plan import Plan, Step
from .receipt import Receipt, Result
from .redact import without_credentials
from .run import Ended

Commands = tuple[tuple[str, ...], ...]
Declare = Callable[[Sequence[str]], Commands]

# A disk with less than this many bytes free is full: the smallest file system block twice over.
_ROOM = 8192

# A lock that took more seconds than this was held by someone, who may have changed files.
_AT_ONCE = 0.05

_RESULTS: Mapping[ExitCode, Result] = {
    ExitCode.DONE: "passed",
    ExitCode.INTERRUPTED: "interrupted",
}


@dataclass(frozen=True)
class Outcome:
    """How a stage ended: its verdict, why, the exit code, and the seconds it took."""

    verdict: Literal["passed", "skipped", "failed", "explained"]
    why: str = ""
    code: ExitCode = ExitCode.DONE
    seconds: float = 0.0


@dataclass(frozen=True)
class Flags:
    """What a caller may ask of any stage, after `--`.

    Attributes:
        plan: Print the exact commands and run nothing.
        why: Say what changed since the last green receipt and run nothing.
        force: Run although nothing changed.
    """

    plan: bool = False
    why: bool = False
    force: bool = False


@dataclass(frozen=True)
class Call:
    """One stage, as it was called, and all that was read of it."""

    project: Project
    name: str
    arguments: tuple[str, ...]
    flags: Flags
    plan: Plan
    environment: Environment
    digests: Digests
    environ: Mapping[str, str]


def look(root: Path) -> Digests:
    """The digests of a project's files, which the stages of one run may share."""
    return Digests(root, root / ".noxline" / "digests.json")


def execute(
    root: Path,
    name: str,
    declare: Declare,
    posargs: Sequence[str],
    environ: Mapping[str, str],
    *,
    digests: Digests | None = None,
) -> Outcome:
    """Run one stage, or say why it need not or cannot.

    Args:
        root: The project's folder.
        name: The stage's name.
        declare: Gives the stage's commands for the caller's arguments.
        posargs: What the caller gave after `--`.
        environ: The caller's environment variables.
        digests: What earlier stages of the same run have seen of the files, if there were any.
    """
    started = time.monotonic()
    try:
        seen = digests or look(root)
        outcome = _answer(_called(root, name, declare, posargs, environ, digests=seen))
    except NoxlineError as error:
        outcome = Outcome("failed", error.what, fail(error))
    except OSError as error:
        refused = from_os_error(error)
        outcome = Outcome("failed", refused.what, fail(refused))
    except KeyboardInterrupt:
        outcome = Outcome("failed", "interrupted", ExitCode.INTERRUPTED)
    return replace(outcome, seconds=time.monotonic() - started)


def split_flags(posargs: Sequence[str]) -> tuple[Flags, tuple[str, ...]]:
    """Noxline's own flags, and the arguments that are the stage's."""
    names = {f"--{name}": name for name in Flags.__dataclass_fields__}
    given = {names[word]: True for word in posargs if word in names}
    return Flags(**given), tuple(word for word in posargs if word not in names)


def _called(
    root: Path,
    name: str,
    declare: Declare,
    posargs: Sequence[str],
    environ: Mapping[str, str],
    *,
    digests: Digests,
) -> Call:
    project = config.load(root)
    flags, arguments = split_flags(posargs)
    stage = project.stage(name)
    env = environment.of_stage(project, name)
    work = plan.work_in_place(project.runtime(stage.runtime), env.folder, declare(arguments))
    return Call(
        project=project,
        name=name,
        arguments=arguments,
        flags=flags,
        plan=Plan(name, place(environ), "none", env.steps(), work),
        environment=env,
        digests=digests,
        environ=environ,
    )


def _answer(call: Call) -> Outcome:
    if call.flags.plan:
        output.say(call.plan.text())
        return Outcome("explained")
    word, asked = call.project.stage(call.name).serial or call.name, time.monotonic()
    with held(call.project.state / "locks" / word, call.name) as lock:
        if time.monotonic() - asked > _AT_ONCE:
            call.digests.look_again()
        facts = _facts(call)
        reasons = _reasons(call, facts)
        if call.flags.why:
            reasons += fresh.upstream(call.project, call.name, call.digests)
            output.say(_explained(call.name, reasons))
            return Outcome("explained")
        # Before the skip: what was green once is refused again when the ground under it is gone.
        chain.verify(call.project, call.name, facts.inputs)
        chain.verify_gates(call.project, call.name, call.digests)
        if not reasons and not call.flags.force:
            call.digests.remember()
            return Outcome("skipped", f"unchanged since {_last(call)}")
        output.say(f"{call.name} runs: {_because(reasons)}")
        with output.group(call.name, call.environ):
            return _run(call, facts, lock)


def _reasons(call: Call, facts: Facts) -> list[str]:
    """Why it must run. Who gives arguments wants something done: that is never skipped."""
    if call.arguments:
        return [f"it was given arguments: {shlex.join(call.arguments)}"]
    return fresh.reasons(call.project, call.name, facts)


def _facts(call: Call) -> Facts:
    stage = call.project.stage(call.name)
    return Facts(
        arguments=call.arguments,
        commands=tuple(step.argv for step in call.plan.work),
        # As a receipt gives it back: JSON has no tuples.
        runtime=json.loads(json.dumps(asdict(call.project.runtime(stage.runtime)))),
        lock=stage.lock,
        inputs=chain.read_by(call.project, call.name, call.digests),
        outputs=call.digests.of((*stage.outputs, *stage.keeps)),
        variables=_variables(stage.variables, call.environ),
        python=call.environment.python,
        isolation=call.plan.isolation,
    )


def _variables(names: Sequence[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Those that are set; an address without the credentials that it may hold."""
    return {name: without_credentials(environ[name]) for name in names if name in environ}


def _run(call: Call, facts: Facts, lock: int) -> Outcome:
    from . import preflight  # a stage that is skipped needs none

    project, stage = call.project, call.project.stage(call.name)
    _require_inputs(call, facts)
    runtime = project.runtime(stage.runtime)
    measured = preflight.check(stage.runtime, runtime, project.root, call.environ)
    _prepare(call, lock)
    started, clock = _now(), time.monotonic()
    ended = _work(call, call.plan.work, lock)
    made = call.digests.of((*stage.outputs, *stage.keeps))
    if ended.code == ExitCode.DONE:
        ended = _all_made(stage.outputs, made)
    elif ended.code == ExitCode.FAILED:
        ended = _no_room(project.root, stage.outputs) or ended
    receipt.write(
        project.state,
        Receipt(
            **{**vars(facts), "outputs": made},
            stage=call.name,
            source=_source(project.root),
            place=call.plan.place,
            measured=measured,
            started=started,
            finished=_now(),
            seconds=round(time.monotonic() - clock, 3),
            result=_RESULTS.get(ended.code, "failed"),
            exit_code=int(ended.code),
        ),
    )
    call.digests.remember()
    return Outcome("passed" if ended.code == ExitCode.DONE else "failed", ended.why, ended.code)


def _prepare(call: Call, lock: int) -> None:
    """Make the stage's environment, once, however many stages ask for it at the same time."""
    env = call.environment
    if env.ready():
        return
    with held(call.project.state / "locks" / "environments", "the making of environments"):
        steps = env.steps()
        if not steps:
            return  # another stage has made it meanwhile, and may be running in it
        env.begin()
        ended = _work(call, steps, lock)
        if ended.code != ExitCode.DONE:
            raise NoxlineError(
                f"the environment of '{call.name}' could not be made from {env.lock}",
                found=ended.why,
                fix="mend what is said above (network? disk?), then run the same command again",
                code=ExitCode.MACHINE,
            )
        env.finish()


def _work(call: Call, steps: Sequence[Step], lock: int) -> Ended:
    for step in steps:
        try:
            ended = run.run(step, call.project.root, call.environ, lock)
        finally:
            call.digests.look_again()
        if ended.code != ExitCode.DONE:
            output.say(f"{call.name} failed: {ended.why}. The same command by itself:\n{step.line}")
            return ended
    return Ended(ExitCode.DONE)


def _require_inputs(call: Call, facts: Facts) -> None:
    for name in call.project.stage(call.name).inputs:
        if not any(config.within(path, name) for path in facts.inputs):
            near = nearest(name, config.beside(call.project.root, name))
            raise NoxlineError(
                f"{config.FILE}: {config.TABLE}.stages.{call.name}.inputs: nothing is there",
                found=f"no file at {name}",
                expected="a file, or a folder that holds one",
                fix=f'write "{near}"' if near else f"make {name}, or remove it from the inputs",
            )


def _all_made(outputs: Sequence[str], made: Mapping[str, str]) -> Ended:
    for name in outputs:
        if not any(config.within(path, name) for path in made):
            return Ended(ExitCode.FAILED, f"it did not make {name}, which it declares")
    return Ended(ExitCode.DONE)


def _no_room(root: Path, outputs: Sequence[str]) -> Ended | None:
    """The reason behind a failure, where a disk that the stage writes to is full."""
    for name in (".", *outputs):
        place = next(p for p in (root / name, *(root / name).parents) if p.exists())
        if shutil.disk_usage(place).free < _ROOM:
            return Ended(ExitCode.MACHINE, f"no room is left on the disk of {name} (df -h {name})")
    return None


def _explained(name: str, reasons: Sequence[str]) -> str:
    if not reasons:
        return f"{name} would be skipped: nothing changed since its last green receipt"
    return "\n".join([f"{name} would run:", *(f"  {reason}" for reason in reasons)])


def _because(reasons: Sequence[str]) -> str:
    if not reasons:
        return "it was forced"
    more = f" (and {len(reasons) - 1} more; --why lists them)" if len(reasons) > 1 else ""
    return reasons[0] + more


def _last(call: Call) -> str:
    last = receipt.read(call.project.state, call.name)
    # A receipt's time is UTC; people read their own.
    return f"{dt.datetime.fromisoformat(last.finished).astimezone():%Y-%m-%d %H:%M}" if last else ""


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _source(root: Path) -> dict[str, Any]:
    """The commit, and whether the tree differs from it; empty where there is no git."""

    def git(*arguments: str) -> str | None:
        argv = ("git", "-C", str(root), *arguments)
        try:
            return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            return None

    commit = git("rev-parse", "HEAD")
    if commit is None:
        return {}
    return {"commit": commit, "modified": bool(git("status", "--porcelain"))}
