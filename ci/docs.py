#!/usr/bin/env python3
"""Type every command of the pages into a shell and compare what is printed with what they show.

What differs between runs is masked: times, seconds, and digits of a number beyond the ninth
decimal. A line `...` stands for any lines. The pipeline must have run; a ```console block changes
nothing that git keeps or a stage reads.
"""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import sys

from clone import ROOT, expect

# The pages whose project is this one; the other pages' examples are run by noxline's own tests.
PAGES = ("README.md", "docs/model.md")
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
VARYING = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d|in \d+ seconds| +\d+\.\d\d$")
LONG = re.compile(r"\d+\.\d{10,}(?:e-?\d+)?")


def commands(page: str) -> list[tuple[str, str]]:
    """Each command of a page's text, with the output that it shows."""
    return [found for block in BLOCK.findall(page) for found in COMMAND.findall(block)]


def run(command: str) -> str:
    """What a command prints when it is typed in the project's folder."""
    # The caller may be a stage or a CI job, whose environment is not a person's.
    dropped = ("CI", "FORCE_COLOR", "GITHUB_ACTIONS", "GITLAB_CI", "NOX", "VIRTUAL_ENV")
    environ = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
    environ["PATH"] = f"{ROOT / '.noxline/tools/bin'}:{environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def masked(text: str) -> list[str]:
    """The lines without what differs between runs and machines."""
    rounded = LONG.sub(lambda number: f"{float(number[0]):.9f}", text)
    return [VARYING.sub("#", line.rstrip()) for line in rounded.splitlines()]


def agree(shown: list[str], printed: list[str]) -> bool:
    """Whether the lines are the same, `...` in those shown being any."""
    lines = (".*" if line == "..." else re.escape(line) + "\n" for line in shown)
    return bool(re.fullmatch("".join(lines), "".join(f"{x}\n" for x in printed), re.DOTALL))


def main() -> int:
    """Run the pages."""
    for name in PAGES:
        found = commands((ROOT / name).read_text(encoding="utf-8"))
        expect(bool(found), f"{name} shows commands")
        for command, output in found:
            shown, printed = masked(output), masked(run(command))
            diff = "\n".join(difflib.unified_diff(shown, printed, "shown", "printed", lineterm=""))
            expect(agree(shown, printed), f"{name}: {command[:60]}", diff)
    return 0


if __name__ == "__main__":
    sys.exit(main())
