"""Receipts chained: what a stage reads is what the stage before it made, by digest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from . import config, digest, receipt
from .config import Project, within
from .errors import ExitCode, NoxlineError
from .receipt import Receipt

# What a file that isn't there has for a digest, and one that a receipt doesn't name: not the same.
MISSING = "missing"
UNNAMED = "none"


def verify(project: Project, stage: str, inputs: Mapping[str, str]) -> None:
    """Check that every input that another stage made is exactly what its receipt names.

    Args:
        project: The project.
        stage: The stage that is about to run.
        inputs: Digest of each of its input files.

    Raises:
        NoxlineError: A maker has no receipt, a red one, or made something else.
    """
    for maker, paths in project.declared.makers(project.stage(stage).inputs).items():
        made = _green(project.state, maker, f"'{stage}' reads what it makes: {', '.join(paths)}")
        outputs = {
            path: sha256
            for path, sha256 in made.outputs.items()
            if any(within(path, name) for name in paths)
        }
        now = {
            path: sha256
            for path, sha256 in inputs.items()
            if any(within(path, output) for output in project.stage(maker).outputs)
        }
        _same(maker, outputs, now)


def verify_gates(project: Project, stage: str, digests: digest.Digests) -> None:
    """Check that every gate of a stage is green, and unchanged since.

    Raises:
        NoxlineError: A gate has not run, is red, or something it read has changed.
    """
    for gate in project.stage(stage).gates:
        passed = _green(project.state, gate, f"it is a gate of '{stage}'")
        changed = changes(passed.inputs, read_by(project, gate, digests))
        if changed:
            raise NoxlineError(
                f"'{gate}' is a gate of '{stage}' and has not seen what is there now",
                found=changed[0],
                expected="nothing changed since it passed",
                fix=f"nox -s {gate}",
                code=ExitCode.FAILED,
            )


def require_origin(root: Path, *paths: str) -> None:
    """Check that each file is, by digest, what the stage that makes it says it made.

    Raises:
        NoxlineError: No stage makes it, its maker has no green receipt, or that names another
            digest.
    """
    project = config.load(root)
    for path in paths:
        names = list(project.declared.makers([path]))
        if not names:
            raise NoxlineError(
                f"{path}: no stage declares that it makes this file",
                fix=f"add it to the outputs of a stage in [{config.TABLE}.stages]",
            )
        made = _green(project.state, names[0], f"it makes {path}")
        _same(names[0], {path: made.outputs.get(path, UNNAMED)}, {path: _sha256(root / path)})


def require_green(root: Path, stage: str, *paths: str) -> Receipt:
    """The receipt of a stage that passed, having read or made exactly these files.

    Raises:
        NoxlineError: There is none, it is red, or it names other digests.
    """
    passed = _green(root / ".noxline", stage, f"nothing goes on without it: {', '.join(paths)}")
    known = {**passed.inputs, **passed.outputs}
    for path in paths:
        expected, found = known.get(path, UNNAMED), _sha256(root / path)
        if expected != found:
            raise NoxlineError(
                f"{path} is not the file that '{stage}' passed",
                found=f"sha256 {found}",
                expected=f"sha256 {expected}, by {receipt.path(root / '.noxline', stage)}",
                fix=f"nox -s {stage}",
                code=ExitCode.FAILED,
            )
    return passed


def read_by(project: Project, stage: str, digests: digest.Digests) -> dict[str, str]:
    """What a stage reads, its declared inputs and its lock: the digest of every file by path."""
    declared = project.stage(stage)
    found = digests.of((*declared.inputs, declared.lock))
    return {
        path: sha256
        for path, sha256 in found.items()
        if not any(within(path, name) for name in declared.ignores)
    }


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What is different between two sets of files, one sentence each, sorted by path."""
    return [
        f"{path} {'is new' if path not in before else 'is gone' if path not in now else 'changed'}"
        for path in sorted({*before, *now})
        if before.get(path) != now.get(path)
    ]


def _green(state: Path, stage: str, why: str) -> Receipt:
    last = receipt.read(state, stage)
    if last is None or not last.green:
        raise NoxlineError(
            f"'{stage}' has not passed, and {why}",
            found="no receipt" if last is None else f"a receipt that says {last.result}",
            expected=f"a green receipt at {receipt.path(state, stage)}",
            fix=f"nox -s {stage}",
            code=ExitCode.FAILED,
        )
    return last


def _same(maker: str, made: Mapping[str, str], now: Mapping[str, str]) -> None:
    for path in sorted({*made, *now}):
        found, expected = now.get(path, MISSING), made.get(path, UNNAMED)
        if expected == UNNAMED:
            raise NoxlineError(
                f"{path} is not among what '{maker}' made",
                found=f"sha256 {found}" if found != MISSING else "no such file",
                expected=f"one of the files that the receipt of '{maker}' names",
                fix=f"correct the path, remove the file, or make '{maker}' write it",
                code=ExitCode.FAILED,
            )
        if found != expected:
            raise NoxlineError(
                f"{path} is not the file that '{maker}' made",
                found=f"sha256 {found}",
                expected=f"sha256 {expected}, by the receipt of '{maker}'",
                fix=f"nox -s {maker}",
                code=ExitCode.FAILED,
            )


def _sha256(path: Path) -> str:
    return digest.of_file(path) if path.is_file() else MISSING
