"""What is measured of a case: the features in their one order, their units, their allowed ranges.

Source: W. N. Street, W. H. Wolberg, O. L. Mangasarian, "Nuclear feature extraction for breast
tumor diagnosis" (1993); the data set's own documentation ships with scikit-learn.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Feature:
    """One column of a case.

    Attributes:
        name: The column's name.
        unit: What one of it is. The data set's documentation gives lengths no physical scale,
            so theirs is "length": the unit of the digitised image. "1" has no dimension.
        high: The largest believable value; the smallest of every feature is 0. About twice or
            more what was ever measured: it catches a swapped column or another unit, not a rare
            case.
    """

    name: str
    unit: str
    high: float


_MEASURED = (
    ("radius", "length", 100.0),
    ("texture", "grey level", 100.0),
    ("perimeter", "length", 1_000.0),
    ("area", "length^2", 10_000.0),
    ("smoothness", "1", 1.0),
    ("compactness", "1", 5.0),
    ("concavity", "1", 5.0),
    ("concave_points", "1", 1.0),
    ("symmetry", "1", 1.0),
    ("fractal_dimension", "1", 1.0),
)

#: The mean over a case's nuclei, its standard error, and the mean of the three largest.
FEATURES = (
    *(Feature(f"mean_{name}", unit, high) for name, unit, high in _MEASURED),
    *(Feature(f"{name}_error", unit, high) for name, unit, high in _MEASURED),
    *(Feature(f"worst_{name}", unit, high) for name, unit, high in _MEASURED),
)
NAMES = tuple(feature.name for feature in FEATURES)

CASE = "case"
DIAGNOSIS = "diagnosis"
POSITIVE = "malignant"
LABELS = ("benign", POSITIVE)
COLUMNS = (CASE, *NAMES, DIAGNOSIS)
