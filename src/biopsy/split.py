"""Which side of the split a case is on: decided by the case alone, so it never changes sides."""

from __future__ import annotations

import hashlib

import numpy as np
from noxline.errors import NoxlineError

from .cases import Cases, Floats, fingerprint, to_csv
from .params import Split

SIDES = ("train", "test", "golden")


def positions(features: Floats, salt: str) -> Floats:
    """Where each case falls in [0, 1): [N] float64, from the hash of its own features.

    Args:
        features: [N, 30].
        salt: Another one gives another, independent draw.
    """
    return np.array([_position(f"{salt}:{fingerprint(row)}") for row in features])


def _position(text: str) -> float:
    # 53 bits, what a float holds exactly; 64 would round the last ones up to 1.0.
    return float((int(hashlib.sha256(text.encode()).hexdigest()[:16], 16) >> 11) / 2**53)


def split(cases: Cases, settings: Split) -> dict[str, Cases]:
    """The cases of each side, sorted by id so that their order in the source doesn't matter.

    Raises:
        NoxlineError: A side's share of malignant cases is too far from that of all.
    """
    at = positions(cases.features, settings.salt)
    test_ends = settings.train + settings.test
    chosen = (at < settings.train, (at >= settings.train) & (at < test_ends), at >= test_ends)
    sides = {name: _sorted(cases.where(mask)) for name, mask in zip(SIDES, chosen, strict=True)}
    for name, side in sides.items():
        _check_stratified(name, side, cases, settings.tolerance)
    return sides


def _sorted(cases: Cases) -> Cases:
    order = sorted(range(len(cases)), key=lambda i: cases.ids[i])
    ids = tuple(cases.ids[i] for i in order)
    return Cases(ids, cases.features[order], cases.malignant[order])


def _check_stratified(name: str, side: Cases, whole: Cases, tolerance: float) -> None:
    share = float(side.malignant.mean()) if len(side) else float("nan")
    overall = float(whole.malignant.mean())
    if not abs(share - overall) <= tolerance:
        raise NoxlineError(
            f"params.yaml: split: the {name} side isn't stratified",
            found=f"{share:.1%} of its {len(side)} cases are malignant",
            expected=f"{overall:.1%}, as of all {len(whole)}, within {tolerance:.1%}",
            fix="choose another split.salt, or raise split.tolerance",
        )


def check_frozen(golden: Cases, digest: str) -> None:
    """Refuse a golden set that isn't the one declared in split.golden.

    Raises:
        NoxlineError: The data, the salt or the shares make another golden set.
    """
    found = hashlib.sha256(to_csv(golden).encode()).hexdigest()
    if found != digest:
        raise NoxlineError(
            "params.yaml: split.golden: these data and this split make another golden set",
            found=f"{found} ({len(golden)} cases)",
            expected=digest,
            fix="put ingest and split back as they were; or, if a new golden set is meant,\n"
            f'write golden: "{found}" and accept a new baseline',
        )
