from __future__ import annotations

from pathlib import Path

import pytest
from noxline.errors import NoxlineError

from biopsy import cases, ingest


def test_wisconsin_is_569_biopsies(tmp_path: Path) -> None:
    """The bundled data is whole, is valid as it stands, and names 212 malignant cases."""
    path = tmp_path / "cases.csv"
    path.write_bytes(ingest.source_bytes(ingest.BUNDLED, tmp_path))
    read = cases.read(path)

    assert read.features.shape == (569, 30)
    assert read.malignant.sum() == 212
    assert read.ids[0] == cases.fingerprint(read.features[0])[:12]


def test_a_csv_file_is_taken_byte_for_byte(tmp_path: Path) -> None:
    """Raw data isn't touched, not even where it is wrong."""
    (tmp_path / "mine.csv").write_bytes(b"\xff not,csv")

    assert ingest.source_bytes("mine.csv", tmp_path) == b"\xff not,csv"


def test_a_missing_source_is_refused(tmp_path: Path) -> None:
    """The error names the parameter and the path."""
    with pytest.raises(NoxlineError, match=r"ingest\.source") as caught:
        ingest.source_bytes("none.csv", tmp_path)

    assert str(tmp_path / "none.csv") == caught.value.found


def test_a_snapshot_is_never_rewritten(tmp_path: Path) -> None:
    """The same content is fine, other content is refused and the old stays."""
    path = tmp_path / "2026-11-21" / "cases.csv"

    assert ingest.write_snapshot(path, b"one")
    assert not ingest.write_snapshot(path, b"one")
    with pytest.raises(NoxlineError, match="never rewritten") as caught:
        ingest.write_snapshot(path, b"two")
    assert path.read_bytes() == b"one"
    assert "set ingest.snapshot in params.yaml" in caught.value.fix
