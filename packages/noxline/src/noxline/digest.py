"""SHA-256 of declared files, remembered by stat so that an unchanged tree costs no reading."""

# Strings and not Paths: this walk is what skipping a stage costs.
# ruff: noqa: PTH110, PTH112, PTH113, PTH116, PTH118

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from . import files
from .errors import NoxlineError

# A file written in the same clock tick as its digest was taken could change again with the same
# stat; such a digest is used, and not remembered (git calls these files racy).
_TICK = 50_000_000  # nanoseconds

_CACHES = {"__pycache__", ".git", ".hypothesis", ".ipynb_checkpoints"}


def of_bytes(data: bytes) -> str:
    """The SHA-256 of some bytes, as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def of_file(path: Path) -> str:
    """The SHA-256 of a file, read now, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Digests:
    """The digests of a project's files.

    Args:
        root: The project's folder; every name is relative to it.
        memory: The file in which digests are kept between runs.
    """

    def __init__(self, root: Path, memory: Path) -> None:
        self._root = str(root)
        self._memory = memory
        self._known = _remembered(memory)
        self._changed = False
        self._seen: dict[str, dict[str, str]] = {}

    def of(self, names: Iterable[str]) -> dict[str, str]:
        """Every file under the named files and folders, with its digest, sorted by path.

        Caches, editors' and half-written temporary files are left out; a name that is not there
        gives nothing. The project itself, ".", is what git tracks or would track; which of the two
        it is, and whether a file can be executed, is part of the name there.

        Raises:
            NoxlineError: A file cannot be read.
        """
        found: dict[str, str] = {}
        for name in names:
            if name not in self._seen:
                paths = self._kept() if name == "." else self._walk(name)
                self._seen[name] = {label: self._digest(path) for label, path in paths}
            found |= self._seen[name]
        return dict(sorted(found.items()))

    def look_again(self) -> None:
        """Take nothing for granted that was seen before: something has been at work since."""
        self._seen.clear()

    def remember(self) -> None:
        """Keep what was learnt for the next run."""
        if self._changed:
            files.write_text(self._memory, json.dumps(self._known, separators=(",", ":")))
            self._changed = False

    def _kept(self) -> Iterator[tuple[str, str]]:
        argv = ("git", "-C", self._root, "ls-files", "-tzco", "--exclude-standard", "--", ".")
        answer = subprocess.run(argv, capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise NoxlineError(
                f"{self._root}: git cannot list its files",
                found=answer.stderr.strip(),
                expected="a git checkout, where '.' is an input",
                fix="git init && git add --all",
            )
        for entry in answer.stdout.split("\0"):
            tag, _, name = entry.partition(" ")
            full = os.path.join(self._root, name)
            if name and os.path.isfile(full):
                notes = [" (untracked)"] * (tag == "?") + [" (executable)"] * os.access(
                    full, os.X_OK
                )
                yield name + "".join(notes), name

    def _walk(self, name: str) -> Iterator[tuple[str, str]]:
        name = os.path.normpath(name)
        full = os.path.join(self._root, name)
        if os.path.isdir(full):
            with os.scandir(full) as entries:
                for entry in entries:
                    if not _is_cache(entry.name):
                        yield from self._walk(os.path.join(name, entry.name))
        elif os.path.exists(full):
            yield name, name

    def _digest(self, name: str) -> str:
        full = os.path.join(self._root, name)
        try:
            stat = os.stat(full)
            key = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
            known = self._known.get(name)
            if isinstance(known, list) and known[:-1] == key:
                return str(known[-1])
            started = time.time_ns()
            digest = of_file(Path(full))
        except OSError as error:
            raise NoxlineError(
                f"{name}: cannot be read", found=str(error.strerror), fix=f"ls -l {name}"
            ) from None
        if max(stat.st_mtime_ns, stat.st_ctime_ns) < started - _TICK:
            self._known[name] = [*key, digest]
            self._changed = True
        return digest


def _is_cache(name: str) -> bool:
    return (
        name in _CACHES
        or name.endswith((".pyc", ".egg-info", "~"))
        or (name.startswith(".") and name.endswith((".tmp", ".swp", "_cache")))
    )


def _remembered(memory: Path) -> dict[str, list[int | str]]:
    try:
        known = json.loads(memory.read_bytes())
    except (OSError, ValueError):
        return {}  # it is only a memory: without it every file is read once more
    return known if isinstance(known, dict) else {}
