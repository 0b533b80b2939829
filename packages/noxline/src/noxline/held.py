"""Locks that the kernel drops when their holder dies: no stale one ever needs a human."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def held(path: Path, what: str) -> Iterator[int]:
    """Hold the lock file at `path`, first waiting for whoever holds it and saying who that is.

    Gives the descriptor. A child that inherits it keeps the lock after its parent is killed, so
    the next run does not start beside an orphan.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
            print(f"{what} is held by {holder or 'another run'}; waiting", file=sys.stderr)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"pid {os.getpid()} since {time.strftime('%H:%M:%S')}\n".encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)
