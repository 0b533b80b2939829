from __future__ import annotations

from pathlib import Path

import pytest

from noxline.errors import NoxlineError
from noxline.registry import settings

TABLE = """\
[tool.noxline.registry]
name = "tiny"
model = "m.onnx"
params = "p.yaml"
metrics = "m.json"
report = "reports/golden"
"""


def write(root: Path, text: str) -> Path:
    """Make a project of one file."""
    (root / "pyproject.toml").write_text(text)
    return root


def test_read(tmp_path: Path) -> None:
    """The table becomes a record, and the output has a default."""
    expected = settings.Settings("tiny", "m.onnx", "p.yaml", "m.json", "reports/golden")
    assert expected == settings.read(write(tmp_path, TABLE))
    assert expected.output == "reports/register.json"


def test_no_table(tmp_path: Path) -> None:
    """A project without the table is told what to add."""
    with pytest.raises(NoxlineError) as caught:
        settings.read(write(tmp_path, ""))
    assert "[tool.noxline.registry]\n" in caught.value.fix


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"tiny"', '"it\'s"', "tool.noxline.registry.name: not a name"),
        ("metrics", "metrik", "unknown key 'metrik'"),
        ('"m.json"', "3", "tool.noxline.registry.metrics: wrong type"),
    ],
)
def test_bad_table(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """A bad name, an unknown key and a wrong type are errors that name the key."""
    with pytest.raises(NoxlineError, match=expected.replace(".", r"\.")):
        settings.read(write(tmp_path, TABLE.replace(old, new)))
