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


def test_a_csv_file_is_taken_byte_for_byte(cases_csv: Path, tmp_path: Path) -> None:
    """Raw data isn't touched: its mark and its line ends stay as a spreadsheet wrote them."""
    data = b"\xef\xbb\xbf" + cases_csv.read_bytes().replace(b"\n", b"\r\n")
    (tmp_path / "mine.csv").write_bytes(data)

    assert ingest.source_bytes("mine.csv", tmp_path) == data


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b"worst_area", b"area", "column worst_area is missing"),
        (b",0.1184,", b",,", "missing or not finite"),
        (b",malignant\n", b",unsure\n", "unknown label"),
        (b",0.1184,", b",\xe9,", "not UTF-8"),
        (b",0.1184,", b",0.\x0001184,", "a NUL byte"),
        (b",malignant\n", b",malig", "truncated"),
    ],
)
def test_a_bad_source_is_refused(
    cases_csv: Path, tmp_path: Path, old: bytes, new: bytes, problem: str
) -> None:
    """What cannot be read as cases without fault never becomes a snapshot."""
    path = tmp_path / "mine.csv"
    good = cases_csv.read_bytes()
    at = good.rindex(old)
    path.write_bytes(good[:at] + new + good[at + len(old) :])

    with pytest.raises(NoxlineError, match=problem) as caught:
        ingest.source_bytes("mine.csv", tmp_path)

    assert caught.value.what.startswith(f"{path}: ")


def test_a_bad_snapshot_is_never_edited(tmp_path: Path) -> None:
    """It is taken anew on a new day, or brought back as it was; one that is missing is made."""
    path = tmp_path / "cases.csv"
    assert ingest.mend(path) == "nox -s data"
    path.write_bytes(b"one")

    assert "set ingest.snapshot in params.yaml to a new day" in ingest.mend(path)
    assert f"dvc checkout --force {path}" in ingest.mend(path)


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
    # A source that has changed since would take the place of what was taken that day.
    assert "rm " not in caught.value.fix
