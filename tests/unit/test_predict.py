from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from noxline import digest
from noxline.errors import ExitCode, NoxlineError

from biopsy.cases import Cases, Floats
from biopsy.features import FEATURES, NAMES
from biopsy.predict import Model

HIGHS = np.array([feature.high for feature in FEATURES])


# The model is only read, so that one for all examples is right.
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 20))
def test_any_measurable_cases_are_scored(model: Model, seed: int, count: int) -> None:
    """N cases give N scores from 0 to 1 and N decisions, each as the case would get alone."""
    features = np.random.default_rng(seed).uniform(0, HIGHS, (count, len(NAMES)))
    said = model.predict(features)

    assert said.score.shape == said.malignant.shape == (count,)
    assert (said.score.dtype.name, said.malignant.dtype.name) == ("float64", "bool")
    assert ((said.score >= 0) & (said.score <= 1)).all()
    assert (said.malignant == (said.score >= model.threshold)).all()
    alone = [model.predict(row[None, :]).score[0] for row in features]
    np.testing.assert_allclose(alone, said.score, rtol=0, atol=1e-12)


def test_the_forty_are_told_apart(model: Model, some: Cases) -> None:
    """A trained model finds the malignant cases it was trained on."""
    said = model.predict(some.features)

    assert said.malignant[some.malignant].all()


def test_a_model_knows_its_digest(model: Model, model_file: Path) -> None:
    """What is told of the model is the file's own SHA-256."""
    assert model.digest == digest.of_file(model_file)


@pytest.mark.parametrize("shape", [(30,), (1, 29), (1, 31), (1, 30, 1), ()])
def test_another_shape_is_refused(model: Model, shape: tuple[int, ...]) -> None:
    """The error gives the shape found and the one expected."""
    with pytest.raises(NoxlineError, match="wrong shape") as caught:
        model.predict(np.zeros(shape))

    assert caught.value.found == str(list(shape))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -0.001, 100.5])
def test_what_is_no_measurement_is_refused(model: Model, some: Cases, value: float) -> None:
    """A value that is not finite or not in the feature's range is never scored."""
    features: Floats = some.features.copy()
    features[7, 0] = value

    with pytest.raises(NoxlineError, match="mine: row 7: column mean_radius"):
        model.predict(features, "mine")


def test_words_are_refused(model: Model) -> None:
    """An array of strings is an error of ours."""
    with pytest.raises(NoxlineError, match="not numbers"):
        model.predict(np.array([["big"] * 30]))


def _with_metadata(model_file: Path, **changed: str | None) -> bytes:
    graph = onnx.load(model_file)
    kept = {p.key: p.value for p in graph.metadata_props} | changed
    del graph.metadata_props[:]
    onnx.helper.set_model_props(graph, {k: v for k, v in kept.items() if v is not None})
    data: bytes = graph.SerializeToString()
    return data


def test_a_file_that_is_no_model_is_refused(model_file: Path, tmp_path: Path) -> None:
    """Empty, other bytes, or cut off at any place: the error names the file, the code is 2."""
    whole = model_file.read_bytes()
    path = tmp_path / "biopsy.onnx"
    # Its entries end the file: a cut between two of them leaves what is still good ONNX.
    cuts = [*range(0, len(whole), 50), *range(len(whole) - 200, len(whole))]
    for data in (b"hello", *(whole[:cut] for cut in cuts)):
        path.write_bytes(data)
        with pytest.raises(NoxlineError, match=r"not a whole ONNX model|doesn't say") as caught:
            Model.load(path)
        assert caught.value.what.startswith(str(path))
        assert caught.value.code == ExitCode.USAGE


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_never_loaded(tmp_path: Path, protocol: int) -> None:
    """Renaming a pickle to .onnx runs nothing of it, whatever its protocol."""
    path = tmp_path / "biopsy.onnx"
    path.write_bytes(pickle.dumps({"weights": [1.0]}, protocol=protocol))

    with pytest.raises(NoxlineError, match="a pickle" if protocol > 1 else "not a whole ONNX"):
        Model.load(path)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"features": '["mean_area", "mean_radius"]'}, "of other features"),
        ({"features": "[]"}, "of other features"),
        ({"features": "mean_area"}, "doesn't say what it needs"),
        ({"features": None}, "doesn't say what it needs"),
        ({"threshold": "high"}, "doesn't say what it needs"),
        ({"threshold": "nan"}, "threshold is no probability"),
        ({"threshold": "inf"}, "threshold is no probability"),
        ({"threshold": "-0.1"}, "threshold is no probability"),
        ({"threshold": "1.1"}, "threshold is no probability"),
    ],
)
def test_a_model_of_other_features_is_refused(
    model_file: Path, tmp_path: Path, changed: dict[str, str | None], problem: str
) -> None:
    """The order of the features is part of the model: with another it is not used."""
    path = tmp_path / "biopsy.onnx"
    path.write_bytes(_with_metadata(model_file, **changed))

    with pytest.raises(NoxlineError, match=problem):
        Model.load(path)


def _rename(graph: onnx.GraphProto, old: str, new: str) -> None:
    for value in (*graph.input, *graph.output):
        value.name = new if value.name == old else value.name
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [new if name == old else name for name in names]


def _size(value: onnx.ValueInfoProto, axis: int, size: int) -> None:
    value.type.tensor_type.shape.dim[axis].dim_value = size


def _narrow(graph: onnx.GraphProto) -> None:
    """Make it a whole model of one feature fewer."""
    _size(graph.input[0], 1, len(NAMES) - 1)
    _constant(graph, "weights", np.zeros(len(NAMES) - 1))


def _single(graph: onnx.GraphProto) -> None:
    """Make it a whole model in single precision."""
    for constant in list(graph.initializer):
        _constant(graph, constant.name, onnx.numpy_helper.to_array(constant).astype(np.float32))
    for value in (graph.input[0], graph.output[0]):
        value.type.tensor_type.elem_type = onnx.TensorProto.FLOAT


def _constant(graph: onnx.GraphProto, name: str, value: np.ndarray) -> None:
    (old,) = (constant for constant in graph.initializer if constant.name == name)
    old.CopyFrom(onnx.numpy_helper.from_array(value, name))


def _first_seven(graph: onnx.GraphProto, kind: str, *names: str) -> None:
    """Let the score be made of a node over the first seven cases, which only running it shows."""
    seven = onnx.numpy_helper.from_array(np.ones(7, dtype=bool), "first")
    graph.initializer.append(seven)
    nodes = list(graph.node)
    nodes[2].input[:] = ["changed"]  # the sigmoid's
    compress = onnx.helper.make_node("Compress", ["logit", "first"], ["seven"], axis=0)
    changed = onnx.helper.make_node(kind, list(names), ["changed"])
    del graph.node[:]
    graph.node.extend([*nodes[:2], compress, changed, *nodes[2:]])


def _with_graph(model_file: Path, path: Path, change: Callable[[onnx.GraphProto], None]) -> Path:
    model = onnx.load(model_file)
    change(model.graph)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize(
    ("change", "kind", "found"),
    [
        (_narrow, "inputs", "['N', 29]"),
        (_single, "inputs", "features tensor(float)"),
        (lambda graph: _size(graph.input[0], 0, 1), "inputs", "[1, 30]"),
        (lambda graph: _rename(graph, "features", "x"), "inputs", "x tensor(double)"),
        (lambda graph: _rename(graph, "score", "y"), "outputs", "y tensor(double)"),
        (lambda graph: graph.output.pop(), "outputs", "score tensor(double) ['N']"),
    ],
)
def test_a_graph_of_another_shape_is_refused(
    model_file: Path,
    tmp_path: Path,
    change: Callable[[onnx.GraphProto], None],
    kind: str,
    found: str,
) -> None:
    """Whatever the metadata say, it takes 30 float64 a case and gives its score and decision."""
    path = _with_graph(model_file, tmp_path / "biopsy.onnx", change)

    with pytest.raises(NoxlineError, match=f"graph has other {kind}") as caught:
        Model.load(path)

    assert found in str(caught.value.found)
    assert caught.value.code == ExitCode.USAGE


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda graph: _constant(graph, "threshold", np.array(1.1)), "contradicts itself"),
        (lambda graph: _constant(graph, "bias", np.array(np.nan)), "contradicts itself"),
        (lambda graph: _first_seven(graph, "Identity", "seven"), "another number of answers"),
        (lambda graph: _first_seven(graph, "Add", "logit", "seven"), "can't be run"),
    ],
)
def test_a_graph_that_is_not_as_its_file_says_is_never_believed(
    model_file: Path,
    tmp_path: Path,
    some: Cases,
    change: Callable[[onnx.GraphProto], None],
    problem: str,
) -> None:
    """A decision against the threshold, a score of NaN, too few answers or none end with 2."""
    model = Model.load(_with_graph(model_file, tmp_path / "biopsy.onnx", change))

    with pytest.raises(NoxlineError, match=problem) as caught:
        model.predict(some.features)

    assert caught.value.code == ExitCode.USAGE


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    """The fix is to train one."""
    with pytest.raises(NoxlineError, match="no such model file") as caught:
        Model.load(tmp_path / "none.onnx")

    assert caught.value.fix == "nox -s train"
