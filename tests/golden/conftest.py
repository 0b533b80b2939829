"""The model as the golden tests see it: through the same code that serves it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from noxline.golden.fixture import Predict
from numpy.typing import NDArray

from biopsy.predict import Model

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def predict() -> Predict:
    """The trained model: features of shape (cases, 30) to score and malignant, each (cases,)."""
    model = Model.load(ROOT / "models" / "biopsy.onnx")

    def outputs(features: NDArray[Any]) -> Mapping[str, NDArray[Any]]:
        found = model.predict(features)
        return {"score": found.score, "malignant": found.malignant}

    return outputs
