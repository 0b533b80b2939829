import pytest

from noxline.config import Declaration
from noxline.errors import REPORT, NoxlineError
from noxline.testing import layers_of

pytest_plugins = ["pytester"]

LAYERS = '[tool.noxline]\nlayers = ["unit", "smoke"]\n'
PASSING = "def test_it():\n    pass\n"


#: With noxline's plugin and no other, whatever else is installed.
ALONE = ("-p", "noxline.testing", "-p", "no:cacheprovider")


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No plugin comes by being installed, and no stage is told what is run here."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv(REPORT, raising=False)


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project of two layers with one unit test."""
    pytester.makepyprojecttoml(
        LAYERS
        + '[tool.pytest.ini_options]\naddopts = ["--strict-markers", "--import-mode=importlib"]\n'
    )
    write(pytester, "tests/unit/test_one.py", PASSING)
    return pytester


def write(pytester: pytest.Pytester, name: str, text: str) -> None:
    """Write a file below the project's folder."""
    path = pytester.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run the project's tests in this process."""
    # Exit code 2 is an interrupt to pytester, which looks for the signal unless it is told not to.
    return pytester.runpytest_inprocess(*ALONE, *arguments, no_reraise_ctrlc=True)


def test_the_folder_is_the_marker(project: pytest.Pytester) -> None:
    """-m selects by folder though no file has a marker."""
    write(project, "tests/smoke/deep/test_two.py", PASSING)
    run(project, "-m", "unit").assert_outcomes(passed=1, deselected=1)
    run(project, "-m", "smoke").assert_outcomes(passed=1, deselected=1)
    run(project, "-m", "not smoke").assert_outcomes(passed=1, deselected=1)


def test_the_markers_are_registered(project: pytest.Pytester) -> None:
    """--markers lists each layer with its folder."""
    run(project, "--markers").stdout.fnmatch_lines(["@pytest.mark.unit: a test below tests/unit/"])


@pytest.mark.parametrize("name", ["tests/test_x.py", "tests/units/test_x.py", "src/test_x.py"])
def test_a_test_outside_the_layers_is_an_error(project: pytest.Pytester, name: str) -> None:
    """A misplaced test is an error that names the file and the folders allowed."""
    write(project, name, PASSING)
    result = run(project, ".")
    assert result.ret == 2
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [f"*{name}: this test is in no layer", "*tests/unit/, tests/smoke/"]
    )


def test_a_layer_that_only_skips_is_a_failure(project: pytest.Pytester) -> None:
    """Skipped is not passed: the run exits 1 and says which layer did not run."""
    write(project, "tests/smoke/test_two.py", "import pytest\n\n"
          "def test_it():\n    pytest.skip('no GPU')\n")  # fmt: skip
    result = run(project)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["tests/smoke: no selected test ran; skipped is not passed"])


def test_a_skip_by_a_fixture_or_a_marker_is_a_skip_too(project: pytest.Pytester) -> None:
    """It doesn't matter which way a test is skipped."""
    text = "import pytest\npytestmark = pytest.mark.skip(reason='x')\n" + PASSING
    write(project, "tests/unit/test_one.py", text)
    assert run(project, "tests/unit").ret == 1


def test_one_test_that_runs_is_enough(project: pytest.Pytester) -> None:
    """A layer may skip some of its tests."""
    write(project, "tests/unit/test_two.py", "import pytest\n\n"
          "@pytest.mark.skip(reason='x')\ndef test_it():\n    pass\n")  # fmt: skip
    assert run(project).ret == 0


def test_an_expected_failure_ran(project: pytest.Pytester) -> None:
    """A layer of one expected failure is not a layer that skipped."""
    write(project, "tests/smoke/test_two.py", "import pytest\n\n"
          "@pytest.mark.xfail\ndef test_it():\n    assert False\n")  # fmt: skip
    assert run(project).ret == 0


def test_a_deselected_layer_is_not_asked(project: pytest.Pytester) -> None:
    """A layer that the caller left out is neither passed nor failed."""
    write(project, "tests/smoke/test_two.py", "import pytest\n\n"
          "def test_it():\n    pytest.skip('no GPU')\n")  # fmt: skip
    assert run(project, "-m", "unit").ret == 0


def test_no_test_at_all_is_no_pass(project: pytest.Pytester) -> None:
    """A selection that matches nothing is not green."""
    assert run(project, "-k", "nothing").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_collecting_is_not_running(project: pytest.Pytester) -> None:
    """--collect-only skips nothing, so it isn't a failure."""
    assert run(project, "--collect-only").ret == 0


def test_a_project_that_declares_no_layers_is_left_alone(pytester: pytest.Pytester) -> None:
    """Elsewhere a test may be anywhere, and may be skipped."""
    pytester.makepyprojecttoml("[tool.pytest.ini_options]\n")
    pytester.makepyfile("import pytest\n\ndef test_it():\n    pytest.skip('x')\n")
    assert run(pytester).ret == 0


def test_a_folder_without_a_project_is_left_alone(pytester: pytest.Pytester) -> None:
    """No pyproject.toml, no layers."""
    pytester.makepyfile(PASSING)
    assert run(pytester).ret == 0


@pytest.mark.parametrize("arguments", [(), ("--markers",), ("--help",), ("--collect-only",)])
def test_a_wrong_declaration_is_a_usage_error(
    pytester: pytest.Pytester, arguments: tuple[str, ...]
) -> None:
    """What cannot be meant ends the run with exit code 2, its words and nothing else."""
    pytester.makepyprojecttoml('[tool.noxline]\nlayer = ["unit"]\n[tool.pytest.ini_options]\n')
    result = run(pytester, *arguments)
    assert result.ret == 2
    assert result.errlines[0].startswith("error: pyproject.toml: tool.noxline: unknown key 'layer'")
    assert "write layers instead" in result.errlines[-1]
    assert result.outlines == []


@pytest.mark.parametrize("name", ["conftest.py", "tests/conftest.py"])
def test_a_conftest_outside_the_layers_is_a_usage_error(
    project: pytest.Pytester, name: str
) -> None:
    """What no stage reads is refused with where it belongs, before any test runs."""
    write(project, name, "# shared\n")
    result = run(project)
    assert result.ret == 2
    assert result.errlines == [
        f"error: {name}: this conftest.py is in no layer, and no stage reads it",
        "  expected: conftest.py only in tests/unit/, tests/smoke/",
        "  fix:      move it into tests/<layer>/, into each whose tests use it",
    ]
    assert result.outlines == []


def test_a_conftest_in_a_layer_is_welcome(project: pytest.Pytester) -> None:
    """A layer has its own conftest.py, which its stage reads."""
    write(project, "tests/unit/conftest.py", "# of this layer\n")
    assert run(project).ret == 0


@pytest.mark.parametrize("layers", [(), ("unit",)])
def test_golden_tests_need_their_layer(layers: tuple[str, ...]) -> None:
    """Declared golden tests without a layer of that name would never be found."""
    declared = Declaration(layers=layers, golden={"model": "x"})
    with pytest.raises(NoxlineError, match="a layer is missing"):
        layers_of(declared)
