"""The accepted outputs of a model, as a small sorted text file that a person can review.

    # noxline golden baseline 1
    # model: 3f2a...                      the model that was accepted
    # cases: 91bc...                      the golden set that it was judged on
    # accelerator: cpu
    # accepted: 2026-11-21T03:10:00+00:00
    # by: Ada Lovelace
    # why: the first model
    # outputs: score float32, malignant bool
    # rows: 115
    # checksum: 77d0...                   of all lines but this one
    case,label,score,malignant
    0a1b...,benign,0.0123,0

Numbers are written in full precision: reading gives the same bits back.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import NoxlineError
from .metrics import Array

TITLE = "# noxline golden baseline 1"
ACCEPT = 'nox -s golden -- --golden-accept "why"'
_HEADER = ("model", "cases", "accelerator", "accepted", "by", "why", "outputs", "rows", "checksum")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CONFLICT = re.compile(r"^(<{7}|={7}|>{7}|\|{7})", re.MULTILINE)


@dataclass(frozen=True, eq=False)
class Baseline:
    """What was accepted, and for what.

    Args:
        model: SHA-256 of the model file.
        cases: SHA-256 of the golden set.
        accelerator: The kind of device that it ran on.
        accepted: When, in ISO 8601.
        by: Who accepted it.
        why: The reason that was given.
        ids: The cases in the file's order.
        labels: Their true classes.
        outputs: Each output by name, shape (cases,), in the dtype that the model gives.
        flaws: What is wrong with a file whose rows can still be read: edited, reordered, cut.
    """

    model: str
    cases: str
    accelerator: str
    accepted: str
    by: str
    why: str
    ids: tuple[str, ...]
    labels: tuple[str, ...]
    outputs: Mapping[str, Array]
    flaws: tuple[str, ...] = ()

    def take(self, ids: tuple[str, ...]) -> Mapping[str, Array]:
        """The outputs in another order of the same cases."""
        place = {case: row for row, case in enumerate(self.ids)}
        rows = [place[case] for case in ids]
        return {name: values[rows] for name, values in self.outputs.items()}


def dump(baseline: Baseline) -> str:
    """The baseline as the text of its file."""
    order = sorted(range(len(baseline.ids)), key=lambda row: baseline.ids[row])
    outputs = ", ".join(f"{name} {values.dtype}" for name, values in baseline.outputs.items())
    header = {
        "model": baseline.model,
        "cases": baseline.cases,
        "accelerator": baseline.accelerator,
        "accepted": baseline.accepted,
        "by": " ".join(baseline.by.split()),
        "why": " ".join(baseline.why.split()),
        "outputs": outputs,
        "rows": str(len(order)),
    }
    head = [TITLE, *(f"# {key}: {value}" for key, value in header.items())]
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["case", "label", *baseline.outputs])
    for row in order:
        values = (_written(values[row]) for values in baseline.outputs.values())
        writer.writerow([baseline.ids[row], baseline.labels[row], *values])
    rows = table.getvalue().splitlines()
    return "\n".join([*head, f"# checksum: {_checksum(head + rows)}", *rows]) + "\n"


def read_baseline(path: Path, accelerator: str) -> Baseline:
    """Read an accepted baseline.

    Raises:
        NoxlineError: No file, or one that cannot be understood. What can be understood but is not
            right is in the flaws of the result, so that the comparison can still be shown.
    """
    if not path.is_file():
        raise NoxlineError(
            f"{path.name}: no golden baseline has been accepted for {accelerator}",
            expected=str(path),
            fix=f"look at the outputs, then: {ACCEPT}",
        )
    try:
        return parse(path.read_text(encoding="utf-8"), path, accelerator)
    except UnicodeDecodeError as error:
        raise _nonsense(path, "not UTF-8", str(error), "a text file") from None


def parse(text: str, path: Path, accelerator: str) -> Baseline:
    """Understand the text of a baseline file; errors as in `read_baseline`."""
    if _CONFLICT.search(text):
        raise _nonsense(path, "merge conflict marks", "<<<<<<< or >>>>>>>", "one side of the merge")
    lines = text.splitlines()
    header = _header([line for line in lines if line.startswith("#")], path)
    if header["accelerator"] != accelerator:
        found, what = header["accelerator"], "a baseline of another accelerator"
        raise _nonsense(path, what, found, accelerator)
    names = _dtypes(header["outputs"], path)
    body = [line for line in lines if not line.startswith("#")]
    rows = _rows(body, tuple(names), path)
    ids = tuple(row[0] for row in rows)
    columns = {
        name: np.array([_value(row, place, dtype, path) for row in rows], dtype=dtype)
        for place, (name, dtype) in enumerate(names.items(), start=2)
    }
    return Baseline(
        **{key: header[key] for key in _HEADER[:6]},
        ids=ids,
        labels=tuple(row[1] for row in rows),
        outputs=columns,
        flaws=tuple(_flaws(header, lines, ids)),
    )


def _flaws(header: Mapping[str, str], lines: list[str], ids: tuple[str, ...]) -> list[str]:
    flaws = []
    if _checksum([x for x in lines if not x.startswith("# checksum:")]) != header["checksum"]:
        flaws.append("edited by hand: its checksum is not that of its lines")
    if header["rows"] != str(len(ids)):
        flaws.append(f"cut or grown: it says {header['rows']} rows and has {len(ids)}")
    if list(ids) != sorted(ids):
        case = next(a for a, b in zip(ids, sorted(ids), strict=True) if a != b)
        flaws.append(f"reordered: its rows are not sorted by case, first at {case}")
    twice = [case for case, times in Counter(ids).items() if times > 1]
    if twice:
        flaws.append(f"a case stands there twice: {', '.join(twice[:3])}")
    return flaws


def _header(lines: list[str], path: Path) -> dict[str, str]:
    if not lines or lines[0] != TITLE:
        found = lines[0] if lines else "no header"
        raise _nonsense(path, "not a golden baseline", found, TITLE)
    pairs = (line.removeprefix("# ").partition(": ") for line in lines[1:])
    header = {key: value for key, _, value in pairs}
    for key in _HEADER:
        if key not in header:
            raise _nonsense(path, f"its header has no {key}", ", ".join(header), ", ".join(_HEADER))
    for key in ("model", "cases", "checksum"):
        if not _DIGEST.fullmatch(header[key]):
            what = f"its header's {key} is not a digest"
            raise _nonsense(path, what, header[key], "64 hex digits")
    return header


def _dtypes(text: str, path: Path) -> dict[str, np.dtype[Any]]:
    dtypes = {}
    for pair in text.split(", "):
        name, _, kind = pair.rpartition(" ")
        try:
            dtypes[name] = np.dtype(kind)
        except TypeError:
            dtypes = {}
        if not dtypes or dtypes[name].kind not in "bif":
            what = "its header's outputs are not names and dtypes"
            raise _nonsense(path, what, pair, "such as: score float32") from None
    return dtypes


def _rows(body: list[str], outputs: tuple[str, ...], path: Path) -> list[list[str]]:
    try:
        columns, *rows = csv.reader(body, strict=True)
    except (csv.Error, ValueError):
        columns, rows = [], []
    expected = ["case", "label", *outputs]
    if columns != expected:
        raise _nonsense(path, "other columns", ",".join(columns), ",".join(expected))
    for row in rows:
        if len(row) != len(expected):
            raise _nonsense(path, "a broken row", ",".join(row), f"{len(expected)} fields")
    return rows


def _value(row: list[str], place: int, dtype: np.dtype[Any], path: Path) -> Any:
    text = row[place]
    try:
        if dtype.kind == "b":
            return {"0": False, "1": True}[text]
        value = dtype.type(text)
        finite = bool(np.isfinite(value))
    except (ValueError, KeyError, OverflowError):
        finite = False
    if not finite:
        raise _nonsense(path, f"case {row[0]}: not a value", text, f"a finite {dtype}")
    return value


def _written(value: Any) -> str:
    # numpy's str gives the shortest text that reads back as the same bits in the same dtype.
    return str(int(value)) if value.dtype.kind == "b" else str(value)


def _checksum(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def mend(path: Path) -> str:
    """The fix of a baseline that is not as it was accepted."""
    return f"take it back as it was (git checkout -- {path}), or accept anew: {ACCEPT}"


def _nonsense(path: Path, what: str, found: str, expected: str) -> NoxlineError:
    # As a person in the project's folder, where pytest runs, would write it.
    fix = mend(Path(os.path.relpath(path)))
    return NoxlineError(f"{path.name}: {what}", found=found, expected=expected, fix=fix)
