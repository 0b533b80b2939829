"""What [tool.noxline.golden] in pyproject.toml asks of the model."""

from noxline.golden.fixture import Golden


def test_the_baseline_is_whole_and_of_these_cases(golden: Golden) -> None:
    """There is an accepted baseline, nobody edited it, and it is of this golden set."""
    golden.require("baseline")


def test_the_model_agrees_with_what_was_accepted(golden: Golden) -> None:
    """The accepted model gives the same outputs; a new one is no worse and misses no new case."""
    golden.require("comparison")


def test_metrics_keep_their_limits(golden: Golden) -> None:
    """Sensitivity, specificity, log loss and Brier score are each inside their declared limit."""
    golden.require("floor")


def test_named_cases_are_right(golden: Golden) -> None:
    """The malignant cases that no model may miss are not missed."""
    golden.require("must_pass")
