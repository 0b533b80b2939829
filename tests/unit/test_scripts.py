from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from biopsy.cases import Cases

SCRIPTS = Path(__file__).parents[2] / "scripts"
NAMES = ("evaluate", "ingest", "predict", "preflight", "settle", "split", "train", "validate")

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a script from a folder that is not the project's."""

    def run(
        name: str,
        *arguments: object,
        stdin: str | None = None,
        before: Callable[[], None] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(SCRIPTS / f"{name}.py"), *map(str, arguments)]
        return subprocess.run(
            command,
            input=stdin,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=before,
        )

    return run


@pytest.mark.parametrize("name", NAMES)
def test_help_says_what_the_script_does(run: Run, name: str) -> None:
    """From any folder, --help has the script's own words and nothing on stderr."""
    done = run(name, "--help")
    first = (SCRIPTS / f"{name}.py").read_text().split('"""')[1].splitlines()[0]

    assert (done.returncode, done.stderr) == (0, "")
    assert first in done.stdout


def test_predict_writes_a_json_line_for_each_case(
    run: Run, cases_csv: Path, model_file: Path, some: Cases
) -> None:
    """From a file or a pipe, with case, score, malignant, threshold and the model's digest."""
    from_file = run("predict", cases_csv, "--model", model_file)
    piped = run("predict", "--model", model_file, stdin=cases_csv.read_text())
    lines = [json.loads(line) for line in from_file.stdout.splitlines()]

    assert (from_file.returncode, from_file.stderr) == (0, "")
    assert from_file.stdout == piped.stdout
    assert [line["case"] for line in lines] == list(some.ids)
    assert all(list(x) == ["case", "score", "malignant", "threshold", "model"] for x in lines)
    assert all(x["malignant"] == (x["score"] >= x["threshold"]) for x in lines)


@pytest.mark.parametrize(
    ("stdin", "said"),
    [
        ("", "standard input: the file is empty"),
        ("mean_radius\n1.0\n", "standard input: column mean_texture is missing"),
        ('{"mean_radius": 1.0', "standard input: line 1, column 20: not JSON"),
    ],
)
def test_predict_refuses_bad_input(run: Run, model_file: Path, stdin: str, said: str) -> None:
    """Exit code 2, the reason and its fix on stderr, nothing on stdout, no traceback."""
    done = run("predict", "--model", model_file, stdin=stdin)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {said}")
    assert "fix:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_error(model_file: Path, some: Cases) -> None:
    """`predict.py cases.csv | head -1` ends quietly, however much there was to write."""
    row = json.dumps(dict(zip(_names(), some.features[0].tolist(), strict=True)))
    command = (sys.executable, SCRIPTS / "predict.py", "--model", model_file)
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(f"{row}\n".encode() * 3000)
        process.stdin.close()
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


def test_bad_data_leaves_its_report(run: Run, cases_csv: Path, tmp_path: Path) -> None:
    """Validation ends with 2, names the rows, and the report is there to read."""
    bad = tmp_path / "bad.csv"
    bad.write_text(cases_csv.read_text().replace("malignant", "unsure", 1))
    done = run("validate", "--cases", bad, "--report", tmp_path / "report")

    assert done.returncode == 2
    assert "column diagnosis: line 22: unsure" in done.stderr
    assert "if its rows are wrong: correct them" in done.stderr
    assert "unsure" in (tmp_path / "report" / "report.md").read_text()


def test_a_bad_source_is_corrected_and_nothing_else(
    run: Run, cases_csv: Path, tmp_path: Path
) -> None:
    """Ingest keeps nothing of it; after it is corrected, the same command goes on."""
    source, raw = tmp_path / "mine.csv", tmp_path / "raw"
    source.write_text(cases_csv.read_text().replace("malignant", "unsure", 1))
    params = tmp_path / "params.yaml"
    ours = (SCRIPTS.parent / "params.yaml").read_text()
    params.write_text(ours.replace("source: scikit-learn", f"source: {source}"))
    refused = run("ingest", "--params", params, "--out", raw)
    kept = raw.exists()
    shutil.copy(cases_csv, source)
    taken = run("ingest", "--params", params, "--out", raw)

    assert (refused.returncode, kept) == (2, False)
    assert "mine.csv: line 22: column diagnosis: unknown label" in refused.stderr
    assert (taken.returncode, taken.stderr) == (0, "")
    assert next(raw.glob("*/cases.csv")).read_bytes() == cases_csv.read_bytes()


@pytest.mark.parametrize(
    ("name", "path", "fix"),
    [
        ("validate", "data/raw/2026-11-21/cases.csv", "raw data is never edited"),
        ("split", "data/raw/2026-11-21/cases.csv", "raw data is never edited"),
        ("train", "data/split/train.csv", "nox -s data"),
        ("evaluate", "data/split/test.csv", "nox -s data"),
    ],
)
def test_what_a_stage_made_is_not_edited(
    tmp_path: Path, cases_csv: Path, name: str, path: str, fix: str
) -> None:
    """A damaged file of the pipeline is mended by its stage; one that was given, by its lines."""
    shutil.copytree(SCRIPTS, tmp_path / "scripts")
    shutil.copy(SCRIPTS.parent / "params.yaml", tmp_path)
    damaged = tmp_path / path
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(cases_csv.read_bytes()[:-1])
    command = (sys.executable, tmp_path / "scripts" / f"{name}.py")
    made, given = (
        subprocess.run((*command, *more), capture_output=True, text=True, check=False)
        for more in ((), ("--cases", _copy(damaged)))
    )

    assert (made.returncode, given.returncode) == (2, 2)
    assert "line 41: the file is truncated" in made.stderr
    assert f"fix:      {fix}" in made.stderr
    assert "fix:      fetch the file again" in given.stderr


def test_a_full_disk_loses_nothing(run: Run, cases_csv: Path, tmp_path: Path) -> None:
    """Where a file can't be written whole, the one that was there stays, and code 3 says why."""
    model = tmp_path / "biopsy.onnx"
    model.write_bytes(b"the one that was there")
    outputs = ("--reference", tmp_path / "r.json", "--loss", tmp_path / "l.csv")
    done = run("train", "--cases", cases_csv, "--model", model, *outputs, before=_no_room)

    assert done.returncode == 3
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert model.read_bytes() == b"the one that was there"
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".tmp"] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has the always-full device")
def test_a_full_output_is_an_error(cases_csv: Path, model_file: Path) -> None:
    """Predictions that could not be written are never taken for written."""
    command = (sys.executable, SCRIPTS / "predict.py", cases_csv, "--model", model_file)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert done.returncode == 3
    assert "no room is left" in done.stderr


def test_raw_data_is_split_and_frozen(run: Run, tmp_path: Path) -> None:
    """The project's own data give the declared golden set; fewer cases are refused with code 2."""
    assert run("ingest", "--out", tmp_path / "raw").returncode == 0
    raw = next((tmp_path / "raw").glob("*/cases.csv"))
    done = run("split", "--cases", raw, "--out", tmp_path / "data")
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "train: 341 cases, 127 malignant",
        "test: 117 cases, 44 malignant",
        "golden: 111 cases, 41 malignant",
    ]
    shutil.copy(tmp_path / "data" / "golden" / "cases.csv", raw)

    assert run("split", "--cases", raw, "--out", tmp_path / "data").returncode == 2


def _copy(path: Path) -> Path:
    return Path(shutil.copy(path, path.with_suffix(".copy.csv")))


def _names() -> list[str]:
    from biopsy.features import NAMES

    return list(NAMES)


def _no_room() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
