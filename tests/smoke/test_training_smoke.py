"""Tiny trainings, from real cases to a file that is served back."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from noxline import digest

from biopsy import cases, export, ingest, params, split, training
from biopsy.predict import Model

ROOT = Path(__file__).parents[2]
ABOUT = export.About("smoke", "0" * 64, 6)

#: Kernels that OpenBLAS has for older and newer processors; one that this one can't run is not
#: taken, and OpenBLAS then takes its own choice.
CORES = ("Prescott", "Nehalem", "Sandybridge", "Haswell", "SkylakeX")


@pytest.fixture(scope="module")
def settings() -> params.Train:
    """The project's own training parameters."""
    return params.load(ROOT / "params.yaml").train


@pytest.fixture(scope="module")
def seventh() -> cases.Cases:
    """Every seventh of the real biopsies, eighty-two."""
    return ingest.wisconsin().where(np.arange(569) % 7 == 0)


def test_the_loss_falls(seventh: cases.Cases, settings: params.Train) -> None:
    """From knowing nothing, which costs ln 2 a case, to less than a quarter of that."""
    losses = training.fit(seventh.features, seventh.malignant, settings).losses

    assert losses[0] == pytest.approx(np.log(2))
    assert losses[-1] < losses[0] / 4
    assert losses[1] < losses[0]


def test_a_small_batch_is_overfitted(seventh: cases.Cases, settings: params.Train) -> None:
    """With almost no penalty eight cases are learnt by heart."""
    few = [*np.flatnonzero(seventh.malignant)[:4], *np.flatnonzero(~seventh.malignant)[:4]]
    batch = seventh.where(np.isin(np.arange(len(seventh)), few))
    free = dataclasses.replace(settings, l2=1e-6, steps=50)
    fitted = training.fit(batch.features, batch.malignant, free)

    assert len(batch) == 8
    assert fitted.losses[-1] < 0.001
    assert ((fitted.score(batch.features) >= 0.5) == batch.malignant).all()


def test_a_model_is_saved_and_served_back(
    seventh: cases.Cases, settings: params.Train, tmp_path: Path
) -> None:
    """What the file says of unseen cases is what was trained, and it is right for most."""
    trained = training.train(seventh, settings)
    path = tmp_path / "biopsy.onnx"
    path.write_bytes(export.to_onnx(trained, ABOUT))
    unseen = ingest.wisconsin().where(np.arange(569) % 7 != 0)
    said = Model.load(path).predict(unseen.features)

    expected = training.sigmoid(unseen.features @ trained.weights + trained.bias)
    np.testing.assert_allclose(expected, said.score, rtol=0, atol=1e-12)
    assert ((said.score >= 0.5) == unseen.malignant).mean() > 0.9


def test_training_repeats_exactly(seventh: cases.Cases, settings: params.Train) -> None:
    """Twice in one process, bit for bit."""
    one, two = (export.to_onnx(training.train(seventh, settings), ABOUT) for _ in range(2))

    assert one == two


@pytest.mark.parametrize(
    "world",
    [
        {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
        *({"OPENBLAS_CORETYPE": core} for core in CORES),
        {"NPY_DISABLE_CPU_FEATURES": "found"},
    ],
    ids=lambda world: " ".join(f"{k}={v}" for k, v in world.items()),
)
def test_another_processor_makes_the_same_file(
    seventh: cases.Cases, settings: params.Train, tmp_path: Path, world: dict[str, str]
) -> None:
    """Whatever threads, BLAS kernels or vector instructions there are, the files are the same."""
    if "NPY_DISABLE_CPU_FEATURES" in world:
        found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", ())
        world = {"NPY_DISABLE_CPU_FEATURES": " ".join(found)}
    cases.write(tmp_path / "cases.csv", seventh)
    model, reference, loss = (tmp_path / name for name in ("m.onnx", "r.json", "l.csv"))
    script = (sys.executable, ROOT / "scripts" / "train.py", "--cases", tmp_path / "cases.csv")
    outputs = ("--model", model, "--reference", reference, "--loss", loss)
    subprocess.run((*script, *outputs), check=True, env=os.environ | world, timeout=60)

    about = export.About(settings.version, digest.of_file(tmp_path / "cases.csv"), settings.digits)
    trained = training.train(seventh, settings)
    assert model.read_bytes() == export.to_onnx(trained, about)
    assert loss.read_text() == training.loss_csv(trained.losses)


def test_rounding_is_far_from_the_noise() -> None:
    """A hundred thousand times what processors differ by still rounds each real weight the same.

    Measured over OpenBLAS's kernels and numpy's vector instructions, weights differ by 2e-14.
    """
    declared = params.load(ROOT / "params.yaml")
    train = split.split(ingest.wisconsin(), declared.split)["train"]

    # A margin is in last digits, and a last digit is at least 10 ** -digits of the weight.
    noise = 2e-14 * 10.0**declared.train.digits
    assert training.train(train, declared.train).margin > 1e5 * noise
