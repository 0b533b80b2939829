from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pytest

from noxline.errors import NoxlineError
from noxline.tables import Location, read_record

AT = Location("p.toml", "tool.x")


@dataclass(frozen=True)
class Inner:
    """A table in a table."""

    size: int = 0


@dataclass(frozen=True)
class Outer:
    """A table with a field of every kind."""

    name: str
    ratio: float = 0.5
    on: bool = False
    mode: Literal["fast", "exact"] = "fast"
    note: str | None = None
    words: tuple[str, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)
    parts: Mapping[str, Inner] = field(default_factory=dict)
    two_words: Inner = Inner()
    loud: str = field(default="", metadata={"parse": lambda value, at: f"{at.key}={value}"})


def refused(table: object) -> NoxlineError:
    """The error of reading a table."""
    with pytest.raises(NoxlineError) as caught:
        read_record(Outer, table, AT)
    return caught.value


def test_every_type() -> None:
    """Every kind of field is read into its declared type, dashes as underscores."""
    table = {
        "name": "n",
        "ratio": 1,
        "on": True,
        "mode": "exact",
        "note": "why",
        "words": ["a", "b"],
        "limits": {"x": 2},
        "parts": {"p": {"size": 3}},
        "two-words": {"size": 4},
        "loud": "L",
    }

    assert read_record(Outer, table, AT) == Outer(
        "n", 1.0, True, "exact", "why", ("a", "b"), {"x": 2.0}, {"p": Inner(3)}, Inner(4),
        "tool.x.loud=L",
    )  # fmt: skip


def test_defaults() -> None:
    """What isn't written has its default, and null is what an optional field may be."""
    assert read_record(Outer, {"name": "n", "note": None}, AT) == Outer("n")


@pytest.mark.parametrize(
    ("table", "what", "found", "expected", "fix"),
    [
        (3, "tool.x: this is a table", "3", "a table of keys", "write [tool.x]"),
        (
            {}, "tool.x: a key is missing", "nothing", "a key 'name'", "add name = ...",
        ),
        (
            {"name": "n", "ratoi": 1}, "tool.x: unknown key 'ratoi'", "ratoi",
            "limits, loud, mode, name, note, on, parts, ratio, two_words, words",
            "write ratio instead",
        ),
        (
            {"name": "n", "qqq": 1}, "tool.x: unknown key 'qqq'", "qqq",
            "limits, loud, mode, name, note, on, parts, ratio, two_words, words", "remove qqq",
        ),
        ({"name": 1}, "tool.x.name: wrong type", "1 (int)", "a string", "write a string"),
        ({"name": "n", "on": 1}, "tool.x.on: wrong type", "1 (int)", "true or false",
         "write true or false"),
        ({"name": "n", "ratio": True}, "tool.x.ratio: wrong type", "True (bool)", "a number",
         "write a number"),
        ({"name": "n", "parts": {"p": {"size": 1.5}}}, "tool.x.parts.p.size: wrong type",
         "1.5 (float)", "a whole number", "write a whole number"),
        ({"name": "n", "parts": {"p": {"size": True}}}, "tool.x.parts.p.size: wrong type",
         "True (bool)", "a whole number", "write a whole number"),
        ({"name": "n", "mode": "exactt"}, "tool.x.mode: not an allowed value", "exactt",
         "fast | exact", 'write "exact"'),
        ({"name": "n", "mode": 7}, "tool.x.mode: not an allowed value", "7",
         "fast | exact", 'write "fast"'),
        ({"name": "n", "words": "a"}, "tool.x.words: this is a list", "a", "a list",
         'write ["a"]'),
        ({"name": "n", "words": ["a", 2]}, "tool.x.words[1]: wrong type", "2 (int)", "a string",
         "write a string"),
        ({"name": "n", "limits": []}, "tool.x.limits: this is a table", "[]", "a table of keys",
         "write [tool.x.limits]"),
        ({"name": "n", "note": 5}, "tool.x.note: wrong type", "5 (int)", "a string",
         "write a string"),
        ({"name": "n", "two-words": {"siez": 1}}, "tool.x.two_words: unknown key 'siez'", "siez",
         "size", "write size instead"),
    ],
)  # fmt: skip
def test_refused(table: object, what: str, found: str, expected: str, fix: str) -> None:
    """A table that can't be meant is refused with its place, what is there and what may be."""
    error = refused(table)

    assert (error.what, error.found, error.expected, error.fix) == (
        f"p.toml: {what}", found, expected, fix,
    )  # fmt: skip


def test_location_at_the_top() -> None:
    """A key at the top of a file is named without a leading dot."""
    assert Location("params.yaml", "").of("train").of("seeds").of(0).key == "train.seeds[0]"


def test_error_of_the_whole_file() -> None:
    """What is wrong with a whole file is told of the file, without an empty name in between."""
    error = Location("params.yaml", "").error("a key is missing", "nothing", "a", "add a")

    assert error.what == "params.yaml: a key is missing"
