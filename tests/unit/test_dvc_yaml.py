from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
STAGES: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]


def _imports(path: Path) -> set[Path]:
    """The modules of biopsy that a file imports, and those that they import."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
            module = (node.module or "").removeprefix("biopsy").strip(".")
            if node.level == 1 or (node.module or "").split(".")[0] == "biopsy":
                modules = [module] if module else names
                found |= {ROOT / "src" / "biopsy" / f"{name}.py" for name in modules}
    return found.union(*(_imports(module) for module in found))


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_exactly_its_code(stage: str) -> None:
    """A change of any module that a stage runs reruns it, and a change of any other doesn't."""
    script = ROOT / "scripts" / f"{stage}.py"
    code = {str(p.relative_to(ROOT)) for p in {script, *_imports(script)}}

    assert sorted(code) == [dep for dep in STAGES[stage]["deps"] if dep.endswith(".py")]


def test_what_is_made_is_not_in_git() -> None:
    """Every output is in a folder that git ignores as a whole, so that DVC adds no .gitignore."""
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    outs = [
        path
        for stage in STAGES.values()
        for kind in ("outs", "metrics", "plots")
        for out in stage.get(kind, ())
        for path in (out if isinstance(out, dict) else [out])
    ]

    assert len(outs) == 11
    assert all(f"/{path.split('/')[0]}/" in ignored for path in outs)
