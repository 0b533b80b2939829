"""Cases to predict, as people and programs send them: CSV, a JSON list, or JSON lines."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from noxline.errors import NoxlineError, nearest

from .cases import Floats, check_features, parse_features
from .features import CASE, NAMES
from .rows import decode, parse_rows

Format = Literal["csv", "json"]


@dataclass(frozen=True)
class Batch:
    """N cases to predict.

    Attributes:
        ids: Each case's name, None where it was sent without one.
        features: [N, 30] float64, finite and in range.
    """

    ids: tuple[str | None, ...]
    features: Floats


def format_of(data: bytes) -> Format:
    """What `data` is written in, by its first character."""
    return "json" if data.lstrip()[:1] in {b"{", b"["} else "csv"


def parse(data: bytes, source: str, kind: Format) -> Batch:
    """Read a batch; columns or keys that are no feature and not `case` are left aside.

    Raises:
        NoxlineError: Not whole CSV or JSON, no cases, a feature missing, a value that is no
            number or can't be a measurement.
    """
    return _parse_csv(data, source) if kind == "csv" else _parse_json(data, source)


def _parse_csv(data: bytes, source: str) -> Batch:
    rows = parse_rows(data, source)
    features = parse_features(rows)
    check_features(features, source)
    ids = rows.column(CASE) if CASE in rows.header else (None,) * len(features)
    return Batch(ids, features)


def _parse_json(data: bytes, source: str) -> Batch:
    places, objects = _objects(decode(data, source), source)
    if not objects:
        raise NoxlineError(f"{source}: zero cases", found="[]", fix="give at least one object")
    table = [_row(value, f"{source}: {at}") for at, value in zip(places, objects, strict=True)]
    features = np.array(table, dtype=np.float64)
    check_features(features, source, places.__getitem__)
    ids = [value.get(CASE) for value in objects]
    return Batch(tuple(None if name is None else str(name) for name in ids), features)


def _objects(text: str, source: str) -> tuple[list[str], list[Any]]:
    """Where each object stands, and the object: of a whole list, or of one object a line."""
    if text.lstrip().startswith("["):
        objects = _load(text, source, 0)
        return [f"item {i}" for i in range(len(objects))], objects
    lines = [(i, line) for i, line in enumerate(text.split("\n"), start=1) if line.strip()]
    return [f"line {i}" for i, _ in lines], [_load(line, source, i - 1) for i, line in lines]


def _load(text: str, source: str, lines_before: int) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno + lines_before}, column {error.colno}"
        raise NoxlineError(
            f"{source}: {where}: not JSON, or cut off",
            found=error.msg,
            expected="a list of objects, or one object on each line",
            fix="send the whole of it again",
        ) from error


def _row(value: object, where: str) -> list[float]:
    if not isinstance(value, Mapping):
        found = json.dumps(value)[:60]
        fix = f'write {{"{NAMES[0]}": 17.99, ...}}'
        raise NoxlineError(f"{where}: not an object", found=found, fix=fix)
    return [_number(value, name, where) for name in NAMES]


def _number(value: Mapping[str, object], name: str, where: str) -> float:
    if name not in value:
        near = nearest(name, [key for key in value if key not in NAMES])
        raise NoxlineError(
            f"{where}: {name} is missing",
            found=f"{len(value)} keys",
            expected=f"the {len(NAMES)} features, {NAMES[0]} to {NAMES[-1]}",
            fix=f"rename {near} to {name}" if near else f'add "{name}"',
        )
    number = value[name]
    if isinstance(number, bool) or not isinstance(number, int | float | None):
        fix = "write a number without quotation marks"
        raise NoxlineError(f"{where}: {name}: not a number", found=json.dumps(number)[:60], fix=fix)
    try:
        return math.nan if number is None else float(number)
    except OverflowError:
        return math.inf
