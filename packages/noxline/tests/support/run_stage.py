"""Run one stage of a project as nox would, and exit with its code: a process for tests to kill."""

from __future__ import annotations

import fcntl
import os
import sys
import termios
from pathlib import Path

from noxline import workflow

if sys.stdin.isatty():
    fcntl.ioctl(sys.stdin, termios.TIOCSCTTY, 0)  # so that its Ctrl-C reaches this process
root, name, *command = sys.argv[1:]
outcome = workflow.execute(Path(root), name, lambda _: (tuple(command),), (), os.environ)
print(outcome.verdict, outcome.why, flush=True)
sys.exit(int(outcome.code))
