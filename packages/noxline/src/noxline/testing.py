"""The pytest plugin: a test's layer is its folder, and skipped is never passed.

A project asks for it in pyproject.toml:

    [tool.noxline]
    layers = ["unit", "smoke", "golden"]

Each test below tests/unit/ then carries the marker `unit`, so `pytest -m unit` works though no file
says so. A test module outside every layer is a collection error. Elsewhere the plugin does nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .config import Declaration, load
from .errors import ExitCode, NoxlineError
from .tables import Location

BASE = "tests"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of golden tests, which exist whether or not a project has any."""
    parser.getgroup("noxline").addoption(
        "--golden-accept",
        metavar="WHY",
        help="write what the model gives now as the golden baseline, and say why it is right",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Wake the parts that the project's [tool.noxline] declares."""
    try:
        if not (config.rootpath / "pyproject.toml").is_file():
            return
        declared = load(config.rootpath).declared
        if not declared.layers and not declared.golden:
            return
        layers = layers_of(declared)
    except NoxlineError as error:
        pytest.exit(str(error), returncode=int(error.code))
    config.pluginmanager.register(Layers(config.rootpath, layers), "noxline-layers")
    for layer in layers:
        config.addinivalue_line("markers", f"{layer}: a test below {BASE}/{layer}/")
    if declared.golden:
        # Light: numpy is imported when golden tests are about to run, not by every unit test.
        from .golden.plugin import NAME, GoldenPlugin

        config.pluginmanager.register(GoldenPlugin(config), NAME)
        config.pluginmanager.import_plugin("noxline.golden.provide")


class Layers:
    """Marks every test with its layer, and fails a run in which a layer only skipped.

    Args:
        root: The project's folder.
        layers: The names of the folders below tests/.
    """

    def __init__(self, root: Path, layers: tuple[str, ...]) -> None:
        self._base = root / BASE
        self._layers = layers
        self._layer_of: dict[str, str] = {}
        self._ran: set[str] = set()
        self._unrun: list[str] = []

    def layer(self, path: Path) -> str | None:
        """The layer that a file is in, or None."""
        if not path.is_relative_to(self._base):
            return None
        first = path.relative_to(self._base).parts[0]
        return first if first in self._layers else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makemodule(
        self, module_path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        """Turn a test module that is in no layer into a collection error."""
        if self.layer(module_path):
            return None
        allowed = ", ".join(f"{BASE}/{name}/" for name in self._layers)
        misplaced: Misplaced = Misplaced.from_parent(parent, path=module_path)
        misplaced.allowed = allowed
        return misplaced

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Give a test its layer's marker, early enough for -m to see it."""
        layer = self.layer(item.path)
        if layer:
            item.add_marker(layer)
            self._layer_of[item.nodeid] = layer

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Forget the tests that this run was asked to leave out."""
        for item in items:
            self._layer_of.pop(item.nodeid, None)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember which tests really ran; an expected failure did."""
        skipped = report.skipped and not hasattr(report, "wasxfail")
        if report.failed or (report.when == "call" and not skipped):
            self._ran.add(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Fail a run that would otherwise be green though a layer only skipped."""
        if exitstatus == 0 and not session.config.option.collectonly:
            self._unrun = self._all_skipped()
            session.exitstatus = ExitCode.FAILED if self._unrun else session.exitstatus

    def _all_skipped(self) -> list[str]:
        ran = {self._layer_of.get(test) for test in self._ran}
        return [layer for layer in self._layers if layer in set(self._layer_of.values()) - ran]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say why the run failed."""
        for layer in self._unrun:
            text = f"{BASE}/{layer}: no selected test ran; skipped is not passed"
            terminalreporter.write_line(text, red=True)


class Misplaced(pytest.File):
    """A test module that is in none of the layers' folders."""

    allowed = ""

    def collect(self) -> list[pytest.Item]:
        """Refuse.

        Raises:
            CollectError: Always, naming the file and the folders allowed.
        """
        raise self.CollectError(
            f"{self.nodeid}: this test is in no layer\n"
            f"  expected: {self.allowed}\n"
            f"  fix:      move the file, or add its folder to layers in [tool.noxline]"
        )


def layers_of(declared: Declaration) -> tuple[str, ...]:
    """The declared layers, one of which is golden where golden tests are declared.

    Raises:
        NoxlineError: There are none, or golden is not among them.
    """
    layers = declared.layers
    if not layers or (declared.golden and "golden" not in layers):
        at = Location("pyproject.toml", "tool.noxline.layers")
        found = ", ".join(layers) or "none"
        fix = 'write layers = ["unit", "smoke", "golden"]'
        raise at.error("a layer is missing", found, "the folders below tests/", fix)
    return layers
