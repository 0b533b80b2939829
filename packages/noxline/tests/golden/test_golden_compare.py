from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from noxline.golden.compare import compare, shape_problem
from noxline.golden.settings import Tolerance

ONE = np.array([1.0, -2.0, 0.0])


def test_equal_arrays_do_not_differ() -> None:
    """What is the same is equal even without any tolerance."""
    assert not compare(ONE, ONE.copy(), Tolerance()).differs.any()


@pytest.mark.parametrize("row", [0, 1, 2])
def test_each_single_case_that_moves_differs(row: int) -> None:
    """One case beyond its tolerance is found, and only that one."""
    moved = ONE.copy()
    moved[row] += 1e-3
    differs = compare(ONE, moved, Tolerance(abs=1e-4)).differs
    assert list(np.flatnonzero(differs)) == [row]


def test_a_fall_differs_as_much_as_a_rise() -> None:
    """The difference has no sign."""
    assert compare(ONE, ONE - 1e-3, Tolerance(abs=1e-4)).differs.all()


def test_the_tolerance_itself_is_still_equal() -> None:
    """The limit is inclusive, and one step beyond it is not."""
    limit = Tolerance(abs=0.25)
    assert not compare(ONE, ONE + 0.25, limit).differs.any()
    assert compare(ONE, ONE + np.nextafter(0.25, 1), limit).differs[2]


def test_relative_is_of_the_baseline() -> None:
    """A relative tolerance grows with the accepted value's size, not with what came out."""
    result = compare(np.array([100.0, -100.0, 0.0]), np.array([101.0, -101.0, 1e-9]),
                     Tolerance(rel=0.01))  # fmt: skip
    assert list(result.differs) == [False, False, True]
    assert list(result.allowed) == [1.0, 1.0, 0.0]


def test_absolute_and_relative_add_up() -> None:
    """Both tolerances together are their sum, as numpy's allclose has it."""
    result = compare(np.array([10.0]), np.array([11.5]), Tolerance(abs=0.5, rel=0.1))
    assert not result.differs[0]
    assert result.allowed[0] == 1.5


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_never_equal(value: float) -> None:
    """NaN and infinity differ whatever the tolerance."""
    moved = ONE.copy()
    moved[1] = value
    assert list(compare(ONE, moved, Tolerance(abs=1e300)).differs) == [False, True, False]


def test_decisions_are_exact() -> None:
    """A decision that flips differs."""
    result = compare(np.array([True, False]), np.array([True, True]), Tolerance())
    assert list(result.differs) == [False, True]


@pytest.mark.parametrize(
    ("actual", "says"),
    [
        (np.zeros((3, 1)), "score: wrong shape (3, 1), expected (3,)"),
        (np.zeros(2), "score: wrong shape (2,), expected (3,)"),
        (np.zeros(3, np.float32), "score: wrong dtype float32, expected float64"),
        (np.zeros(3), None),
    ],
)
def test_form_is_checked_before_values(actual: NDArray[Any], says: str | None) -> None:
    """A wrong shape and a wrong dtype have their own words."""
    assert shape_problem("score", {"score": actual}, ONE) == says


def test_an_absent_output_is_named() -> None:
    """An output that the model doesn't give is named with those it does."""
    says = "score: the model gives no such output, only logit"
    assert shape_problem("score", {"logit": ONE}, ONE) == says
