"""What is true of biopsies whatever the model: each limit is declared in pyproject.toml."""

import numpy as np
from noxline.golden.fixture import Golden

GROWTH = (1.0, 2.0, 5.0)  # mm; the golden cases' own standard deviation is 5
NOISE = 0.01  # of each measurement, one standard deviation
SEEDS = 20


def test_a_larger_worst_radius_is_no_safer(golden: Golden) -> None:
    """A larger worst-case radius, all else equal, hardly lowers the score of any case."""
    cases, score = golden.evidence.cases, golden.evidence.outputs["score"]
    radius = cases.names.index("worst_radius")
    falls = []
    for growth in GROWTH:
        larger = cases.features.copy()
        larger[:, radius] += growth
        falls.append(score - golden.predict(larger)["score"])
    step, case = divmod(int(np.argmax(falls)), len(cases.ids))
    says = f"case {cases.ids[case]} grown by {GROWTH[step]:g} mm"
    golden.rule("score lost when worst_radius grows", np.max(falls), says)


def test_measurement_noise_flips_few_decisions(golden: Golden) -> None:
    """Noise of 1 % on every measurement flips few decisions, whichever way it falls."""
    decision = golden.evidence.outputs["malignant"]
    flips = [float((noisy(golden, seed)["malignant"] != decision).mean()) for seed in range(SEEDS)]
    golden.rule("decisions flipped by 1 % noise", max(flips), f"the worst of {SEEDS} draws")


def test_measurement_noise_moves_scores_little(golden: Golden) -> None:
    """Noise of 1 % on every measurement moves no case's score far."""
    score = golden.evidence.outputs["score"]
    moved = [float(np.abs(noisy(golden, seed)["score"] - score).max()) for seed in range(SEEDS)]
    golden.rule("score moved by 1 % noise", max(moved), f"the worst case of {SEEDS} draws")


def noisy(golden: Golden, seed: int) -> dict[str, np.ndarray]:
    """The outputs for the golden cases as another measurement might have had them."""
    features = golden.evidence.cases.features
    noise = np.random.default_rng(seed).normal(0.0, NOISE, features.shape)
    return dict(golden.predict(features * (1.0 + noise)))
