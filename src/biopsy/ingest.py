"""Raw data: a snapshot for each day it was taken, never written again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from noxline.errors import NoxlineError
from noxline.files import write_bytes

from .cases import Cases, fingerprint, parse, to_csv
from .features import NAMES

#: The value of `ingest.source` that means the Wisconsin data inside scikit-learn.
BUNDLED = "scikit-learn"


def wisconsin() -> Cases:
    """The 569 biopsies of the Wisconsin diagnostic data set, in scikit-learn's order."""
    from sklearn.datasets import load_breast_cancer  # takes seconds, and only ingest needs it

    bunch = load_breast_cancer()
    named = tuple(str(name).replace(" ", "_") for name in bunch.feature_names)
    if named != NAMES:
        raise NoxlineError(
            "scikit-learn's breast cancer data has other features",
            found=", ".join(named),
            expected=", ".join(NAMES),
            fix="install the locked scikit-learn",
        )
    features = np.asarray(bunch.data, dtype=np.float64)
    ids = tuple(fingerprint(row)[:12] for row in features)
    return Cases(ids, features, np.asarray(bunch.target == 0))


def source_bytes(source: str, root: Path) -> bytes:
    """The raw cases as CSV: from scikit-learn, or the bytes of the CSV file that is named.

    A snapshot stays as it was taken, so the source is read before one is: what is bad is corrected
    there, and never kept.

    Raises:
        NoxlineError: No such file, or not cases without fault; see `cases.read`.
    """
    if source == BUNDLED:
        return to_csv(wisconsin()).encode()
    path = root / source
    if not path.is_file():
        raise NoxlineError(
            "params.yaml: ingest.source: no such file",
            found=str(path),
            expected=f"{BUNDLED}, or a CSV file's path from the project's root",
            fix=f"write {BUNDLED}, or put the file there",
        )
    data = path.read_bytes()
    parse(data, str(path))
    return data


def mend(path: Path) -> str:
    """What mends the snapshot at `path` where it is missing or bad: never to edit it."""
    if not path.exists():
        return "nox -s data"
    return (
        "raw data is never edited\n"
        "if the source is wrong: correct it, and set ingest.snapshot in params.yaml to a new day\n"
        f"{_restore(path)}"
    )


def _restore(path: Path) -> str:
    return f"if this file was damaged: .noxline/envs/dvc/bin/dvc checkout --force {path}"


def write_snapshot(path: Path, data: bytes) -> bool:
    """Add a snapshot; true if it is new, false if the same one is there already.

    Raises:
        NoxlineError: There is one with other content. It is left as it is.
    """
    if path.exists():
        if path.read_bytes() == data:
            return False
        raise NoxlineError(
            f"{path}: this snapshot is there with other content, and raw data is never rewritten",
            found=f"{path.stat().st_size} bytes that differ from the source's {len(data)}",
            expected="a day's snapshot as it was taken",
            fix="for new data: set ingest.snapshot in params.yaml to today's date\n"
            f"{_restore(path)}",
        )
    write_bytes(path, data)
    return True
