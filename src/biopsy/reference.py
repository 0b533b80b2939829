"""What each feature looked like in training, kept with the model so that drift can be seen."""

from __future__ import annotations

import numpy as np

from .cases import Cases, Floats
from .features import NAMES
from .training import rounded

#: Bins a feature: tenths of the training cases, the usual choice for a population stability index.
BINS = 10


def reference(cases: Cases, digest: str) -> dict[str, object]:
    """The histogram of each feature over the training cases, as a JSON document.

    `edges` are the BINS - 1 inner edges: the first and last bins are open, so that every value
    there can be falls into one. A value on an edge belongs to the bin above it.

    Args:
        cases: The training cases.
        digest: The SHA-256 of the file they came from.
    """
    histograms = {name: _histogram(cases.features[:, column]) for column, name in enumerate(NAMES)}
    return {"train_sha256": digest, "cases": len(cases), "features": histograms}


def _histogram(values: Floats) -> dict[str, object]:
    quantiles = np.quantile(values, np.arange(1, BINS) / BINS)
    # Many equal values (a concavity of 0) would make the same edge twice.
    edges = sorted({rounded(float(edge), 6) for edge in quantiles})
    bins = np.searchsorted(edges, values, side="right")
    return {"edges": edges, "counts": np.bincount(bins, minlength=len(edges) + 1).tolist()}
