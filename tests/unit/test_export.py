from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from biopsy import export, training
from biopsy.cases import Cases
from biopsy.features import NAMES
from biopsy.params import Params
from biopsy.predict import Model


@pytest.fixture(scope="module")
def trained(some: Cases, settings: Params) -> training.Trained:
    """The rounded weights of the forty biopsies."""
    return training.train(some, settings.train)


def test_the_same_weights_are_the_same_bytes(trained: training.Trained) -> None:
    """Nothing in the file is random, or of the day or the machine it was made on."""
    about = export.About("1", "ab" * 32, 6)

    assert export.to_onnx(trained, about) == export.to_onnx(trained, about)


def test_the_file_says_what_it_is(model_file: Path, trained: training.Trained) -> None:
    """Features in order, units, classes, threshold, precision and data stand inside."""
    props = {p.key: p.value for p in onnx.load(model_file).metadata_props}

    assert json.loads(props["features"]) == list(NAMES)
    assert len(json.loads(props["units"])) == len(NAMES)
    assert json.loads(props["classes"]) == ["benign", "malignant"]
    assert (props["positive"], props["version"]) == ("malignant", "test")
    assert float(props["threshold"]) == trained.threshold
    assert (props["significant_digits"], props["train_sha256"]) == ("6", "0" * 64)


def test_the_graph_computes_the_rounded_weights(
    model: Model, trained: training.Trained, some: Cases
) -> None:
    """ONNX Runtime's scores are those of plain numpy, and the decision is score >= threshold."""
    expected = training.sigmoid(some.features @ trained.weights + trained.bias)
    said = model.predict(some.features)

    np.testing.assert_allclose(expected, said.score, rtol=0, atol=1e-12)
    assert (said.malignant == (said.score >= trained.threshold)).all()


def test_a_score_at_the_threshold_is_malignant(settings: Params, tmp_path: Path) -> None:
    """With all weights zero every score is exactly a half, which a threshold of a half calls."""
    path = tmp_path / "half.onnx"
    half = training.Trained(np.zeros(30), 0.0, 0.5, (), 0.5)
    path.write_bytes(export.to_onnx(half, export.About("1", "0" * 64, settings.train.digits)))

    said = Model.load(path).predict(np.zeros((1, 30)))

    assert (said.score[0], said.malignant[0]) == (0.5, True)
