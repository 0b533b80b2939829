#!/usr/bin/env python3
"""Bring the pinned uv and nox of locks/tools.txt into .noxline/tools; make calls this.

Runs with whatever python3 the machine has. A start that was cut off is begun anew, and of two at
the same time the second waits for the first.
"""

import argparse
import fcntl
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".noxline" / "tools"
LOCK = ROOT / "locks" / "tools.txt"


def main() -> None:
    """Make the tools, once."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    if sys.version_info < (3, 11):  # noqa: UP036  (the machine may have an older one)
        found = f"{sys.executable} is {sys.version_info[0]}.{sys.version_info[1]}"
        sys.exit(f"noxline needs Python 3.11 or newer, and {found}: make PYTHON=python3.12 ...")
    TOOLS.parent.mkdir(exist_ok=True)
    with (TOOLS.parent / "tools.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ready = TOOLS / "ready"
        if ready.exists() and ready.read_text() == LOCK.read_text():
            ready.touch()
            return
        print(f"bringing uv and nox into {TOOLS.relative_to(ROOT)}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", TOOLS], check=True)
        pip = [str(TOOLS / "bin" / "python"), "-m", "pip", "install", "--quiet", "--require-hashes"]
        subprocess.run([*pip, "-r", str(LOCK)], check=True)
        ready.write_text(LOCK.read_text())


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"uv and nox could not be brought: mend what is said above ({error})")
    except KeyboardInterrupt:
        sys.exit(130)
