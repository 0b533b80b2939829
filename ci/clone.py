"""A clone of this project to break: its own environments, its own state, thrown away after."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def expect(condition: bool, what: str, evidence: str = "") -> None:  # noqa: FBT001  (it reads so)
    """Say what held; where it doesn't, show the evidence and end with 1."""
    print(f"{'ok  ' if condition else 'NOT '} {what}", flush=True)
    if not condition:
        print("\n".join(f"    {line}" for line in evidence.splitlines()[-40:]))
        sys.exit(1)


class Clone:
    """The committed project in another folder, with stages run by its own nox."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
        subprocess.run(["make", "list"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        self.log = folder / ".noxline" / "log.txt"

    def start(self, stage: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a stage without a terminal, as CI does."""
        argv = [str(self.folder / ".noxline/tools/bin/nox"), "-s", stage, "--", *arguments]
        # The caller may be a stage itself, whose environment is not the clone's.
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("NOX", "VIRTUAL_ENV"))}
        with self.log.open("wb") as log:
            return subprocess.Popen(
                argv, cwd=self.folder, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def nox(self, stage: str, *arguments: str) -> int:
        """Run a stage; its output is in the log, which is shown where the stage is not green."""
        code = self.start(stage, *arguments).wait()
        if code != 0:
            print(self.said())
        return code

    def said(self) -> str:
        """What the last stage printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def restore(self) -> None:
        """Put every tracked file back as it was committed."""
        subprocess.run(["git", "checkout", "--quiet", "--", "."], cwd=self.folder, check=True)

    def changes(self) -> str:
        """What git sees changed; nothing where the clone is clean."""
        argv = ["git", "diff"], ["git", "status", "--porcelain"]
        done = (subprocess.run(a, cwd=self.folder, capture_output=True, check=True) for a in argv)
        return "".join(one.stdout.decode() for one in done)

    def replace(self, name: str, old: str, new: str) -> None:
        """Change one place of a file."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise SystemExit(f"{name}: expected exactly one {old!r}, found {text.count(old)}")
        path.write_text(text.replace(old, new), encoding="utf-8")

    def forget(self, stage: str) -> None:
        """Make DVC do a stage's work again: without what it made and what it remembers."""
        if stage in {"data", "train"}:
            for name in ("data/split", "data/golden", "models", ".dvc/cache"):
                shutil.rmtree(self.folder / name, ignore_errors=True)
        if stage == "train":
            self.nox("data")

    def outputs(self) -> dict[str, str]:
        """Digest of each file of data and model."""
        paths = [p for n in ("data", "models") for p in (self.folder / n).rglob("*") if p.is_file()]
        return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(paths)}

    def temporaries(self) -> list[Path]:
        """Half-written files that something left in data, models or reports."""
        names = ("data", "models", "reports")
        return [path for name in names for path in (self.folder / name).rglob(".*.tmp")]

    def quiet(self, seconds: float) -> bool:
        """Whether, within that time, no process is left that runs in the clone."""
        end = time.monotonic() + seconds
        while self._running():
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        return True

    def _running(self) -> list[str]:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if (process / "cwd").readlink().is_relative_to(self.folder):
                    found.append((process / "cmdline").read_text())
            except OSError:
                continue  # it ended while we looked, or is someone else's
        return found
