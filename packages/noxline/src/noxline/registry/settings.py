"""What is declared of the registry: `[tool.noxline.registry]`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from noxline import config
from noxline.errors import NoxlineError
from noxline.tables import Location, read_record

KEY = f"{config.TABLE}.registry"

_EXAMPLE = f"""\
[{KEY}]
name = "NAME"
model = "models/NAME.onnx"
params = "params.yaml"
metrics = "reports/metrics.json"
report = "reports/golden\""""


def _name(value: object, at: Location) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\w[\w.-]*", value):
        raise at.error(
            "not a name for the registry",
            value,
            "letters, digits, dots, dashes and underscores",
            'write "my-model"',
        )
    return value


@dataclass(frozen=True)
class Settings:
    """What is registered, and under which name. Paths are relative to the project's root.

    Attributes:
        name: The name of MLflow's experiment and of its registered model.
        model: The ONNX file.
        params: A YAML file of the parameters that made the model.
        metrics: A JSON file of its metrics.
        report: The folder of the golden report.
        output: Where what came out is written, as JSON.
    """

    name: str = field(metadata={"parse": _name})
    model: str
    params: str
    metrics: str
    report: str
    output: str = "reports/register.json"


def read(root: Path) -> Settings:
    """Read the table from a project's pyproject.toml.

    Raises:
        NoxlineError: It is not there, or something in it is not allowed.
    """
    table = config.load(root).declared.registry
    if not table:
        raise NoxlineError(
            f"{config.FILE}: nothing declares what is registered",
            expected=f"a table [{KEY}]",
            fix=f"add, with this project's names:\n{_EXAMPLE}",
        )
    return read_record(Settings, table, Location(config.FILE, KEY))
