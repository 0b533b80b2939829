from __future__ import annotations

import re
from pathlib import Path

PACKAGE = Path(__file__).parents[2]
STAGES = PACKAGE.parents[1] / "docs/stages.md"
FENCE = re.compile(r"^```(?:python|toml|console).*?^```$", re.MULTILINE | re.DOTALL)


def test_examples() -> None:
    """The README's examples are, to the letter, those of docs/stages.md, which a test runs."""
    examples = FENCE.findall((PACKAGE / "README.md").read_text(encoding="utf-8"))
    assert len(examples) == 4
    assert set(examples) <= set(FENCE.findall(STAGES.read_text(encoding="utf-8")))
