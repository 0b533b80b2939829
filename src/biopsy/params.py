"""params.yaml, read once into frozen records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from noxline.errors import NoxlineError
from noxline.tables import Location, read_record, read_value


def _between(kind: type, low: float, high: float) -> Any:
    """A field that holds a number from `low` to `high`, both allowed."""

    def parse(value: object, at: Location) -> object:
        number = read_value(kind, value, at)
        if not low <= number <= high:
            allowed = f"{low} to {high}"
            raise at.error("out of range", number, allowed, f"write a number from {allowed}")
        return number

    return field(metadata={"parse": parse})


def _matching(pattern: str, example: str) -> Any:
    """A field that holds a string of the whole `pattern`."""

    def parse(value: object, at: Location) -> object:
        fix = f'write it as a quoted string: "{example}"'
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            found = f"{value} ({type(value).__name__})"  # an unquoted day is a date to YAML
            raise at.error("not written as expected", found, f'like "{example}"', fix)
        return value

    return field(metadata={"parse": parse})


@dataclass(frozen=True)
class Ingest:
    """Where cases come from, and the day of the snapshot that holds them."""

    source: str
    snapshot: str = _matching(r"\d{4}-\d{2}-\d{2}", "2026-11-21")


@dataclass(frozen=True)
class Validate:
    """What a snapshot must be, beyond its schema and the ranges of its features."""

    rows: int = _between(int, 1, 10**7)


@dataclass(frozen=True)
class Split:
    """The sides of the split: `train` and `test` are shares of all cases, golden is the rest."""

    salt: str
    train: float = _between(float, 0.1, 0.8)
    test: float = _between(float, 0.1, 0.8)
    tolerance: float = _between(float, 0.0, 0.2)
    golden: str = _matching(r"[0-9a-f]{64}", "<the sha256 of data/golden/cases.csv>")


@dataclass(frozen=True)
class Train:
    """How the model is fitted, rounded, and given its threshold."""

    version: str
    l2: float = _between(float, 1e-9, 10.0)
    steps: int = _between(int, 1, 1_000)
    gradient: float = _between(float, 1e-15, 1.0)
    digits: int = _between(int, 2, 12)
    folds: int = _between(int, 2, 20)
    sensitivity: float = _between(float, 0.5, 1.0)


@dataclass(frozen=True)
class Params:
    """The whole of params.yaml."""

    ingest: Ingest
    validate: Validate
    split: Split
    train: Train


def load(path: Path, train: Mapping[str, object] | None = None) -> Params:
    """Read and check params.yaml.

    Args:
        path: The file.
        train: Values that stand for those of its `train`, such as a command line's.

    Raises:
        NoxlineError: Not YAML, an unknown or missing key, another type, a value out of range.
    """
    try:
        table = yaml.safe_load(path.read_bytes())
    except FileNotFoundError:
        fix = f"git checkout -- {path.name}, or give another with --params"
        raise NoxlineError(f"{path}: no such file", fix=fix) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        fix = "correct the line that is named above"
        raise NoxlineError(f"{path}: not YAML", found=str(error), fix=fix) from error
    if isinstance(table, dict) and isinstance(table.get("train"), dict):
        table["train"].update(train or {})
    params = read_record(Params, table, Location(path.name, ""))
    if params.split.train + params.split.test > 0.95:
        at = Location(path.name, "split")
        found = f"train {params.split.train} + test {params.split.test}"
        raise at.error("too little is left for golden", found, "at most 0.95", "lower split.train")
    return params
