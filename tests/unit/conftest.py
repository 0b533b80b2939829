from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

from biopsy import cases, export, params, training
from biopsy.predict import Model

# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile("unit", deadline=None, max_examples=50)
hypothesis.settings.load_profile("unit")

ROOT = Path(__file__).parents[2]
RESOURCES = Path(__file__).parent / "resources"


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def cases_csv() -> Path:
    """Forty real biopsies, half of them malignant."""
    return RESOURCES / "cases.csv"


@pytest.fixture(scope="session")
def some(cases_csv: Path) -> cases.Cases:
    """The forty biopsies, read."""
    return cases.read(cases_csv)


@pytest.fixture(scope="session")
def settings() -> params.Params:
    """The project's own parameters."""
    return params.load(ROOT / "params.yaml")


@pytest.fixture(scope="session")
def model_file(
    some: cases.Cases, settings: params.Params, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A model that was trained on the forty biopsies."""
    path = tmp_path_factory.mktemp("models") / "biopsy.onnx"
    about = export.About("test", "0" * 64, settings.train.digits)
    path.write_bytes(export.to_onnx(training.train(some, settings.train), about))
    return path


@pytest.fixture(scope="session")
def model(model_file: Path) -> Model:
    """That model, loaded."""
    return Model.load(model_file)
