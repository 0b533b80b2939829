"""An ONNX file as an MLflow model: its signature read from the graph, its bytes as they are."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noxline import files
from noxline.errors import NoxlineError

if TYPE_CHECKING:
    from mlflow.models import Model, ModelSignature
    from onnx import ModelProto

FILE = "model.onnx"  # its name in every model folder of MLflow's ONNX flavour

_ANY = -1  # MLflow's word for a dimension that a caller chooses


def parse(data: bytes, path: str) -> ModelProto:
    """The model that an ONNX file holds.

    Args:
        data: The file's bytes.
        path: Its name, for the error.

    Raises:
        NoxlineError: It is no whole, valid ONNX model.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load_model_from_string(data)
        onnx.checker.check_model(model)
    except (DecodeError, onnx.checker.ValidationError) as error:
        raise NoxlineError(
            f"{path}: not an ONNX model",
            found=str(error).partition("\n")[0] or "bytes that are no ONNX",
            expected="a whole, valid ONNX file",
            fix="nox -s train",
        ) from None
    return model


def save(folder: Path, data: bytes, path: str, about: Model) -> None:
    """Write MLflow's folder of an ONNX model.

    Args:
        folder: The folder to make.
        data: The ONNX file's bytes.
        path: The ONNX file's name, for errors.
        about: MLflow's description of the model, which is completed and written too.

    Raises:
        NoxlineError: The bytes are no ONNX model, or it has no signature.
    """
    import onnx
    import onnxruntime

    with warnings.catch_warnings():
        # While it is imported, MLflow warns about type hints of its own.
        warnings.simplefilter("ignore")
        import mlflow.pyfunc
    import mlflow.onnx

    model = parse(data, path)
    mlflow.onnx.save_model(
        model,
        folder,
        mlflow_model=about,
        signature=signature(model, path),
        pip_requirements=[
            f"onnx=={onnx.__version__}",
            f"onnxruntime=={onnxruntime.__version__}",
        ],
        save_as_external_data=False,
    )
    # MLflow writes the graph anew; what is registered are the very bytes that were judged.
    files.write_bytes(folder / FILE, data)


def signature(model: ModelProto, path: str) -> ModelSignature:
    """MLflow's signature of a model; a dimension without a fixed size is -1.

    Raises:
        NoxlineError: An input or output is not a tensor, or its shape is not in the graph.
    """
    from mlflow.models import ModelSignature

    # Weights may be listed among the inputs; nobody sends them.
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    return ModelSignature(inputs=_schema(inputs, path), outputs=_schema(model.graph.output, path))


def _schema(values: Iterable[Any], path: str) -> Any:
    from mlflow.types import Schema

    return Schema([_tensor(value, path) for value in values])


def _tensor(value: Any, path: str) -> Any:
    import numpy as np
    from mlflow.types import TensorSpec
    from onnx import TensorProto, helper

    kind = value.type.WhichOneof("value")
    if kind != "tensor_type" or not value.type.tensor_type.HasField("shape"):
        raise NoxlineError(
            f"{path}: '{value.name}' has no signature",
            found="a tensor without a shape" if kind == "tensor_type" else str(kind),
            expected="a tensor with a shape",
            fix="declare it in the export (of scikit-learn's classifiers: zipmap=False)",
        )
    tensor = value.type.tensor_type
    text = tensor.elem_type == TensorProto.STRING
    dtype = np.dtype(str) if text else helper.tensor_dtype_to_np_dtype(tensor.elem_type)
    shape = [size.dim_value if size.HasField("dim_value") else _ANY for size in tensor.shape.dim]
    return TensorSpec(dtype, tuple(shape), value.name)
