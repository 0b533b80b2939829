from __future__ import annotations

import json
from typing import Any

import numpy as np

from biopsy.cases import Cases
from biopsy.features import NAMES
from biopsy.reference import BINS, reference


def test_every_case_falls_into_a_bin_of_every_feature(some: Cases) -> None:
    """The counts are those of the training cases, about as many in each bin."""
    document: Any = json.loads(json.dumps(reference(some, "ab")))

    assert list(document["features"]) == list(NAMES)
    assert (document["train_sha256"], document["cases"]) == ("ab", 40)
    for histogram in document["features"].values():
        assert sum(histogram["counts"]) == 40
        assert len(histogram["counts"]) == len(histogram["edges"]) + 1
        assert histogram["edges"] == sorted(set(histogram["edges"]))
    assert len(document["features"]["mean_radius"]["counts"]) == BINS


def test_equal_values_make_no_empty_bin(some: Cases) -> None:
    """A feature that is always the same has one edge, and all cases are above it."""
    same = Cases(some.ids, np.full_like(some.features, 2.0), some.malignant)
    document: Any = reference(same, "ab")

    assert document["features"]["mean_radius"] == {"edges": [2.0], "counts": [0, 40]}
