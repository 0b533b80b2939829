#!/usr/bin/env python3
"""Break the model, its baseline and its file, and see `nox -s golden` turn red, and green again.

Each fault is put into a clone and goes the whole way: the code is changed, the model is trained by
its stage, and golden judges it. Golden must end with 1 and name what is wrong; when the fault is
taken out again, it must be green and git clean. Last, a machine whose arithmetic makes another
model file of the same recipe: that is judged as a new model, is green, and git is clean.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from clone import Clone, expect

BASELINE = "tests/golden/baseline/cpu.csv"
MODEL = "models/biopsy.onnx"
FLIPPED = """    import dataclasses

    import numpy

    wrong = known.malignant.copy()
    some = numpy.random.default_rng({seed}).choice(len(wrong), round(0.05 * len(wrong)), False)
    wrong[some] = ~wrong[some]
    known = dataclasses.replace(known, malignant=wrong)
"""


# An arithmetic that is off in the seventh digit, far more than any real one.
OTHER_ARITHMETIC = """import numpy
exact = numpy.column_stack
numpy.column_stack = lambda columns: exact(columns) * (1 + 1e-6)
"""


@dataclass(frozen=True)
class Fault:
    """Something to break.

    Attributes:
        name: What it is.
        put: Breaks it in a clone.
        says: What golden must say of it.
        trains: Whether the model has to be trained again to have the fault.
    """

    name: str
    put: Callable[[Clone], None]
    says: str
    trains: bool = True


def flip_labels(clone: Clone, seed: int) -> None:
    """Train with 5 % of the labels flipped."""
    digest = "    data = digest.of_file(options.cases)\n"
    clone.replace("scripts/train.py", digest, FLIPPED.format(seed=seed) + digest)


def raise_threshold(clone: Clone) -> None:
    """Raise the threshold just above the score of the malignant case that was found last."""
    found = [row for row in rows(clone.folder / BASELINE) if row["malignant"] == "1"]
    scores = sorted(float(row["score"]) for row in found if row["label"] == "malignant")
    chosen = "choose_threshold(scores, cases.malignant, settings.sensitivity)"
    clone.replace("src/biopsy/training.py", f"= {chosen}", f"= {scores[0] + 1e-6}")


def break_rule(clone: Clone) -> None:
    """Make a larger worst-case radius lower the score of malignancy."""
    weights = (
        "    weights = np.array([rounded(float(w), settings.digits) for w in fitted.weights])\n"
    )
    worst_radius = "    weights[20] = -abs(weights[20])\n"
    clone.replace("src/biopsy/training.py", weights, weights + worst_radius)


def swap_cases(clone: Clone) -> None:
    """Swap the outputs of a benign and a malignant case in the baseline."""
    path = clone.folder / BASELINE
    lines = path.read_text(encoding="utf-8").splitlines()
    one, other = (
        next(i for i, line in enumerate(lines) if f",{label}," in line)
        for label in ("benign", "malignant")
    )
    first, second = lines[one].split(",", 1), lines[other].split(",", 1)
    lines[one], lines[other] = f"{first[0]},{second[1]}", f"{second[0]},{first[1]}"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def replace_model(clone: Clone) -> None:
    """Put another file in the trained model's place."""
    path = clone.folder / MODEL
    path.write_bytes(path.read_bytes() + b"\0")


FAULTS = (
    *(
        Fault(f"5 % of labels flipped, seed {n}", partial(flip_labels, seed=n), "")
        for n in range(3)
    ),
    Fault("threshold misses one more malignant case", raise_threshold, "newly missed cases"),
    Fault("a domain rule is violated", break_rule, "score lost when worst_radius grows"),
    Fault("two cases swapped in the baseline", swap_cases, "the baseline is as accepted", False),
    Fault("another model file", replace_model, "is not the file that 'train' made", False),
)


def main() -> int:
    """Break everything, one thing at a time."""
    with tempfile.TemporaryDirectory(prefix="noxline-gates-") as folder:
        clone = Clone(Path(folder) / "project")
        for stage in ("data", "train", "golden"):
            expect(clone.nox(stage) == 0, f"{stage} is green before anything is broken")
        for fault in FAULTS:
            fault.put(clone)
            if fault.trains:
                expect(clone.nox("train") == 0, f"{fault.name}: trained by its stage")
            code, said = clone.start("golden").wait(), clone.said()
            expect(code == 1 and fault.says in said, f"{fault.name}: golden is red", said)
            clone.restore()
            for stage in ("train", "golden"):
                expect(clone.nox(stage) == 0, f"{fault.name}: {stage} is green again without it")
            expect(not clone.changes(), f"{fault.name}: git is clean again", clone.changes())
        on_another_machine(clone)
    return 0


def on_another_machine(clone: Clone) -> None:
    """Train where the same recipe makes another file."""
    accepted = (clone.folder / MODEL).read_bytes()
    packages = next((clone.folder / ".noxline/envs/dvc/lib").glob("python3.*")) / "site-packages"
    (packages / "sitecustomize.py").write_text(OTHER_ARITHMETIC, encoding="utf-8")
    clone.forget("train")
    expect(clone.nox("train") == 0, "another machine: trained by its stage")
    expect((clone.folder / MODEL).read_bytes() != accepted, "another machine: another model file")
    code, said = clone.start("golden").wait(), clone.said()
    expect(code == 0 and "a new model" in said, "another machine: judged as new, green", said)
    expect(not clone.changes(), "another machine: git is clean", clone.changes())


def rows(baseline: Path) -> list[dict[str, str]]:
    """The accepted cases."""
    lines = baseline.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


if __name__ == "__main__":
    sys.exit(main())
