"""What a version carries: the model's bytes, its parameters and metrics, the golden report."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from noxline import chain, digest
from noxline.config import within
from noxline.errors import ExitCode, NoxlineError

from .settings import Settings

GATE = "golden"
VERDICT = "results.json"  # what a golden report tells machines


@dataclass(frozen=True)
class Evidence:
    """Everything that is logged, read and checked before anything is written.

    Attributes:
        model: The ONNX file's bytes: the ones whose digest golden accepted.
        sha256: Their digest, 64 hex digits.
        params: Parameters by dotted name.
        metrics: Finite numbers by dotted name.
        report: The golden report's files, relative to the report's folder.
    """

    model: bytes
    sha256: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    report: tuple[str, ...]


def gather(root: Path, settings: Settings) -> Evidence:
    """Read what is to be registered, and refuse what golden has not accepted.

    Raises:
        NoxlineError: The golden receipt is missing, red, of a part of the tests, or for other
            files; the report doesn't say that this model passed; or the parameters or metrics
            cannot be read.
    """
    passed = chain.require_green(root, GATE, settings.model)
    reported = [name for name in passed.outputs if within(name, settings.report)]
    if not reported:
        raise NoxlineError(
            f"the receipt of '{GATE}' names no file of its report",
            found=", ".join(sorted(passed.outputs)) or "no output",
            expected=f"files under {settings.report}",
            fix=f"make report and the outputs of the stage '{GATE}' name the same folder",
        )
    model = (root / settings.model).read_bytes()
    # Again, after the reading: what is logged is what was judged, whoever writes meanwhile.
    chain.require_green(root, GATE, settings.model, *reported)
    sha256 = digest.of_bytes(model)
    _require_verdict(root, settings, reported, sha256)
    return Evidence(
        model=model,
        sha256=sha256,
        params={name: str(value) for name, value in _flat(_yaml(root, settings.params))},
        metrics=dict(_numbers(settings.metrics, _json(root, settings.metrics))),
        report=tuple(str(Path(name).relative_to(settings.report)) for name in reported),
    )


def _require_verdict(root: Path, settings: Settings, reported: Sequence[str], sha256: str) -> None:
    """Check that the report says of this model that it passed: a green stage may have judged none.

    Raises:
        NoxlineError: It says something else, or cannot be read.
    """
    name = str(Path(settings.report, VERDICT))
    said = _json(root, name) if name in reported else {}
    digests = said.get("digests")
    judged = digests.get("model") if isinstance(digests, Mapping) else None
    if said.get("passed") is True and judged == sha256:
        return
    found = f"passed: {json.dumps(said.get('passed'))}, model sha256 {judged or 'none'}"
    raise NoxlineError(
        f"{name}: the golden report does not say that this model passed",
        found=found if said else f"no {VERDICT} among the files of '{GATE}'",
        expected=f"passed: true, model sha256 {sha256}",
        fix=f"nox -s {GATE}",
        code=ExitCode.FAILED,
    )


def _flat(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, value


def _numbers(file: str, table: Mapping[str, object]) -> Iterator[tuple[str, float]]:
    for name, value in _flat(table):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(float(str(value))):
            raise NoxlineError(
                f"{file}: {name}: not a metric",
                found=repr(value),
                expected="a finite number",
                fix=f"make the stage that writes {file} write a number, or leave {name} out",
            )
        yield name, float(str(value))


def _yaml(root: Path, file: str) -> Mapping[str, object]:
    import yaml

    try:
        return _table(file, yaml.safe_load(_text(root, file)), "YAML")
    except yaml.YAMLError as error:
        raise _unreadable(file, " ".join(str(error).split()), "YAML") from None


def _json(root: Path, file: str) -> Mapping[str, object]:
    try:
        return _table(file, json.loads(_text(root, file)), "JSON")
    except json.JSONDecodeError as error:
        raise _unreadable(file, str(error), "JSON") from None


def _text(root: Path, file: str) -> str:
    try:
        return (root / file).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable(file, str(error), "UTF-8 text") from None


def _table(file: str, value: object, language: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise _unreadable(file, f"{type(value).__name__}", f"{language}, a table of names")
    return value


def _unreadable(file: str, found: str, expected: str) -> NoxlineError:
    return NoxlineError(
        f"{file}: cannot be read", found=found, expected=expected, fix=f"correct or remake {file}"
    )
