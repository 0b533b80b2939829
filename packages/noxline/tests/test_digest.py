from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from noxline import digest
from noxline.digest import Digests
from noxline.errors import NoxlineError

FAKE = "f" * 64


def sha256(text: str) -> str:
    """The digest that a file of this text has."""
    return hashlib.sha256(text.encode()).hexdigest()


def fill(root: Path, *names: str) -> None:
    """Write files that hold their own names."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    """Where digests are kept."""
    return tmp_path / ".noxline/digests.json"


@pytest.fixture
def _old_files(monkeypatch: pytest.MonkeyPatch) -> None:
    # A file that is just written counts as an old one, so that tests need not wait for its age.
    monkeypatch.setattr(digest, "_TICK", -(10**12))


def test_of_bytes_and_of_file(tmp_path: Path) -> None:
    """Bytes and a file that holds them have the same SHA-256."""
    fill(tmp_path, "a")

    assert digest.of_bytes(b"a") == digest.of_file(tmp_path / "a") == sha256("a")


def test_folders(tmp_path: Path, memory: Path) -> None:
    """Files and folders give every file in them by path, sorted; what isn't there gives nothing."""
    fill(tmp_path, "src/b/c.py", "src/a.py", "src/b.py", "one", "other")

    found = Digests(tmp_path, memory).of(["src/", "./one", "absent"])

    assert found == {name: sha256(name) for name in found}
    assert list(found) == ["one", "src/a.py", "src/b.py", "src/b/c.py"]


@pytest.mark.parametrize(
    "name",
    [
        "__pycache__/a.py", "a.pyc", "x.egg-info/PKG-INFO", "a.py~", ".a.py.swp", ".out.csv.x1.tmp",
        ".ruff_cache/a", ".hypothesis/a", ".ipynb_checkpoints/a", ".git/config",
    ],
)  # fmt: skip
def test_caches(tmp_path: Path, memory: Path, name: str) -> None:
    """Caches, editors' files and half-written ones are no input."""
    fill(tmp_path, f"src/{name}", "src/kept.tmp", "src/.hidden", "src/my_cache")

    assert list(Digests(tmp_path, memory).of(["src"])) == [
        "src/.hidden", "src/kept.tmp", "src/my_cache",
    ]  # fmt: skip


def test_dangling_link(tmp_path: Path, memory: Path) -> None:
    """A link is read as what it leads to, and gives nothing where it leads nowhere."""
    fill(tmp_path, "real")
    (tmp_path / "src").mkdir()
    (tmp_path / "src/link").symlink_to("../real")
    (tmp_path / "src/lost").symlink_to("nowhere")

    assert Digests(tmp_path, memory).of(["src"]) == {"src/link": sha256("real")}


def test_whole_project(tmp_path: Path, memory: Path) -> None:
    """The project is what git tracks or would track, each said, without what was deleted since."""
    fill(tmp_path, "tracked", "new", "ignored", "deleted", "sub/new")
    (tmp_path / ".gitignore").write_text("ignored\n")
    for arguments in (["init", "-q"], ["add", "tracked", "deleted"]):
        subprocess.run(["git", "-C", tmp_path, *arguments], check=True)
    (tmp_path / "deleted").unlink()

    (tmp_path / "tracked").chmod(0o755)

    assert list(Digests(tmp_path, memory).of(["."])) == [
        ".gitignore (untracked)",
        "new (untracked)",
        "sub/new (untracked)",
        "tracked (executable)",
    ]


def test_whole_project_without_git(tmp_path: Path, memory: Path) -> None:
    """Where there is no git checkout, the error gives the command that makes one."""
    with pytest.raises(NoxlineError) as caught:
        Digests(tmp_path, memory).of(["."])

    assert caught.value.what == f"{tmp_path}: git cannot list its files"
    assert "not a git repository" in str(caught.value.found)
    assert caught.value.fix == "git init && git add --all"


@pytest.mark.usefixtures("_old_files")
def test_unchanged_file_is_not_read(tmp_path: Path, memory: Path) -> None:
    """A file whose stat is as remembered has the remembered digest, without being read."""
    fill(tmp_path, "a")
    first = Digests(tmp_path, memory)
    first.of(["a"])
    first.remember()
    memory.write_text(memory.read_text().replace(sha256("a"), FAKE))

    assert Digests(tmp_path, memory).of(["a"]) == {"a": FAKE}


@pytest.mark.usefixtures("_old_files")
@pytest.mark.parametrize("field", range(4))
def test_other_stat_is_read(tmp_path: Path, memory: Path, field: int) -> None:
    """Another size, modification, change of status or inode makes the file be read."""
    fill(tmp_path, "a")
    first = Digests(tmp_path, memory)
    first.of(["a"])
    first.remember()
    known = json.loads(memory.read_bytes())
    known["a"][field] += 1
    known["a"][-1] = FAKE
    memory.write_text(json.dumps(known))

    assert Digests(tmp_path, memory).of(["a"]) == {"a": sha256("a")}


@pytest.mark.usefixtures("_old_files")
def test_same_size_and_time(tmp_path: Path, memory: Path) -> None:
    """A change that keeps the size and sets the old modification time back is noticed."""
    fill(tmp_path, "a")
    stat = (tmp_path / "a").stat()
    first = Digests(tmp_path, memory)
    first.of(["a"])
    time.sleep(0.02)  # the kernel's clock for files ticks every few milliseconds
    (tmp_path / "a").write_text("b")
    os.utime(tmp_path / "a", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    first.look_again()

    assert first.of(["a"]) == {"a": sha256("b")}


def test_one_look(tmp_path: Path, memory: Path) -> None:
    """What was seen once is taken for granted until it is said to look again."""
    fill(tmp_path, "a")
    digests = Digests(tmp_path, memory)
    digests.of(["a"])
    (tmp_path / "a").write_text("other")

    assert digests.of(["a"]) == {"a": sha256("a")}
    digests.look_again()
    assert digests.of(["a"]) == {"a": sha256("other")}


def test_fresh_file_is_not_remembered(
    tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file as young as the clock's tick could change again unseen, so it isn't remembered."""
    monkeypatch.setattr(digest, "_TICK", 10**12)
    fill(tmp_path, "a")
    digests = Digests(tmp_path, memory)

    assert digests.of(["a"]) == {"a": sha256("a")}
    digests.remember()
    assert not memory.exists()


@pytest.mark.usefixtures("_old_files")
def test_nothing_learnt(tmp_path: Path, memory: Path) -> None:
    """The memory is written only when something was learnt."""
    fill(tmp_path, "a")
    first = Digests(tmp_path, memory)
    first.of(["a"])
    first.remember()
    memory.unlink()

    first.of(["a"])
    first.remember()

    assert not memory.exists()


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"a": 5}', '{"a": []}', "\udcff"])
def test_corrupt_memory(tmp_path: Path, memory: Path, text: str) -> None:
    """A memory that is nonsense is no memory: every file is read once more."""
    fill(tmp_path, "a")
    memory.parent.mkdir()
    memory.write_bytes(text.encode(errors="surrogateescape"))

    assert Digests(tmp_path, memory).of(["a"]) == {"a": sha256("a")}


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs Linux's /proc")
def test_unreadable_file(tmp_path: Path, memory: Path) -> None:
    """A file that can't be read is named, with the system's reason."""
    (tmp_path / "a").symlink_to("/proc/self/mem")  # its first page can't be read, even by root

    with pytest.raises(NoxlineError) as caught:
        Digests(tmp_path, memory).of(["a"])
    assert (caught.value.what, caught.value.found) == ("a: cannot be read", "Input/output error")
