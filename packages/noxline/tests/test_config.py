from __future__ import annotations

import re
from pathlib import Path

import pytest
from tiny_project import Tiny

from noxline import config
from noxline.config import Runtime, StageConfig, within
from noxline.errors import ExitCode, NoxlineError

STAGE = '[tool.noxline.stages.{name}]\nlock = "l.txt"\ninputs = ["src"]\n'
A = STAGE.format(name="a")


def refused(tiny: Tiny, text: str) -> NoxlineError:
    """The error of a declaration."""
    with pytest.raises(NoxlineError) as caught:
        tiny.declare(text)
    assert caught.value.code == ExitCode.USAGE
    return caught.value


def test_everything_declared(tiny: Tiny) -> None:
    """A declaration is read into records: paths in their shortest form, sizes in bytes."""
    declared = tiny.declare(
        """
        [tool.noxline]
        editable = ["./lib/"]
        layers = ["unit"]
        [tool.noxline.runtimes.big]
        gpu = "required"
        shm = "1.5 GiB"
        env = { A = "1" }
        secrets = ["TOKEN"]
        [tool.noxline.stages.gate]
        lock = "l.txt"
        inputs = ["."]
        [tool.noxline.stages.golden]
        lock = "./locks/g.txt"
        inputs = ["src/", "data"]
        outputs = ["out"]
        keeps = ["./store"]
        variables = ["URI"]
        runtime = "big"
        gates = ["gate"]
        serial = "one"
        [tool.noxline.golden]
        anything = 1
        """
    ).declared

    assert declared.editable == ("lib",)
    assert declared.layers == ("unit",)
    assert declared.runtimes == {"big": Runtime("required", 1_610_612_736, {"A": "1"}, ("TOKEN",))}
    assert declared.stages["golden"] == StageConfig(
        lock="locks/g.txt",
        inputs=("src", "data"),
        outputs=("out",),
        keeps=("store",),
        variables=("URI",),
        runtime="big",
        gates=("gate",),
        serial="one",
    )
    assert declared.golden == {"anything": 1}


def test_nothing_declared(tiny: Tiny) -> None:
    """A pyproject.toml without the table declares nothing, and the project is one that installs."""
    project = tiny.declare("")

    assert (project.declared.stages, project.declared.editable) == ({}, (".",))
    assert project.runtime("default") == Runtime(gpu="off", shm=0)
    assert project.state == tiny.root / ".noxline"


@pytest.mark.parametrize(
    ("size", "value"),
    [("512 B", 512), ("64MiB", 67_108_864), ("2 KiB", 2048), ("1 TiB", 1_099_511_627_776)],
)
def test_sizes(tiny: Tiny, size: str, value: int) -> None:
    """A size is a number and a binary unit."""
    declared = tiny.declare(f'[tool.noxline.runtimes.r]\nshm = "{size}"').declared

    assert declared.runtimes["r"].shm == value


@pytest.mark.parametrize("size", ['"2 gigs"', '"1 GB"', '"GiB"', '"-1 GiB"', "64"])
def test_not_a_size(tiny: Tiny, size: str) -> None:
    """Anything else is no size, and the error shows what one looks like."""
    error = refused(tiny, f"[tool.noxline.runtimes.r]\nshm = {size}")

    assert error.what == "pyproject.toml: tool.noxline.runtimes.r.shm: not a size"
    assert error.found == size.strip('"')
    assert error.expected == "a number and one of B, KiB, MiB, GiB, TiB"
    assert error.fix == 'write "1 GiB"'


@pytest.mark.parametrize(
    ("inputs", "what", "found"),
    [
        ('"src"', ".inputs: this is a list of paths", "src"),
        ('["/etc/passwd"]', ".inputs[0]: a path outside the project", "/etc/passwd"),
        ('["src", "a/../../b"]', ".inputs[1]: a path outside the project", "a/../../b"),
        ('[""]', ".inputs[0]: not a path", ""),
        ("[1]", ".inputs[0]: not a path", "1"),
    ],
)
def test_paths_that_are_refused(tiny: Tiny, inputs: str, what: str, found: str) -> None:
    """A path is a text inside the project, and the error counts to the wrong one."""
    error = refused(tiny, f'[tool.noxline.stages.a]\nlock = "l.txt"\ninputs = {inputs}')

    assert error.what == f"pyproject.toml: tool.noxline.stages.a{what}"
    assert error.found == found


def test_unknown_key(tiny: Tiny) -> None:
    """An unknown key is refused with its place, what is allowed there and the nearest name."""
    error = refused(tiny, A + 'output = ["out"]')

    assert str(error).splitlines() == [
        "pyproject.toml: tool.noxline.stages.a: unknown key 'output'",
        "  found:    output",
        "  expected: gates, ignores, inputs, keeps, lock, outputs, runtime, serial, variables",
        "  fix:      write outputs instead",
    ]


@pytest.mark.parametrize("text", ["tool = 3", "[tool]\nnoxline = 3"])
def test_no_table(tiny: Tiny, text: str) -> None:
    """A value where the table should be is refused."""
    assert refused(tiny, text).what == "pyproject.toml: tool.noxline: this is a table"


def test_wrong_type(tiny: Tiny) -> None:
    """A value of another type is refused with what it is and what it should be."""
    error = refused(tiny, A + "serial = 3")

    assert error.what == "pyproject.toml: tool.noxline.stages.a.serial: wrong type"
    assert (error.found, error.expected) == ("3 (int)", "a string")


def test_not_toml(tiny: Tiny) -> None:
    """A file that isn't TOML is refused with the line on which that shows."""
    error = refused(tiny, "[tool.noxline\n")

    assert error.what == "pyproject.toml: not valid TOML"
    assert "line 1" in str(error.found)


def test_not_utf8(tiny: Tiny) -> None:
    """A file that isn't UTF-8 is refused with the byte at which that shows."""
    (tiny.root / "pyproject.toml").write_bytes(b'[tool]\nx = "\xe9"\n')
    config.load.cache_clear()

    with pytest.raises(NoxlineError, match="not valid TOML") as caught:
        config.load(tiny.root)
    assert "0xe9 in position 12" in str(caught.value.found)


def test_no_file(tmp_path: Path) -> None:
    """A folder without a pyproject.toml is no project."""
    with pytest.raises(NoxlineError, match=re.escape(f"{tmp_path}/pyproject.toml: not there")):
        config.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("goldn", "rename [tool.noxline.stages.golden]"),
        ("zzz", "add [tool.noxline.stages.zzz]"),
    ],
)
def test_stage_without_a_declaration(tiny: Tiny, name: str, fix: str) -> None:
    """A stage of the noxfile that isn't declared is refused with the table to write or rename."""
    project = tiny.declare(A + STAGE.format(name="golden"))

    with pytest.raises(NoxlineError) as caught:
        project.stage(name)
    assert str(caught.value).splitlines() == [
        f"pyproject.toml: the stage '{name}' of the noxfile is not declared",
        "  found:    a, golden",
        f"  expected: a table [tool.noxline.stages.{name}] with lock and inputs",
        f"  fix:      {fix}:",
        f"            [tool.noxline.stages.{name}]",
        f'            lock = "locks/{name}.txt"',
        '            inputs = ["src"]',
    ]


@pytest.mark.parametrize(
    ("line", "what", "found", "expected", "fix"),
    [
        ('runtime = "bgi"', "runtime", "bgi", "big, default", 'write "big"'),
        (
            'runtime = "zzz"', "runtime", "zzz", "big, default",
            "declare it in [tool.noxline.runtimes.zzz]",
        ),
        ('gates = ["b", "bb"]', "gates", "bb", "b", 'write "b"'),
        ('gates = ["zzz"]', "gates", "zzz", "b", "declare it in [tool.noxline.stages.zzz]"),
        ('gates = ["a"]', "gates", "a", "b", "declare it in [tool.noxline.stages.a]"),
    ],
)  # fmt: skip
def test_names(tiny: Tiny, line: str, what: str, *, found: str, expected: str, fix: str) -> None:
    """A runtime or gate that isn't declared, or the stage itself, is refused by name."""
    rest = "\n" + STAGE.format(name="b") + "[tool.noxline.runtimes.big]\n"

    error = refused(tiny, A + line + rest)

    assert error.what == f"pyproject.toml: tool.noxline.stages.a.{what}: no such name"
    assert (error.found, error.expected, error.fix) == (found, expected, fix)


@pytest.mark.parametrize(
    ("first", "second"), [("out", "out"), ("out", "out/b"), ("out/b", "out"), ("out", ".")]
)
def test_two_makers(tiny: Tiny, first: str, second: str) -> None:
    """No path is made by two stages, nor one inside the other."""
    error = refused(
        tiny, A + f'outputs = ["{first}"]\n' + STAGE.format(name="b") + f'outputs = ["{second}"]'
    )

    assert error.what == (
        f"pyproject.toml: tool.noxline.stages.b.outputs: '{second}' is made by 'a' too"
    )
    assert (error.found, error.fix) == (first, "remove it from b or from a")


@pytest.mark.parametrize(
    ("inputs", "outputs"), [("data", "data/x"), ("data", "data"), (".", "out"), ("data/x", "data")]
)
def test_read_and_made(tiny: Tiny, inputs: str, outputs: str) -> None:
    """No stage reads what it makes itself: it could never begin."""
    text = f'[tool.noxline.stages.a]\nlock = "l"\ninputs = ["{inputs}"]\noutputs = ["{outputs}"]'

    error = refused(tiny, text)

    assert error.what == (
        f"pyproject.toml: tool.noxline.stages.a.outputs: '{outputs}' is read and made by one stage"
    )


def test_circle(tiny: Tiny) -> None:
    """No stages wait for each other, by what they read or by their gates: none could begin."""
    a = '[tool.noxline.stages.a]\nlock = "l"\ninputs = ["y"]\noutputs = ["x"]\n'
    b = '[tool.noxline.stages.b]\nlock = "l"\ninputs = ["s"]\noutputs = ["y"]\ngates = ["c"]\n'
    c = '[tool.noxline.stages.c]\nlock = "l"\ninputs = ["x/z", "."]\n'

    error = refused(tiny, a + b + c)

    assert error.what == "pyproject.toml: tool.noxline.stages: stages that wait for each other"
    assert sorted(set(str(error.found).split(" -> "))) == ["a", "b", "c"]
    assert error.expected == "an order in which each can run"


def test_neighbours(tiny: Tiny) -> None:
    """Paths that only begin alike are different paths."""
    text = A + 'outputs = ["src2", "out"]\n' + STAGE.format(name="b") + 'outputs = ["out2"]'

    assert set(tiny.declare(text).declared.stages) == {"a", "b"}


@pytest.mark.parametrize(
    ("path", "folder", "answer"),
    [
        ("a", "a", True),
        ("a/b", "a", True),
        ("a", "a/b", False),
        ("ab", "a", False),
        ("a", ".", True),
        (".", "a", False),
    ],
)
def test_within(path: str, folder: str, *, answer: bool) -> None:
    """A path lies in a folder if it is that, is below it, or the folder is the project."""
    assert within(path, folder) is answer
