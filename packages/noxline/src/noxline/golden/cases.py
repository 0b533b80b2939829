"""The golden set: named inputs with their true classes."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import NoxlineError
from .metrics import Bools, Floats
from .settings import Settings


@dataclass(frozen=True, eq=False)
class Cases:
    """The golden set as arrays.

    Args:
        ids: The cases' names, each once.
        positive: Shape (cases,), whether the true class is the one that must not be missed.
        features: Shape (cases, features), in the units of the file.
        names: The features' names, in the file's order.
        sha256: The digest of the file.
    """

    ids: tuple[str, ...]
    positive: Bools
    features: Floats
    names: tuple[str, ...]
    sha256: str


def read_cases(root: Path, settings: Settings) -> Cases:
    """Read the golden set.

    Raises:
        NoxlineError: A file that is missing, empty or not what was declared.
        OSError: A file that cannot be read.
    """
    data = (root / settings.cases).read_bytes()
    rows = _table(data, settings)
    ids = tuple(row[settings.id] for row in rows)
    twice = [case for case, times in Counter(ids).items() if times > 1]
    if twice:
        raise _error(settings, "a case stands there twice", ", ".join(twice[:3]), "each case once")
    names = tuple(name for name in rows[0] if name not in (settings.id, settings.label))
    return Cases(
        ids=ids,
        positive=np.array([_is_positive(row, settings) for row in rows]),
        features=np.array([[_number(row, name, settings) for name in names] for row in rows]),
        names=names,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _table(data: bytes, settings: Settings) -> list[dict[str, str]]:
    try:
        reader = csv.DictReader(io.StringIO(data.decode("utf-8")), strict=True)
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise _error(settings, "not a CSV file in UTF-8", str(error), "a whole table") from None
    columns = reader.fieldnames or []
    for name in (settings.id, settings.label):
        if name not in columns:
            raise _error(settings, f"no column '{name}'", ", ".join(columns) or "nothing", name)
    if not rows:
        raise _error(settings, "the golden set is empty", "0 cases", "one case or more")
    for number, row in enumerate(rows, start=2):
        # DictReader puts surplus fields under None, and None where fields are missing.
        if None in row or None in row.values():
            found = f"line {number} has another number of fields"
            raise _error(settings, "a broken line", found, f"{len(columns)} fields")
    return rows


def _is_positive(row: dict[str, str], settings: Settings) -> bool:
    label = row[settings.label]
    if label not in (settings.positive, settings.negative):
        what = f"case {row[settings.id]}: unknown {settings.label}"
        raise _error(settings, what, label, f"{settings.positive} or {settings.negative}")
    return label == settings.positive


def _number(row: dict[str, str], name: str, settings: Settings) -> float:
    try:
        value = float(row[name])
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        what = f"case {row[settings.id]}: {name}"
        raise _error(settings, what, repr(row[name]), "a finite number")
    return value


def _error(settings: Settings, what: str, found: str, expected: str) -> NoxlineError:
    fix = "make the golden set again: nox -s data"
    return NoxlineError(f"{settings.cases}: {what}", found=found, expected=expected, fix=fix)
