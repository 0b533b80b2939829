from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from noxline import digest
from noxline.errors import NoxlineError

from biopsy import split
from biopsy.cases import Cases, to_csv
from biopsy.params import Params, Split

LOOSE = Split(salt="any", train=0.6, test=0.2, tolerance=0.2, golden="0" * 64)


def _tables(most: int) -> st.SearchStrategy[np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    shapes = st.tuples(st.integers(1, most), st.just(30))
    return arrays(np.float64, shapes, elements=st.floats(0, 1))


@given(old=_tables(6), new=_tables(6), salt=st.text(max_size=5))
def test_a_case_never_changes_sides(old: np.ndarray, new: np.ndarray, salt: str) -> None:
    """Where a case falls is the same alone and among any others, in any order."""
    together = split.positions(np.vstack([new, old]), salt)

    assert split.positions(old, salt).tolist() == together[len(new) :].tolist()
    assert ((together >= 0) & (together < 1)).all()


def test_every_case_is_on_one_side(some: Cases) -> None:
    """The sides are disjoint and complete, and sorted whatever the order was."""
    sides = split.split(some, dataclasses.replace(LOOSE, tolerance=1.0))
    backwards = Cases(some.ids[::-1], some.features[::-1], some.malignant[::-1])
    again = split.split(backwards, dataclasses.replace(LOOSE, tolerance=1.0))

    assert sorted(some.ids) == sorted(name for side in sides.values() for name in side.ids)
    assert [to_csv(side) for side in sides.values()] == [to_csv(side) for side in again.values()]
    assert all(list(side.ids) == sorted(side.ids) for side in sides.values())


def test_shares_come_out_as_declared() -> None:
    """Of many cases, about 60, 20 and 20 in a hundred fall on the three sides."""
    at = split.positions(np.arange(30 * 3000, dtype=np.float64).reshape(3000, 30), "salt")

    shares = np.array([0.2, 0.6, 0.8])
    assert np.abs(np.quantile(at, shares) - shares).max() < 0.03


def test_a_lopsided_side_is_refused(some: Cases) -> None:
    """A side whose share of malignant cases is off by more than the tolerance stops the split."""
    with pytest.raises(NoxlineError, match="side isn't stratified") as caught:
        split.split(some, dataclasses.replace(LOOSE, tolerance=0.001))

    assert caught.value.expected == "50.0%, as of all 40, within 0.1%"


def test_an_empty_side_is_refused(some: Cases) -> None:
    """Two cases can't fill three sides, and no share is within any tolerance of nothing's."""
    two = some.where(np.arange(len(some)) < 2)

    with pytest.raises(NoxlineError, match="side isn't stratified"):
        split.split(two, LOOSE)


def test_another_golden_set_is_refused(some: Cases, settings: Params) -> None:
    """The golden set is the declared one; the error gives the digest to declare otherwise."""
    found = digest.of_bytes(to_csv(some).encode())
    split.check_frozen(some, found)

    with pytest.raises(NoxlineError, match="make another golden set") as caught:
        split.check_frozen(some, settings.split.golden)
    assert f'golden: "{found}"' in caught.value.fix
