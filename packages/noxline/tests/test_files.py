from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from noxline import files

WRITER = """
import sys, time
from pathlib import Path
from noxline import files
with files.replacing(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    Path(sys.argv[1]).with_name("written").touch()
    time.sleep(60)
"""


def test_write(tmp_path: Path) -> None:
    """A file is written whole, in folders that are made for it, and nothing lies beside it."""
    files.write_text(tmp_path / "new/a.txt", "é")
    files.write_bytes(tmp_path / "new/b.bin", b"\x00\xff")

    assert (tmp_path / "new/a.txt").read_bytes() == b"\xc3\xa9"
    assert (tmp_path / "new/b.bin").read_bytes() == b"\x00\xff"
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["a.txt", "b.bin"]


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_mode(tmp_path: Path, mask: int, mode: int) -> None:
    """An output is as readable as any other file of its writer."""
    before = os.umask(mask)
    try:
        files.write_text(tmp_path / "a.txt", "text")
        assert os.umask(mask) == mask
    finally:
        os.umask(before)

    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == mode


def test_exception_in_the_middle(tmp_path: Path) -> None:
    """An exception while writing leaves the old file, and no temporary one."""
    path = tmp_path / "a.txt"
    path.write_text("old")

    def interrupted() -> None:
        with files.replacing(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.txt", "old")]


def test_killed_in_the_middle(
    tmp_path: Path, until: Callable[[Callable[[], object]], None]
) -> None:
    """A writer that is killed leaves the old file as it was."""
    path = tmp_path / "a.txt"
    path.write_text("old")
    with subprocess.Popen((sys.executable, "-c", WRITER, str(path))) as process:
        until((tmp_path / "written").exists)
        process.send_signal(signal.SIGKILL)

    assert (process.returncode, path.read_text()) == (-signal.SIGKILL, "old")


def test_no_room(tmp_path: Path) -> None:
    """Where the system refuses to write more, the old file stays and no temporary one does."""
    path = tmp_path / "a.txt"
    path.write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            files.write_bytes(path, bytes(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.txt", "old")]
