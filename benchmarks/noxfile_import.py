#!/usr/bin/env python3
"""What importing this noxfile costs over one with the same sessions in plain nox.

Each import is a fresh interpreter that has imported nox already, as it has when nox loads a
noxfile; the two take turns. Writes .noxline/benchmarks/noxfile_import.json and prints a table.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".noxline" / "tools" / "bin" / "python"
RESULT = ROOT / ".noxline" / "benchmarks" / "noxfile_import.json"
RUNS = 30
TIMED = """import time, sys, nox, importlib.util
start = time.perf_counter()
spec = importlib.util.spec_from_file_location("noxfile", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(time.perf_counter() - start)
"""


def plain(noxfile: str) -> str:
    """The noxfile with each stage a plain session."""
    lines = [line for line in noxfile.splitlines() if "from noxline" not in line]
    return "\n".join(lines).replace("@stage", "@nox.session").replace(": Stage", "")


def main() -> int:
    """Measure and print."""
    source = ROOT / "noxfile.py"
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "noxfile.py"
        other.write_text(plain(source.read_text()))
        times: dict[str, list[float]] = {"plain nox sessions": [], "this noxfile": []}
        for _ in range(RUNS):
            for (_name, seconds), path in zip(times.items(), (other, source), strict=True):
                argv = [str(PYTHON), "-c", TIMED, str(path)]
                done = subprocess.run(argv, capture_output=True, text=True, check=True)
                seconds.append(float(done.stdout))
    medians = {name: statistics.median(seconds) * 1000 for name, seconds in times.items()}
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps({"milliseconds": medians, "runs": RUNS}, indent=1))
    for name, median in medians.items():
        print(f"{name:<20}{median:>8.1f} ms")
    cost = medians["this noxfile"] - medians["plain nox sessions"]
    print(f"{'more':<20}{cost:>8.1f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
