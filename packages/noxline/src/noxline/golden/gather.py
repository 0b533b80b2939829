"""Everything a judgement needs, read and asked for once."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..digest import of_file
from ..errors import NoxlineError
from .baseline import Baseline, read_baseline
from .cases import read_cases
from .fixture import Predict
from .gates import Evidence
from .settings import Settings


def gather(root: Path, settings: Settings, predict: Predict, accelerator: str) -> Evidence:
    """Read the cases and the baseline and ask the model, once.

    Raises:
        NoxlineError: The golden set cannot be judged with. A baseline that cannot be read is not
            raised: it is a red gate, and the rest is still shown.
    """
    cases = read_cases(root, settings)
    baseline: Baseline | str
    try:
        baseline = read_baseline(root / settings.baseline / f"{accelerator}.csv", accelerator)
    except NoxlineError as error:
        baseline = str(error)
    return Evidence(
        settings=settings,
        cases=cases,
        model=of_file(root / settings.model),
        outputs={name: np.asarray(values) for name, values in predict(cases.features).items()},
        baseline=baseline,
    )
