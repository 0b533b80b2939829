"""The pytest plugin: a test's layer is its folder, and skipped is never passed.

A project asks for it in pyproject.toml:

    [tool.noxline]
    layers = ["unit", "smoke", "golden"]

Each test below tests/unit/ then carries the marker `unit`, so `pytest -m unit` works though no file
says so. A test module outside every layer is a collection error. Elsewhere the plugin does nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from . import staged
from .config import Declaration, load
from .errors import ExitCode, NoxlineError, fail
from .tables import Location

BASE = "tests"


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the options of golden tests, which exist whether or not a project has any."""
    parser.getgroup("noxline").addoption(
        "--golden-accept",
        metavar="WHY",
        help="write what the model gives now as the golden baseline, and say why it is right",
    )
    pluginmanager.register(staged, staged.NAME)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Wake the parts that the project declares, or end here: later, pytest adds its own words."""
    try:
        _wake(config)
    except NoxlineError as error:
        return int(fail(error))
    return None


def _wake(config: pytest.Config) -> None:
    # A pytest.ini in a folder of tests makes that folder pytest's root, and not another project.
    above = (config.rootpath, *config.rootpath.parents)
    root = next((folder for folder in above if (folder / "pyproject.toml").is_file()), None)
    if root is None:
        return
    declared = load(root).declared
    if not declared.layers and not declared.golden:
        return
    layers = layers_of(declared)
    refuse_shared(root, layers)
    config.pluginmanager.register(Layers(root, layers, config.rootpath), staged.LAYERS)
    for layer in layers:
        config.addinivalue_line("markers", f"{layer}: a test below {BASE}/{layer}/")
    if declared.golden:
        # Light: numpy is imported when golden tests are about to run, not by every unit test.
        from .golden.plugin import NAME, GoldenPlugin

        config.pluginmanager.register(GoldenPlugin(config, root), NAME)
        config.pluginmanager.import_plugin("noxline.golden.provide")


class Layers:
    """Marks every test with its layer, and fails a run in which a layer only skipped.

    Args:
        root: The project's folder.
        layers: The names of the folders below tests/.
        rootdir: The folder that pytest's names of tests are relative to.
    """

    def __init__(self, root: Path, layers: tuple[str, ...], rootdir: Path) -> None:
        self._root = root
        self._rootdir = rootdir
        self._layers = layers
        self._layer_of: dict[str, str] = {}
        self._ran: set[str] = set()
        self._unrun: list[str] = []

    def layer(self, path: Path) -> str | None:
        """The layer that a file is in, or None."""
        folders = ((layer, self._root / BASE / layer) for layer in self._layers)
        return next((layer for layer, folder in folders if path.is_relative_to(folder)), None)

    def unrun(self, named: Iterable[Path]) -> list[str]:
        """The folders of which a test was to run and none did.

        Args:
            named: The paths that pytest was called with. Each layer that is named must have run;
                where none is, any will do.
        """
        ran = {self.layer(self._rootdir / test.partition("::")[0]) for test in self._ran}
        asked = {self.layer(Path(str(path).partition("::")[0])) for path in named} - {None}
        wanted = asked or ({*self._layers} if not ran else set())
        return [f"{BASE}/{layer}" for layer in self._layers if layer in wanted - ran]

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


def refuse_shared(root: Path, layers: tuple[str, ...]) -> None:
    """Refuse a conftest.py that is in no layer: no stage reads it, so none would run again for it.

    Raises:
        NoxlineError: There is one in the project's folder, or directly in tests/.
    """
    for path in (root / "conftest.py", root / BASE / "conftest.py"):
        if path.is_file():
            raise NoxlineError(
                f"{path.relative_to(root)}: this conftest.py is in no layer, and no stage reads it",
                expected="conftest.py only in " + ", ".join(f"{BASE}/{name}/" for name in layers),
                fix=f"move it into {BASE}/<layer>/, into each whose tests use it",
            )
