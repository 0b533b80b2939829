from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxline import __version__, receipt
from noxline.errors import ExitCode, NoxlineError
from noxline.receipt import Receipt

RECEIPT = Receipt(
    stage="golden",
    arguments=(),
    commands=(("pytest", "tests/golden"),),
    runtime={"gpu": "off"},
    lock="locks/golden.txt",
    inputs={"src/a.py": "1" * 64},
    outputs={"reports/r.html": "2" * 64},
    python="3.11.7",
    source={"commit": "c" * 40, "modified": False},
    place="ci",
    isolation="none",
    measured={"cpus": 2},
    started="2026-01-01T00:00:00Z",
    finished="2026-01-01T00:00:01Z",
    seconds=1.25,
    result="passed",
    exit_code=0,
    variables={"MLFLOW_TRACKING_URI": "https://mlflow.example"},
)

WORDS = st.text(max_size=5)
TABLES = st.dictionaries(WORDS, WORDS, max_size=2)
RECEIPTS = st.builds(
    Receipt,
    stage=WORDS,
    arguments=st.lists(WORDS, max_size=2).map(tuple),
    commands=st.lists(st.lists(WORDS, max_size=2).map(tuple), max_size=2).map(tuple),
    runtime=TABLES,
    lock=WORDS,
    inputs=TABLES,
    outputs=TABLES,
    python=WORDS,
    source=TABLES,
    place=WORDS,
    isolation=WORDS,
    measured=TABLES,
    started=WORDS,
    finished=WORDS,
    seconds=st.floats(0, 1e6),
    result=st.sampled_from(["passed", "failed", "interrupted"]),
    exit_code=st.integers(0, 255),
    variables=TABLES,
    noxline=WORDS,
)


@given(RECEIPTS)
def test_round_trip(one: Receipt) -> None:
    """A receipt that is written as JSON and read is the same receipt."""
    assert receipt.from_statement(json.loads(json.dumps(receipt.statement(one)))) == one


def test_statement() -> None:
    """A receipt is an in-toto Statement v1 with the fields of SLSA provenance v1."""
    assert receipt.statement(RECEIPT) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "reports/r.html", "digest": {"sha256": "2" * 64}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "https://noxline.dev/stage/v1",
                "externalParameters": {
                    "stage": "golden",
                    "arguments": [],
                    "runtime": {"gpu": "off"},
                    "lock": "locks/golden.txt",
                    "variables": {"MLFLOW_TRACKING_URI": "https://mlflow.example"},
                },
                "internalParameters": {
                    "commands": [["pytest", "tests/golden"]],
                    "place": "ci",
                    "isolation": "none",
                    "python": "3.11.7",
                    "source": {"commit": "c" * 40, "modified": False},
                },
                "resolvedDependencies": [{"name": "src/a.py", "digest": {"sha256": "1" * 64}}],
            },
            "runDetails": {
                "builder": {
                    "id": "https://noxline.dev/stage/v1",
                    "version": {"noxline": __version__},
                },
                "metadata": {
                    "startedOn": "2026-01-01T00:00:00Z",
                    "finishedOn": "2026-01-01T00:00:01Z",
                },
                "noxline_result": {
                    "result": "passed",
                    "exit_code": 0,
                    "seconds": 1.25,
                    "outputs": {"reports/r.html": "2" * 64},
                },
                "noxline_measured": {"cpus": 2},
            },
        },
    }


def test_subject_of_a_stage_that_makes_nothing() -> None:
    """A statement must have a subject: of a stage that makes nothing, what it judged."""
    assert receipt.statement(replace(RECEIPT, outputs={}))["subject"] == [
        {"name": "src/a.py", "digest": {"sha256": "1" * 64}}
    ]


def test_green_and_whole() -> None:
    """Only a stage that passed is green, and only one without arguments is whole."""
    assert [replace(RECEIPT, result=r).green for r in ("passed", "failed", "interrupted")] == [
        True,
        False,
        False,
    ]
    assert (RECEIPT.whole, replace(RECEIPT, arguments=("-k",)).whole) == (True, False)


def test_write_and_read(tmp_path: Path) -> None:
    """A receipt is kept by its stage's name, in place of the last one, and nothing beside it."""
    first = receipt.write(tmp_path, RECEIPT)
    second = receipt.write(tmp_path, replace(RECEIPT, seconds=2.0))

    assert first == second == tmp_path / "receipts/golden.json"
    assert receipt.read(tmp_path, "golden") == replace(RECEIPT, seconds=2.0)
    assert [path.name for path in second.parent.iterdir()] == ["golden.json"]


def test_no_receipt(tmp_path: Path) -> None:
    """A stage that never ended a run has no receipt."""
    assert receipt.read(tmp_path, "golden") is None


def nonsense() -> list[tuple[str, str]]:
    """Texts that are no receipt of golden, each with what is found of it."""
    document: dict[str, Any] = receipt.statement(RECEIPT)
    other = receipt.statement(replace(RECEIPT, stage="train"))
    undated = receipt.statement(replace(RECEIPT, finished="soon"))
    return [
        ("", "Expecting value"),
        (json.dumps(document)[:-40], "line 1 column"),
        ("[]", "list indices"),
        ("{}", "'predicate'"),
        (json.dumps(document | {"predicate": None}), "not subscriptable"),
        (json.dumps(document | {"_type": "v0"}), "v0 with https://slsa.dev/provenance/v1"),
        (json.dumps(document | {"predicateType": "p"}), "Statement/v1 with p"),
        (json.dumps(undated), "Invalid isoformat string: 'soon'"),
        (json.dumps(other), "it is of the stage 'train'"),
        ("\udcff", "can't decode byte 0xff"),
    ]


@pytest.mark.parametrize(("text", "found"), nonsense())
def test_corrupt(tmp_path: Path, text: str, found: str) -> None:
    """A file that is no receipt of its stage is named with what is wrong and what mends it."""
    path = receipt.write(tmp_path, RECEIPT)
    path.write_bytes(text.encode(errors="surrogateescape"))

    with pytest.raises(NoxlineError) as caught:
        receipt.read(tmp_path, "golden")
    assert caught.value.what == f"{path}: not a receipt of 'golden'"
    assert found in str(caught.value.found)
    assert (caught.value.fix, caught.value.code) == (
        f"rm {path} && nox -s golden",
        ExitCode.USAGE,
    )


def test_of_another_version(tmp_path: Path) -> None:
    """A receipt of another noxline, whatever its fields are, is none: the stage is run again."""
    document = receipt.statement(replace(RECEIPT, noxline="0.0.9"))
    del document["predicate"]["buildDefinition"]["externalParameters"]["variables"]
    path = receipt.write(tmp_path, RECEIPT)
    path.write_text(json.dumps(document))

    assert receipt.read(tmp_path, "golden") is None


def test_of_a_part(tmp_path: Path) -> None:
    """The receipt of a run with arguments stands beside that of the last run without."""
    receipt.write(tmp_path, RECEIPT)
    part = receipt.write(tmp_path, replace(RECEIPT, arguments=("-k", "x"), result="failed"))

    assert part == tmp_path / "receipts" / "golden.part.json"
    assert receipt.from_statement(json.loads(part.read_text())).arguments == ("-k", "x")
    assert receipt.read(tmp_path, "golden") == RECEIPT
