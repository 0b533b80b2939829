"""Cases: the features and the diagnosis of biopsies, in memory and as CSV."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from noxline.errors import NoxlineError, nearest
from noxline.files import write_text
from numpy.typing import NDArray

from .features import CASE, COLUMNS, DIAGNOSIS, FEATURES, LABELS, NAMES, POSITIVE
from .rows import Rows, parse_rows, read_rows

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Cases:
    """N cases.

    Attributes:
        ids: Each case's name, unique.
        features: [N, 30] float64, finite, the columns as in `features.NAMES`.
        malignant: [N] bool, the diagnosis.
    """

    ids: tuple[str, ...]
    features: Floats
    malignant: Bools

    def __len__(self) -> int:
        return len(self.ids)

    def where(self, chosen: Bools) -> Cases:
        """The cases where `chosen`, [N] bool, is true, in their order."""
        ids = tuple(name for name, take in zip(self.ids, chosen, strict=True) if take)
        return Cases(ids, self.features[chosen], self.malignant[chosen])


def fingerprint(row: Sequence[float]) -> str:
    """The SHA-256 of one case's features: 64 hex digits, the same on every machine.

    A float's `repr` is the shortest text that reads back as the same float.
    """
    return hashlib.sha256(",".join(repr(float(x)) for x in row).encode()).hexdigest()


def to_csv(cases: Cases) -> str:
    """The cases as CSV, in the columns and order of `features.COLUMNS`."""
    lines = [",".join(COLUMNS)]
    for name, row, malignant in zip(cases.ids, cases.features, cases.malignant, strict=True):
        lines.append(",".join([name, *(repr(float(x)) for x in row), LABELS[int(malignant)]]))
    return "\n".join(lines) + "\n"


def write(path: Path, cases: Cases) -> None:
    """Write the cases as CSV, whole or not at all."""
    write_text(path, to_csv(cases))


def read(path: Path) -> Cases:
    """Read cases that must be without fault.

    Raises:
        NoxlineError: Not whole CSV (see `rows.parse_rows`), a column missing, a value that is no
            number or not finite or not believable, a label unknown, a case twice.
    """
    return _without_fault(read_rows(path))


def parse(data: bytes, source: str) -> Cases:
    """The cases of a CSV file's bytes, held to what `read` holds a file to.

    Args:
        data: The whole file.
        source: Where it comes from, for the error.
    """
    return _without_fault(parse_rows(data, source))


def _without_fault(rows: Rows) -> Cases:
    for column in COLUMNS:
        rows.column(column)
    features = parse_features(rows)
    check_features(features, rows.source)
    diagnosis = rows.column(DIAGNOSIS)
    for line, label in enumerate(diagnosis, start=2):
        if label not in LABELS:
            _refuse_label(rows.source, line, label)
    _refuse_twins(rows.source, CASE, rows.column(CASE))
    _refuse_twins(rows.source, "features", [fingerprint(row) for row in features])
    return Cases(rows.column(CASE), features, np.array([d == POSITIVE for d in diagnosis]))


def parse_features(rows: Rows) -> Floats:
    """The features of all rows: [N, 30] float64, NaN where a value is empty or written as nan.

    Raises:
        NoxlineError: A column is missing, a value isn't a number.
    """
    table = np.empty((len(rows.values), len(NAMES)))
    for column, name in enumerate(NAMES):
        for row, text in enumerate(rows.column(name)):
            try:
                table[row, column] = float(text or "nan")
            except ValueError:
                where = f"{rows.source}: {csv_line(row)}: column {name}"
                fix = "write a number with a decimal point, as 0.1184"
                raise NoxlineError(f"{where}: not a number", found=repr(text), fix=fix) from None
    return table


def csv_line(row: int) -> str:
    """Where row `row` of a CSV file stands, as editors count."""
    return f"line {row + 2}"


def check_features(features: Floats, source: str, place: Callable[[int], str] = csv_line) -> None:
    """Refuse values that can't be a measurement.

    Args:
        features: [N, 30].
        source: Where they come from, for the error.
        place: What to call row i there.

    Raises:
        NoxlineError: A value is NaN, infinite, negative or beyond the feature's largest.
    """
    highs = np.array([feature.high for feature in FEATURES])
    # Written so that NaN, for which every comparison is false, is outside.
    outside = ~((features >= 0) & (features <= highs))
    if not outside.any():
        return
    row, column = (int(i) for i in np.argwhere(outside)[0])
    feature, value = FEATURES[column], float(features[row, column])
    kind = "out of range" if math.isfinite(value) else "missing or not finite"
    raise NoxlineError(
        f"{source}: {place(row)}: column {feature.name}: {kind}",
        found=f"{value!r} ({int(outside.sum())} such values in all)",
        expected=f"0 to {feature.high:g} ({feature.unit})",
        fix="correct the value where it was measured, or leave the case out",
    )


def _refuse_label(source: str, line: int, label: str) -> None:
    raise NoxlineError(
        f"{source}: line {line}: column {DIAGNOSIS}: unknown label",
        found=repr(label),
        expected=" | ".join(LABELS),
        fix=f"write {nearest(label.lower(), LABELS) or LABELS[0]}",
    )


def _refuse_twins(source: str, what: str, keys: Sequence[str]) -> None:
    first: dict[str, int] = {}
    for line, key in enumerate(keys, start=2):
        if key in first:
            raise NoxlineError(
                f"{source}: line {line}: duplicate {what}",
                found=f"the same as on line {first[key]}: {key[:12]}",
                expected="each case once",
                fix=f"remove line {line} or line {first[key]}",
            )
        first[key] = line
