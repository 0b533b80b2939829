"""A small project whose model golden has accepted, to register from."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from onnx import TensorProto, helper

from noxline import digest, receipt
from noxline.receipt import Receipt

PYPROJECT = """\
[tool.noxline.stages.golden]
lock = "locks/golden.txt"
inputs = ["models/tiny.onnx"]
outputs = ["reports/golden"]

[tool.noxline.registry]
name = "tiny"
model = "models/tiny.onnx"
params = "params.yaml"
metrics = "reports/metrics.json"
report = "reports/golden"
"""

PASSED = Receipt(
    stage="golden",
    arguments=(),
    commands=(("pytest", "tests/golden"),),
    runtime={},
    lock="locks/golden.txt",
    inputs={},
    outputs={},
    python="3.11",
    source={},
    place="host",
    isolation="none",
    measured={},
    started="2026-01-01T00:00:00Z",
    finished="2026-01-01T00:00:01Z",
    seconds=1.0,
    result="passed",
    exit_code=0,
)


def onnx_bytes(slope: float) -> bytes:
    """An ONNX file: `score [N] = slope * features [N]`."""
    graph = helper.make_graph(
        [helper.make_node("Mul", ["features", "slope"], ["score"])],
        "tiny",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N"])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["N"])],
        [helper.make_tensor("slope", TensorProto.FLOAT, [1], [slope])],
    )
    opset = helper.make_opsetid("", 17)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=8)
    return bytes(model.SerializeToString())


@dataclass(frozen=True)
class Project:
    """A project's folder, and what its earlier stages would do in it."""

    root: Path

    def train(self, slope: float) -> str:
        """Write another model, as train would, and give its digest."""
        data = onnx_bytes(slope)
        (self.root / "models/tiny.onnx").write_bytes(data)
        return digest.of_bytes(data)

    def golden(self, **changed: object) -> None:
        """Write golden's report and receipt of what is there now, with some facts changed."""
        model = digest.of_file(self.root / "models/tiny.onnx")
        self.report({"passed": True, "digests": {"model": model}})
        self.sign(**changed)

    def report(self, said: object) -> None:
        """Write what golden's report says to machines."""
        (self.root / "reports/golden/results.json").write_text(json.dumps(said))

    def sign(self, **changed: object) -> None:
        """Write golden's receipt of the files that are there now."""
        files = digest.Digests(self.root, self.root / ".noxline/digests.json")
        seen = {
            "inputs": files.of(["models/tiny.onnx"]),
            "outputs": files.of(["reports/golden"]),
        }
        passed = replace(PASSED, **{**seen, **changed})  # type: ignore[arg-type]  # by name
        receipt.write(self.root / ".noxline", passed)


def make(root: Path) -> Project:
    """Make the project, with a model that golden has accepted."""
    for folder in ("models", "reports/golden/cases", ".noxline"):
        (root / folder).mkdir(parents=True)
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "params.yaml").write_text("train:\n  folds: 5\n  penalty: 0.1\n")
    (root / "reports/metrics.json").write_text(json.dumps({"test": {"sensitivity": 0.97}}))
    (root / "reports/golden/index.html").write_text("<p>green</p>")
    (root / "reports/golden/cases/1.json").write_text("{}")
    project = Project(root)
    project.train(slope=1.0)
    project.golden()
    return project
