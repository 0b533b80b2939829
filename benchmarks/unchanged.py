#!/usr/bin/env python3
"""A second `make pipeline` with nothing changed, beside its peers.

Times, in one run and in turn with hyperfine: make and nox on the unchanged pipeline, nox on as many
empty sessions in reused environments, and `dvc repro` with nothing changed. Run `make pipeline`
first. Writes .noxline/benchmarks/unchanged.json and prints a table of medians and ratios.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOX = ROOT / ".noxline" / "tools" / "bin" / "nox"
DVC = ROOT / ".noxline" / "envs" / "dvc" / "bin"
RESULT = ROOT / ".noxline" / "benchmarks" / "unchanged.json"
SESSIONS = ("lint", "types", "unit", "smoke", "data", "train", "golden", "register", "pipeline")
EMPTY = """import nox
nox.options.reuse_venv = "yes"
for name in {names!r}:
    nox.session(lambda session: None, name=name)
"""


def main() -> int:
    """Measure and print."""
    if shutil.which("hyperfine") is None:
        print("hyperfine is not there: apt-get install hyperfine", file=sys.stderr)
        return 3
    make = ["make", "pipeline"]
    done = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0 or "passed" in done.stdout:
        print("run `make pipeline` first: something has changed", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "noxfile.py"
        empty.write_text(EMPTY.format(names=SESSIONS))
        commands = {
            "nox, 9 empty sessions": f"{NOX} -f {empty}",
            "make pipeline": "make pipeline",
            "nox -s pipeline": f"{NOX} -s pipeline",
            "dvc repro": f"{DVC}/dvc repro",
        }
        subprocess.run([NOX, "-f", empty], check=True, capture_output=True)
        medians = measure(commands)
    print(table(medians))
    return 0


def measure(commands: dict[str, str]) -> dict[str, float]:
    """Median seconds of each command, of 20 runs after 3 that don't count."""
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    named = [word for name, command in commands.items() for word in ("-n", name, command)]
    path = {**os.environ, "PATH": f"{DVC}:{os.environ['PATH']}"}
    options = ["--warmup", "3", "--runs", "20", "--style", "none", "--export-json", str(RESULT)]
    subprocess.run(["hyperfine", "-N", *options, *named], cwd=ROOT, env=path, check=True)
    results = json.loads(RESULT.read_text())["results"]
    return {result["command"]: result["median"] for result in results}


def table(medians: dict[str, float]) -> str:
    """Each command's median in milliseconds, and as a ratio of the first one's."""
    first = next(iter(medians.values()))
    rows = [f"{'command':<24}{'median':>10}{'ratio':>8}"]
    rows += [f"{n:<24}{s * 1000:>7.0f} ms{s / first:>8.2f}" for n, s in medians.items()]
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
