"""Whole golden runs of the small project."""

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from golden_project import MODEL, Project

from noxline import files
from noxline.errors import REPORT
from noxline.golden.baseline import dump, read_baseline

pytest_plugins = ["pytester"]


def test_a_first_run_fails_for_want_of_a_baseline(project: Project) -> None:
    """Without a baseline the run fails, names the file and shows all other gates."""
    result = project.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*no golden baseline has been accepted for cpu*"])
    assert not project.baseline.exists()
    assert {g["name"] for g in project.results()["gates"] if g["passed"]} >= {"sensitivity"}


def test_accepting_writes_the_baseline_and_is_not_a_pass(project: Project) -> None:
    """The run that accepts shows what changes, writes it, and exits 1."""
    result = project.run("--golden-accept", "the first model")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["accepted: tests/golden/baseline/cpu.csv", "*not a pass*"])
    accepted = read_baseline(project.baseline, "cpu")
    assert (accepted.why, accepted.flaws, len(accepted.ids)) == ("the first model", (), 12)


def test_an_accepted_model_is_reproduced(project: Project) -> None:
    """After accepting, the same model is green in the reproduction lane, and exits 0."""
    project.accept()
    result = project.run()
    assert result.ret == 0
    result.stdout.fnmatch_lines(["PASSED: * gates passed", "reproduction: *"])


def test_a_newcomers_model_with_another_digest_is_green(project: Project) -> None:
    """A model that differs in the last digits is judged as a new one, and is as good."""
    project.accept()
    before = project.baseline.read_bytes()
    project.train(bias=MODEL["bias"] + 1e-7)
    result = project.run()
    assert result.ret == 0
    result.stdout.fnmatch_lines(["non-inferiority: a new model *"])
    assert project.baseline.read_bytes() == before


def test_a_raised_threshold_is_red(project: Project) -> None:
    """One more missed positive case is red, by name, and exits 1."""
    project.accept()
    project.train(threshold=0.97)
    assert project.run().ret == 1
    assert any(text.startswith("newly missed cases: case01") for text in project.red())


def test_a_broken_rule_is_red_though_all_metrics_hold(project: Project) -> None:
    """A rule that a test checks feeds the verdict."""
    project.accept()
    project.train(weights=[4.0, 0.2])
    project.declare("at_most = 0.01", "at_most = -0.5")
    result = project.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["larger is not safer: *limit -0.5*"])
    assert any(text.startswith("larger is not safer") for text in project.red())


def test_a_rule_that_no_test_checked_is_red(project: Project) -> None:
    """A green part is not a green whole: a declared rule that was left out fails the run."""
    project.accept()
    result = project.run("-k", "test_gates")
    assert result.ret == 1
    assert project.red() == ["larger is not safer: no test of this run checked it"]


def test_a_rule_that_is_not_declared_fails_its_test(project: Project) -> None:
    """A rule's limit stands in pyproject.toml, and a misspelt name is told the right one."""
    project.accept()
    project.declare('"larger is not safer" =', '"larger is no safer" =')
    result = project.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*write 'larger is no safer'*"])


def test_a_kind_without_a_gate_fails_its_test(project: Project) -> None:
    """A test that asks for must-pass cases where none are declared has tested nothing."""
    project.declare('must-pass = ["case01"]', "")
    result = project.run("--golden-accept", "why")
    result.stdout.fnmatch_lines(["*no gate of the kind must_pass was judged*"])
    assert not project.baseline.exists()


Change = Callable[[list[list[str]]], None]


def swap_values(rows: list[list[str]]) -> None:
    """Two cases trade what was accepted for them."""
    rows[1][1:], rows[3][1:] = rows[3][1:], rows[1][1:]


def swap_lines(rows: list[list[str]]) -> None:
    """Two lines trade places."""
    rows[1], rows[2] = rows[2], rows[1]


def drop_line(rows: list[list[str]]) -> None:
    """One case is gone."""
    del rows[1]


def double_line(rows: list[list[str]]) -> None:
    """One case stands there twice."""
    rows.insert(1, rows[1])


def rename(rows: list[list[str]]) -> None:
    """One case has another name."""
    rows[12][0] = "case99"


def nan(rows: list[list[str]]) -> None:
    """One score is not a number."""
    rows[1][2] = "nan"


def merge(rows: list[list[str]]) -> None:
    """A merge was left half done."""
    rows.insert(1, ["<<<<<<< HEAD"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (swap_values, "edited by hand"),
        (swap_values, "cases differ"),
        (swap_lines, "reordered"),
        (drop_line, "has no row for 1 cases: case00"),
        (double_line, "a case stands there twice: case00"),
        (rename, "has 1 cases too many: case99"),
        (nan, "case case00: not a value"),
        (merge, "merge conflict marks"),
    ],
)
def test_a_baseline_edited_by_hand_is_red(project: Project, change: Change, says: str) -> None:
    """Each edit is red in its own words, and the model is still judged by its limits."""
    project.accept()
    project.edit(change)
    assert project.run().ret == 1
    (said,) = (text for text in project.red() if says in text)
    assert "cases differ" in said or "fix:" in said
    assert "sensitivity" in {g["name"] for g in project.results()["gates"]}


def test_a_hand_edit_is_healed_by_accepting_again(project: Project) -> None:
    """Accepting over nonsense gives a whole baseline."""
    project.accept()
    project.edit(nan)
    project.run("--golden-accept", "healed")
    assert project.run().ret == 0


def test_a_model_that_train_did_not_make_is_refused(project: Project) -> None:
    """Another model file is refused by digest before any test, with a red report."""
    project.accept()
    project.run()
    project.write("model.json", json.dumps({"weights": [4, 0], "bias": 0, "threshold": 0.5}))
    result = project.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*model.json is not the file that 'train' made*"])
    assert result.errlines[0] == "error: model.json is not the file that 'train' made"
    assert result.errlines[-1] == "  fix:      nox -s train"
    assert "Exit:" not in result.stdout.str() + result.stderr.str()
    assert result.parseoutcomes() == {}
    assert project.results()["headline"].startswith("nothing was compared")
    assert "Failed" in (project.root / "reports/golden/index.html").read_text()


def test_an_error_of_the_model_is_told_without_a_traceback(project: Project) -> None:
    """What the project's own code raises as an error for people is shown as such."""
    text = (project.root / "tests/golden/conftest.py").read_text()
    raising = 'from noxline.errors import NoxlineError\n    raise NoxlineError("no", fix="do")\n'
    project.write(
        "tests/golden/conftest.py", text.replace("model = json", raising + "    x = json")
    )
    result = project.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["FAILED: nothing was compared: no"])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*conftest.py:*")


def test_a_bad_golden_set_is_refused(project: Project) -> None:
    """A golden set that cannot be judged with is red, in its own words."""
    project.write("cases.csv", "case,truth,size\n")
    project.sign()
    assert project.run().ret == 1
    assert (
        project.results()["headline"] == "nothing was compared: cases.csv: the golden set is empty"
    )


def test_a_run_that_compares_nothing_is_red(project: Project) -> None:
    """Golden tests that never ask for the golden fixture pass, and the run fails."""
    project.accept()
    project.write("tests/golden/test_model.py", "def test_nothing():\n    pass\n")
    result = project.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["FAILED: nothing was compared: no golden test asked*"])


def test_a_skipped_test_is_counted_and_named(project: Project) -> None:
    """A skipped golden test is in the report as skipped, and never as passed."""
    project.accept()
    text = (project.root / "tests/golden/test_model.py").read_text()
    project.write(
        "tests/golden/test_model.py",
        text + "\n@pytest.mark.skip(reason='no GPU')\ndef test_gpu(golden):\n    pass\n",
    )
    assert project.run().ret == 0
    assert project.results()["gates"][-1]["says"] == "5 passed, 1 skipped"
    suite = ET.parse(project.root / "reports/golden/junit.xml").getroot()[0]
    assert (suite.get("failures"), suite.get("skipped")) == ("0", "1")


def test_accepting_a_bad_model_is_refused(project: Project) -> None:
    """A model below a floor is not accepted, and the old baseline stays."""
    project.accept()
    before = project.baseline.read_bytes()
    project.train(threshold=0.999)
    result = project.run("--golden-accept", "it is fine")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["error: not accepted: *", "*sensitivity*"])
    assert project.baseline.read_bytes() == before


def test_accepting_a_part_is_refused(project: Project) -> None:
    """What was not checked is not accepted."""
    result = project.run("--golden-accept", "why", "-k", "test_gates")
    result.stdout.fnmatch_lines(["error: not accepted: *"])
    assert not project.baseline.exists()


def test_accepting_outputs_of_a_wrong_form_is_refused(project: Project) -> None:
    """Outputs that cannot be judged cannot be accepted either."""
    text = (project.root / "tests/golden/conftest.py").read_text()
    project.write(
        "tests/golden/conftest.py", text.replace('"score": score,', '"score": score[:3],')
    )
    result = project.run("--golden-accept", "why")
    result.stdout.fnmatch_lines(["*wrong shape (3,), expected (12,)*", "error: not accepted: *"])
    assert not project.baseline.exists()


def test_accepting_in_ci_is_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CI system accepts nothing; that is a wrong call and not a failed test."""
    monkeypatch.setenv("CI", "true")
    result = project.run("--golden-accept", "why")
    assert result.ret == 2
    assert result.errlines[0] == "error: a golden baseline is not accepted in CI"
    result.stdout.no_fnmatch_line("*PASSED*")
    assert not project.baseline.exists()


def test_accepting_needs_a_reason(project: Project) -> None:
    """An empty reason is refused."""
    assert project.run("--golden-accept", " ").ret == 2
    assert not project.baseline.exists()


def test_accepting_a_better_model_shows_what_changes(project: Project) -> None:
    """The change is shown in metrics and in the number of cases before it is written."""
    project.accept()
    project.train(bias=0.3)
    result = project.run("--golden-accept", "retrained")
    result.stdout.fnmatch_lines(["*model * -> *", "*log_loss * -> *", "*score: 12 of 12 cases*"])
    assert project.run().ret == 0


def test_a_wrong_declaration_is_a_usage_error(project: Project) -> None:
    """A gate with no metric is refused with the nearest name, before any test."""
    project.declare("sensitivity = {", "sensitivty = {")
    result = project.run()
    assert result.ret == 2
    assert "write sensitivity instead" in result.stdout.str() + result.stderr.str()


def test_a_report_that_cannot_be_written_is_a_failure(project: Project) -> None:
    """Where the report's folder is a file, the run says so and is not green."""
    project.accept()
    project.declare('rerun = "show {case}"', 'report = "cases.csv/report"')
    result = project.run()
    assert result.ret == 3
    assert "cases.csv/report" in result.errlines[0]


def test_collecting_only_judges_nothing(project: Project) -> None:
    """--collect-only leaves no report and needs no model."""
    (project.root / "model.json").unlink()
    assert project.run("--collect-only").ret == 0
    assert not (project.root / "reports").exists()


Staged = Callable[[], tuple[pytest.RunResult, dict[str, Any]]]


@pytest.fixture
def staged(project: Project, monkeypatch: pytest.MonkeyPatch) -> Staged:
    """Run an accepted model's golden tests as a stage does; what it prints, and what it is told."""
    ended = project.root / "ended.json"
    project.accept()
    project.run()
    assert project.results()["passed"]

    def run() -> tuple[pytest.RunResult, dict[str, Any]]:
        monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)
        monkeypatch.setenv(REPORT, str(ended))
        result = project.run()
        return result, json.loads(ended.read_text()) if ended.exists() else {}

    return run


def test_a_green_stage_is_told_nothing(project: Project, staged: Staged) -> None:
    """A stage whose golden tests pass is green, with its report."""
    result, told = staged()
    assert (result.ret, told) == (0, {})
    assert project.results()["passed"]


def test_a_stage_that_only_collects_leaves_no_earlier_report(
    project: Project, staged: Staged
) -> None:
    """A stray option cannot pass an earlier verdict off as this run's: the stage is red."""
    project.write("pytest.ini", "[pytest]\naddopts = --co\n")
    result, told = staged()
    assert result.ret == 1
    assert list((project.root / "reports/golden").iterdir()) == []
    assert told == {"code": 1, "what": "no test ran of tests/golden"}


def test_collecting_by_hand_leaves_the_report_alone(project: Project) -> None:
    """Who looks at the list of tests by hand loses nothing."""
    project.accept()
    project.run()
    assert project.run("--collect-only").ret == 0
    assert project.results()["passed"]


def test_a_run_that_is_killed_leaves_no_earlier_report(project: Project) -> None:
    """The report of an earlier run is gone before the first test begins."""
    project.accept()
    project.run()
    project.write(
        "tests/golden/test_model.py",
        "from pathlib import Path\n\ndef test_it():\n"
        "    assert list(Path('reports/golden').iterdir()) == []\n",
    )
    project.run().assert_outcomes(passed=1)


def test_a_refusal_reaches_the_stage(project: Project, staged: Staged) -> None:
    """What is refused before any test is told to the stage in its own words and code."""
    project.declare("sensitivity = {", "sensitivty = {")
    result, told = staged()
    assert (result.ret, told["code"]) == (2, 2)
    assert "a gate with no metric" in told["what"]


def test_a_full_disk_reaches_the_stage(staged: Staged, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report for which there is no room is the machine's fault: the stage is told code 3."""

    def full(path: Path, _text: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(files, "write_text", full)
    result, told = staged()
    assert (result.ret, told["code"]) == (3, 3)
    result.stdout.fnmatch_lines(["error: *No space left on device", "  fix:      free some space*"])


def test_unit_tests_alone_are_not_judged(project: Project) -> None:
    """A run without golden tests neither judges nor reports."""
    project.write("tests/unit/test_one.py", "def test_one():\n    pass\n")
    result = project.run("tests/unit", "-m", "unit")
    assert result.ret == 0
    assert not (project.root / "reports").exists()


def test_the_report_stands_alone_and_tells_the_truth(project: Project) -> None:
    """The page has no outside reference, escapes what it shows, and names the rerun command."""
    project.accept()
    project.train(threshold=0.97)
    project.declare('"larger is not safer"', '"larger <b>is</b> safer"')
    project.run()
    text = (project.root / "reports/golden/index.html").read_text()
    assert "<h1>Failed</h1>" in text
    assert "larger &lt;b&gt;is&lt;/b&gt; safer" in text
    assert "show case01" in text
    for outside in ("http:", "https:", "src=", "@import", "url("):
        assert outside not in text


def test_the_terminal_stays_within_80_columns(project: Project) -> None:
    """The golden section of the terminal is readable in 80 columns."""
    project.accept()
    project.train(threshold=0.97)
    lines = project.run().outlines
    start = next(i for i, line in enumerate(lines) if line.strip("= ") == "golden")
    end = next(i for i, line in enumerate(lines) if line.startswith("report: "))
    assert [line for line in lines[start + 1 : end] if len(line) > 80] == []


def test_nothing_is_written_beside_the_report(project: Project) -> None:
    """A run leaves its three files and no temporary one, and doesn't touch the baseline."""
    project.accept()
    before = project.baseline.read_bytes()
    project.run()
    made = {path.name for path in (project.root / "reports/golden").iterdir()}
    assert made == {"index.html", "results.json", "junit.xml"}
    assert project.baseline.read_bytes() == before
    assert [path.name for path in project.baseline.parent.iterdir()] == ["cpu.csv"]


def test_accepting_twice_changes_only_who_and_when(project: Project) -> None:
    """The accepted rows don't depend on the run that accepts them."""
    project.accept()
    first = read_baseline(project.baseline, "cpu")
    project.run("--golden-accept", "once more")
    second = read_baseline(project.baseline, "cpu")
    assert dump(first).splitlines()[11:] == dump(second).splitlines()[11:]


def test_another_accelerator_has_its_own_baseline(project: Project) -> None:
    """A project on another kind of device is compared with that kind's file."""
    project.accept()
    fixture = "\n@pytest.fixture(scope='session')\ndef accelerator():\n    return 'cuda'\n"
    path: Path = project.root / "tests/golden/conftest.py"
    path.write_text(path.read_text() + fixture)
    result = project.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*no golden baseline has been accepted for cuda*"])


def test_a_file_that_the_model_lacks_is_told_without_a_traceback(project: Project) -> None:
    """What the operating system refuses the project's code is an error for people too."""
    text = (project.root / "tests/golden/conftest.py").read_text()
    opening = '    def scores(features):\n        open("weights.bin")\n'
    project.write("tests/golden/conftest.py", text.replace("    def scores(features):\n", opening))
    assert project.run().ret == 1
    assert project.results()["headline"].startswith("nothing was compared: weights.bin: No such")
