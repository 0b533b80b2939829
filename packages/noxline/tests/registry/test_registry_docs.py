"""The examples of docs/registry.md, held against what is true."""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict
from pathlib import Path

from registry_project import Project

from noxline.registry import register, settings

PAGE = (Path(__file__).parents[4] / "docs/registry.md").read_text(encoding="utf-8")


def example(language: str) -> str:
    """The page's one example in that language."""
    (text,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(text)


def test_table(stored: Project) -> None:
    """The page's table is a whole one: every key that there is, and no other."""
    table = tomllib.loads(example("toml"))["tool"]["noxline"]["registry"]
    assert table == asdict(settings.read(stored.root))


def test_printed(stored: Project) -> None:
    """The page shows what is printed, to the letter."""
    _command, _, printed = example("console").partition("\n")
    assert printed == f"{register(stored.root)}\n"
