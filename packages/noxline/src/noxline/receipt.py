"""Receipts: what a stage ran on, used, made and found, as a statement ready to be signed.

A receipt is an in-toto Statement v1 whose predicate is SLSA provenance v1, with two extension
fields named as that specification asks: `noxline_result` and `noxline_measured`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from . import __version__, files
from .errors import NoxlineError

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "https://noxline.dev/stage/v1"

Result = Literal["passed", "failed", "interrupted"]


@dataclass(frozen=True)
class Receipt:
    """One run of one stage.

    Attributes:
        stage: Its name.
        arguments: What the caller gave after `--`.
        commands: The command lines, as planned and run.
        runtime: The declared world.
        lock: The requirements file of its environment.
        inputs: Digest of every input file by path, the lock among them.
        outputs: Digest of every output file by path.
        python: The version of the environment's Python.
        source: The commit, and whether the tree differed from it; empty without git.
        place: Where it was started.
        isolation: How its commands ran.
        measured: What preflight measured of the machine.
        started: RFC 3339, UTC.
        finished: RFC 3339, UTC.
        seconds: How long the commands took.
        result: How it ended.
        exit_code: The exit code it ended with.
        variables: The environment variables that it reads, without credentials.
        noxline: The version of noxline that ran it.
    """

    stage: str
    arguments: tuple[str, ...]
    commands: tuple[tuple[str, ...], ...]
    runtime: Mapping[str, Any]
    lock: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    python: str
    source: Mapping[str, Any]
    place: str
    isolation: str
    measured: Mapping[str, Any]
    started: str
    finished: str
    seconds: float
    result: Result
    exit_code: int
    variables: Mapping[str, str] = field(default_factory=dict)
    noxline: str = field(default=__version__)

    @property
    def green(self) -> bool:
        """Whether the stage passed."""
        return self.result == "passed"

    @property
    def whole(self) -> bool:
        """Whether it ran without arguments, which could have left a part out."""
        return not self.arguments


def path(state: Path, stage: str) -> Path:
    """Where the last receipt of a stage is kept, of a run without arguments."""
    return state / "receipts" / f"{stage}.json"


def write(state: Path, receipt: Receipt) -> Path:
    """Keep a receipt, whole or not at all, in place of the stage's last one.

    A run with arguments may have left a part out: its receipt stands beside that of the last run
    without, which stays what gates and later runs go by.
    """
    target = path(state, receipt.stage)
    if not receipt.whole:
        target = target.with_suffix(".part.json")
    files.write_text(target, json.dumps(statement(receipt), indent=1) + "\n")
    return target


def read(state: Path, stage: str) -> Receipt | None:
    """The last receipt of a stage, or None if this noxline never ended a run of it here.

    Raises:
        NoxlineError: The file is no receipt of that stage.
    """
    target = path(state, stage)
    try:
        data = target.read_bytes()
    except FileNotFoundError:
        return None
    try:
        document = json.loads(data)
        # Another version may have written other fields: what it ran is run again.
        if document["predicate"]["runDetails"]["builder"]["version"]["noxline"] != __version__:
            return None
        receipt = from_statement(document)
        dt.datetime.fromisoformat(receipt.finished)
        if receipt.stage != stage:
            raise ValueError(f"it is of the stage '{receipt.stage}'")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoxlineError(
            f"{target}: not a receipt of '{stage}'",
            found=str(error),
            expected="an in-toto statement as noxline writes it",
            fix=f"rm {target} && nox -s {stage}",
        ) from None
    return receipt


def statement(receipt: Receipt) -> dict[str, Any]:
    """The receipt as an in-toto Statement v1 with the SLSA provenance v1 predicate."""
    # A statement must have a subject: what a stage made or, where it makes nothing, what it judged.
    subject = receipt.outputs or receipt.inputs
    return {
        "_type": STATEMENT,
        "subject": _descriptors(subject),
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "stage": receipt.stage,
                    "arguments": list(receipt.arguments),
                    "runtime": dict(receipt.runtime),
                    "lock": receipt.lock,
                    "variables": dict(receipt.variables),
                },
                "internalParameters": {
                    "commands": [list(command) for command in receipt.commands],
                    "place": receipt.place,
                    "isolation": receipt.isolation,
                    "python": receipt.python,
                    "source": dict(receipt.source),
                },
                "resolvedDependencies": _descriptors(receipt.inputs),
            },
            "runDetails": {
                "builder": {"id": BUILD_TYPE, "version": {"noxline": receipt.noxline}},
                "metadata": {"startedOn": receipt.started, "finishedOn": receipt.finished},
                "noxline_result": {
                    "result": receipt.result,
                    "exit_code": receipt.exit_code,
                    "seconds": receipt.seconds,
                    "outputs": dict(receipt.outputs),
                },
                "noxline_measured": dict(receipt.measured),
            },
        },
    }


def from_statement(document: Mapping[str, Any]) -> Receipt:
    """The receipt that a statement holds.

    Raises:
        KeyError, TypeError, ValueError: It isn't one that noxline wrote.
    """
    if document["_type"] != STATEMENT or document["predicateType"] != PREDICATE:
        raise ValueError(f"{document['_type']} with {document['predicateType']}")
    build = document["predicate"]["buildDefinition"]
    run = document["predicate"]["runDetails"]
    asked, ran, result = (
        build["externalParameters"],
        build["internalParameters"],
        run["noxline_result"],
    )
    return Receipt(
        stage=asked["stage"],
        arguments=tuple(asked["arguments"]),
        commands=tuple(tuple(command) for command in ran["commands"]),
        runtime=asked["runtime"],
        lock=asked["lock"],
        variables=asked["variables"],
        inputs={d["name"]: d["digest"]["sha256"] for d in build["resolvedDependencies"]},
        outputs=dict(result["outputs"]),
        python=ran["python"],
        source=ran["source"],
        place=ran["place"],
        isolation=ran["isolation"],
        measured=run["noxline_measured"],
        started=run["metadata"]["startedOn"],
        finished=run["metadata"]["finishedOn"],
        seconds=result["seconds"],
        result=result["result"],
        exit_code=result["exit_code"],
        noxline=run["builder"]["version"]["noxline"],
    )


def _descriptors(digests: Mapping[str, str]) -> Sequence[dict[str, Any]]:
    return [{"name": path, "digest": {"sha256": digest}} for path, digest in digests.items()]
