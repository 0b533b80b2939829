"""The pytest side of golden tests: the fixture, the verdict at the end, and accepting.

numpy and the rest of the package are imported only once golden tests are about to run.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .. import chain, files
from ..errors import ExitCode, NoxlineError, fail, from_os_error, report
from ..staged import in_stage

if TYPE_CHECKING:
    from .fixture import Golden, Predict
    from .settings import Settings
    from .verdict import Outcome, Verdict

LAYER = "golden"
NAME = "noxline-golden"
REPORT = ("index.html", "results.json", "junit.xml")


class GoldenPlugin:
    """Judges a model once for all golden tests, and writes down what came of it.

    Args:
        config: pytest's configuration of a project that declares [tool.noxline.golden].
        root: The project's folder.
    """

    def __init__(self, config: pytest.Config, root: Path) -> None:
        self._root = root
        self._why: str | None = config.option.golden_accept
        self._collects: bool = config.option.collectonly
        self._staged = in_stage(os.environ)
        self._selected: list[pytest.Item] = []
        self._settings: Settings | None = None
        self._golden: Golden | None = None
        self._accelerator = ""
        self._outcomes: dict[str, Outcome] = {}
        self._refusal: NoxlineError | None = None
        self._reason = "no golden test asked for the golden fixture"
        self._lines: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Refuse, before any test, what must not be judged at all."""
        if self._collects and not self._staged:
            return
        self._selected = [item for item in session.items if item.get_closest_marker(LAYER)]
        try:
            if self._why is not None:
                from .accept import check_call

                check_call(self._why, os.environ)
            if self._selected:
                self._begin()
        except NoxlineError as error:
            self._reason, self._refusal = str(error), error
            fail(error)
            raise session.Failed(error.what) from None

    def _begin(self) -> None:
        """Leave nothing of an earlier verdict, which a run that judges nothing could pass off."""
        from .settings import read_settings

        settings = read_settings(self._root)
        try:
            remove_report(self._root / settings.report)
        except OSError as error:
            raise from_os_error(error) from None
        if not self._collects:
            self._settings = settings
            chain.require_origin(self._root, settings.model, settings.cases)

    def judge(self, predict: Predict, accelerator: str) -> Golden:
        """Ask the model for all cases and judge what it says; the golden fixture's work."""
        from .fixture import Golden
        from .gather import gather
        from .judge import judge
        from .settings import read_settings

        self._accelerator = accelerator
        try:
            evidence = gather(self._root, read_settings(self._root), predict, accelerator)
        except OSError as error:
            raise from_os_error(error) from None
        self._golden = Golden(evidence, judge(evidence), predict, self._why is not None)
        return self._golden

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Show an error that a person can mend without a traceback."""
        report = yield
        if call.excinfo and isinstance(call.excinfo.value, NoxlineError):
            report.longrepr = self._reason = str(call.excinfo.value)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember what came of each golden test."""
        from .verdict import Outcome

        if LAYER not in report.keywords or (report.when != "call" and report.passed):
            return
        before = self._outcomes.get(report.nodeid)
        result = "failed" if before and before.result == "failed" else report.outcome
        says = report.longreprtext.strip() if report.failed else ""
        self._outcomes[report.nodeid] = Outcome(report.nodeid, result, says, report.duration)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Judge, report, and accept where that was asked; a red verdict is a failed run."""
        if self._refusal is not None:
            session.exitstatus = self._refusal.code
        if self._settings is None:
            return
        from .terminal import summary

        found = self._verdict()
        try:
            self._lines = summary(found, self._settings.report)
            write_report(self._root / self._settings.report, found)
            if self._why is not None and self._golden is not None:
                self._lines += self._accept(found, self._golden)
                session.exitstatus = ExitCode.FAILED
        except NoxlineError as error:
            session.exitstatus = self._end(error)
        except OSError as error:
            session.exitstatus = self._end(from_os_error(error))
        if exitstatus == 0 and not found.passed and session.exitstatus == 0:
            session.exitstatus = ExitCode.FAILED

    def _end(self, error: NoxlineError) -> ExitCode:
        """Say the error where the verdict stands, and to the stage."""
        self._lines += f"error: {error}".splitlines()
        report(error)
        return error.code

    def _verdict(self) -> Verdict:
        from .verdict import refused, verdict

        tests = self._outcomes.values()
        if self._golden is None:
            return refused(self._reason, tests)
        return verdict(self._golden, tests, len(self._selected))

    def _accept(self, found: Verdict, golden: Golden) -> list[str]:
        """Write the new baseline; the run stays red, so that accepting is never passing."""
        from .accept import candidate, changes, refuse
        from .baseline import dump

        evidence = golden.evidence
        broken = golden.judgement.lane == "broken"
        refuse(g for g in found.gates if broken or g.kind not in ("baseline", "comparison"))
        path = Path(evidence.settings.baseline) / f"{self._accelerator}.csv"
        shown = [f"  {line}" for line in changes(evidence)]
        new = candidate(evidence, self._accelerator, self._why or "")
        files.write_text(self._root / path, dump(new))
        return [
            f"accepted: {path}",
            *shown,
            f"look at the diff and commit it: git add {path}; git commit",
            "this run is not a pass: run again without --golden-accept",
        ]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the verdict where people look: at the end."""
        if self._lines:
            terminalreporter.section("golden", sep="=")
            for line in self._lines:
                terminalreporter.write_line(line)


def write_report(folder: Path, found: Verdict) -> None:
    """Write the report as a page for people, and as JSON and JUnit for machines.

    Raises:
        OSError: The folder or the disk doesn't take it.
    """
    from .page import page
    from .records import as_json, as_junit

    for name, text in zip(REPORT, (page(found), as_json(found), as_junit(found)), strict=True):
        files.write_text(folder / name, text)


def remove_report(folder: Path) -> None:
    """Remove what `write_report` writes, where it is there.

    Raises:
        OSError: The folder doesn't let go of it, or isn't one.
    """
    for name in REPORT:
        (folder / name).unlink(missing_ok=True)
