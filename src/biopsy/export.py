"""The model's one artifact: an ONNX file that carries what is needed to use it rightly."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .features import FEATURES, LABELS, NAMES, POSITIVE
from .training import Trained

# Fixed, so that the same weights are the same bytes whichever onnx is installed.
_OPSET, _IR_VERSION = 17, 8


@dataclass(frozen=True)
class About:
    """What the file says of its making: the model's version, its data, its precision."""

    version: str
    train_sha256: str
    digits: int


def to_onnx(trained: Trained, about: About) -> bytes:
    """The model as an ONNX file's bytes: the same for the same arguments.

    Input `features` [N, 30] float64; outputs `score` [N] float64, the probability of malignant,
    and `malignant` [N] bool, score >= threshold.
    """
    nodes = [
        helper.make_node("MatMul", ["features", "weights"], ["weighed"]),
        helper.make_node("Add", ["weighed", "bias"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["score"]),
        helper.make_node("GreaterOrEqual", ["score", "threshold"], ["malignant"]),
    ]
    constants = {
        "weights": trained.weights,
        "bias": np.array(trained.bias),
        "threshold": np.array(trained.threshold),
    }
    graph = helper.make_graph(
        nodes,
        "biopsy",
        [helper.make_tensor_value_info("features", TensorProto.DOUBLE, ["N", len(NAMES)])],
        [
            helper.make_tensor_value_info("score", TensorProto.DOUBLE, ["N"]),
            helper.make_tensor_value_info("malignant", TensorProto.BOOL, ["N"]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opset = helper.make_opsetid("", _OPSET)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=_IR_VERSION)
    model.producer_name = "biopsy"
    helper.set_model_props(model, metadata(trained, about))
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def metadata(trained: Trained, about: About) -> dict[str, str]:
    """What stands inside the file, next to the graph; lists are JSON."""
    return {
        "name": "biopsy",
        "version": about.version,
        "features": json.dumps(NAMES),
        "units": json.dumps([feature.unit for feature in FEATURES]),
        "classes": json.dumps(LABELS),
        "positive": POSITIVE,
        "threshold": repr(trained.threshold),
        "significant_digits": str(about.digits),
        "train_sha256": about.train_sha256,
    }
