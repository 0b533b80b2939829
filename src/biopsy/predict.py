"""The trained model, loaded from its ONNX file: features in, scores and decisions out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from noxline import digest
from noxline.errors import NoxlineError

from .cases import Bools, Floats, check_features
from .features import NAMES

#: What the graph of a model takes and gives: name, ONNX Runtime's type, what follows N.
_INPUTS = (("features", "tensor(double)", (len(NAMES),)),)
_OUTPUTS = (("malignant", "tensor(bool)", ()), ("score", "tensor(double)", ()))


@dataclass(frozen=True)
class Predictions:
    """What the model says of N cases.

    Attributes:
        score: [N] float64, the probability of malignant.
        malignant: [N] bool, score >= the model's threshold.
    """

    score: Floats
    malignant: Bools


@dataclass(frozen=True)
class Model:
    """A model that is ready to predict.

    Attributes:
        path: The file it came from.
        digest: The file's SHA-256, in hex.
        threshold: The least score that is called malignant.
        metadata: All that stands inside the file beside the graph; see `export.metadata`.
    """

    path: Path
    digest: str
    threshold: float
    metadata: dict[str, str] = field(repr=False)
    session: Any = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> Model:
        """Load and check a model file.

        Raises:
            NoxlineError: No file, a pickle, truncated, not ONNX, a model of other features, of
                other inputs or outputs, or with a threshold that is no probability.
        """
        path = Path(path)
        session, data = _open(path)
        found = session.get_modelmeta().custom_metadata_map
        _check_metadata(path, found)
        _check_graph(path, session)
        return cls(path, digest.of_bytes(data), float(found["threshold"]), found, session)

    def predict(self, features: Floats, source: str = "features") -> Predictions:
        """Score cases.

        Args:
            features: [N, 30] of numbers, the columns as in `features.NAMES`; N may be 0.
            source: What to call them in an error.

        Raises:
            NoxlineError: Another shape, not numbers, or a value that can't be a measurement; or
                the model can't be run, gives what is no probability, or decides against its own
                threshold.
        """
        table = _as_table(features, source)
        check_features(table, source, "row {}".format)
        if not len(table):  # ONNX Runtime multiplies no empty matrices
            return Predictions(np.empty(0), np.empty(0, dtype=bool))
        said = Predictions(*self._run(table))
        self._check(said, len(table))
        return said

    def _run(self, table: Floats) -> tuple[Floats, Bools]:
        try:
            score, malignant = self.session.run(["score", "malignant"], {"features": table})
        except Exception as error:  # its exceptions have no common type of their own
            raise NoxlineError(
                f"{self.path}: the model can't be run",
                found=f"ONNX Runtime says: {str(error).partition(chr(10))[0][:200]}",
                expected=f"a graph that takes [N, {len(NAMES)}]",
                fix="nox -s train",
            ) from error
        return score, malignant

    def _check(self, said: Predictions, count: int) -> None:
        """Hold what the graph says to what the file says of it."""
        if not said.score.shape == said.malignant.shape == (count,):
            raise NoxlineError(
                f"{self.path}: the model gives another number of answers",
                found=f"score {list(said.score.shape)}, malignant {list(said.malignant.shape)}",
                expected=f"[{count}], one for each case",
                fix="nox -s train",
            )
        # Written so that NaN, for which every comparison is false, is no probability.
        probable = (said.score >= 0) & (said.score <= 1)
        agreed = said.malignant == (said.score >= self.threshold)
        if not (probable & agreed).all():
            row = int(np.argmin(probable & agreed))
            raise NoxlineError(
                f"{self.path}: the model contradicts itself",
                found=f"row {row}: score {said.score[row]}, malignant {said.malignant[row]}",
                expected=f"a score of 0 to 1, malignant from the threshold {self.threshold} on",
                fix="nox -s train",
            )


def _open(path: Path) -> tuple[Any, bytes]:
    try:
        data = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        raise NoxlineError(f"{path}: no such model file", fix="nox -s train") from None
    # Every pickle since protocol 2 starts so. ONNX Runtime would refuse it too, less clearly.
    if data[:1] == b"\x80":
        raise NoxlineError(
            f"{path}: this is a pickle, and a pickle is never loaded: it can run any code",
            expected="an ONNX file",
            fix="nox -s train",
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # one case is thirty products: threads only cost
    options.log_severity_level = 4  # what goes wrong is raised, and told below
    try:
        return onnxruntime.InferenceSession(data, options, ["CPUExecutionProvider"]), data
    except Exception as error:  # its exceptions have no common type of their own
        raise NoxlineError(
            f"{path}: not a whole ONNX model",
            found=f"{len(data)} bytes; ONNX Runtime says: {str(error).partition(chr(10))[0][:200]}",
            expected="the file that training wrote",
            fix="nox -s train, or fetch the file again",
        ) from error


def _check_metadata(path: Path, found: dict[str, str]) -> None:
    try:
        names = tuple(json.loads(found["features"]))
        threshold = float(found["threshold"])
        # The last entry of the file: without it, the file was cut off between two entries.
        bytes.fromhex(found["train_sha256"])
    except (KeyError, ValueError, TypeError) as error:
        raise NoxlineError(
            f"{path}: the model doesn't say what it needs",
            found=f"metadata: {', '.join(sorted(found)) or 'none'}",
            expected="features, a JSON list; threshold, a number; train_sha256",
            fix="nox -s train",
        ) from error
    if names != NAMES:
        differ = [f"{a} for {b}" for a, b in zip(names, NAMES, strict=False) if a != b]
        raise NoxlineError(
            f"{path}: the model is of other features",
            found=f"{len(names)}: {', '.join(differ) or 'another number of them'}",
            expected=f"{len(NAMES)}: {NAMES[0]} ... {NAMES[-1]}",
            fix="nox -s train, or use the code that belongs to this model",
        )
    if not 0 <= threshold <= 1:
        raise NoxlineError(
            f"{path}: the model's threshold is no probability",
            found=found["threshold"],
            expected="0 to 1",
            fix="nox -s train",
        )


def _check_graph(path: Path, session: Any) -> None:
    for kind, found, expected in (
        ("inputs", session.get_inputs(), _INPUTS),
        ("outputs", session.get_outputs(), _OUTPUTS),
    ):
        # The first size is N: a name, or nothing where the graph leaves it open.
        is_right = tuple(sorted((x.name, x.type, tuple(x.shape[1:])) for x in found)) == expected
        if not is_right or any(not x.shape or isinstance(x.shape[0], int) for x in found):
            raise NoxlineError(
                f"{path}: the model's graph has other {kind}",
                found="; ".join(f"{x.name} {x.type} {x.shape}" for x in found),
                expected="; ".join(f"{n} {t} {['N', *sizes]}" for n, t, sizes in expected),
                fix="nox -s train, or use the code that belongs to this model",
            )


def _as_table(features: object, source: str) -> Floats:
    try:
        table = np.asarray(features, dtype=np.float64, order="C")
    except (TypeError, ValueError) as error:
        fix = "give a numpy array of float64"
        raise NoxlineError(f"{source}: not numbers", found=str(error), fix=fix) from error
    if table.ndim != 2 or table.shape[1] != len(NAMES):
        raise NoxlineError(
            f"{source}: wrong shape",
            found=str(list(table.shape)),
            expected=f"[N, {len(NAMES)}]: {NAMES[0]} ... {NAMES[-1]}",
            fix="give one row a case; one case alone is features[None, :]",
        )
    return table
