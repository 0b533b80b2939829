from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper
from registry_project import onnx_bytes

from noxline.errors import NoxlineError
from noxline.registry import onnx_model


def model_of(inputs: list[Any], outputs: list[Any]) -> Any:
    """A graph of these values; the slope is a weight that the inputs list too."""
    slope = helper.make_tensor("slope", TensorProto.FLOAT, [1], [2.0])
    return helper.make_model(helper.make_graph([], "tiny", inputs, outputs, [slope]))


def test_signature() -> None:
    """A signature has the graph's names, types and shapes; a free dimension is -1."""
    signature = onnx_model.signature(
        model_of(
            [
                helper.make_tensor_value_info("features", TensorProto.DOUBLE, ["N", 30]),
                helper.make_tensor_value_info("name", TensorProto.STRING, [None]),
                helper.make_tensor_value_info("slope", TensorProto.FLOAT, [1]),
            ],
            [helper.make_tensor_value_info("malignant", TensorProto.BOOL, ["N"])],
        ),
        "m.onnx",
    )
    features, name = signature.inputs.inputs
    (malignant,) = signature.outputs.inputs
    assert ("features", np.dtype("float64"), (-1, 30)) == (
        features.name,
        features.type,
        features.shape,
    )
    assert ("name", (-1,)) == (name.name, name.shape)
    assert ("malignant", np.dtype(bool), (-1,)) == (malignant.name, malignant.type, malignant.shape)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (helper.make_tensor_value_info("y", TensorProto.FLOAT, None), "a tensor without a shape"),
        (
            helper.make_value_info(
                "y",
                helper.make_sequence_type_proto(
                    helper.make_tensor_type_proto(TensorProto.FLOAT, [1])
                ),
            ),
            "sequence_type",
        ),
    ],
)
def test_no_signature(value: Any, found: str) -> None:
    """An input or output that is no tensor with a shape is an error that names it."""
    with pytest.raises(NoxlineError, match=r"m\.onnx: 'y' has no signature") as caught:
        onnx_model.signature(model_of([value], []), "m.onnx")
    assert found == caught.value.found


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(onnx_bytes(1.0)[:-20], id="truncated"),
        pytest.param(pickle.dumps({"coef": [1.0]}), id="pickle"),
        pytest.param(b"", id="empty"),
    ],
)
def test_not_onnx(data: bytes) -> None:
    """A truncated file, a renamed pickle and an empty file are no ONNX models."""
    with pytest.raises(NoxlineError, match=r"m\.onnx: not an ONNX model"):
        onnx_model.parse(data, "m.onnx")


def test_save_keeps_bytes(tmp_path: Path) -> None:
    """The saved file is byte for byte the given one, even where ONNX would write it otherwise."""
    from mlflow.models import Model

    data = onnx_bytes(1.0) + b"\x08\x08"  # the format version once more, which is legal
    assert data != onnx_model.parse(data, "m.onnx").SerializeToString()
    onnx_model.save(tmp_path / "model", data, "m.onnx", Model())
    assert data == (tmp_path / "model/model.onnx").read_bytes()


def test_saved_model_predicts(tmp_path: Path) -> None:
    """MLflow serves the saved folder back, and it predicts."""
    import mlflow.pyfunc
    from mlflow.models import Model

    onnx_model.save(tmp_path / "model", onnx_bytes(3.0), "m.onnx", Model())
    served = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    answer = served.predict({"features": np.array([1.0, 2.0], np.float32)})
    assert [3.0, 6.0] == answer["score"].tolist()
