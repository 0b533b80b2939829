import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from noxline.golden.baseline import ACCEPT, Baseline, dump, parse
from noxline.golden.gates import Evidence, Gate, measured, rule_gate
from noxline.golden.judge import Judgement, judge
from noxline.golden.metrics import METRICS, Calls
from noxline.golden.settings import MetricGate, RuleLimit, Tolerance

NEW = "b" * 64


def failed(judgement: Judgement) -> list[str]:
    """The names of the red gates."""
    return [gate.name for gate in judgement.gates if not gate.passed]


def gate(judgement: Judgement, name: str) -> Gate:
    """The gate of that name."""
    (found,) = (gate for gate in judgement.gates if gate.name == name)
    return found


def test_the_same_outputs_pass(evidence: Evidence) -> None:
    """The accepted model, run again, is green and in the reproduction lane."""
    judgement = judge(evidence)
    assert (judgement.lane, failed(judgement)) == ("reproduction", [])
    assert gate(judgement, "score is reproduced").value == 0


def test_one_moved_score_is_red(scored: Callable[..., Evidence]) -> None:
    """One case that moves beyond its tolerance fails, with its name and by how much."""
    judgement = judge(scored(case04=0.2))
    assert failed(judgement) == ["score is reproduced"]
    found = gate(judgement, "score is reproduced")
    assert found.says == "1 of 12 cases differ, most case04"
    assert found.margin is not None
    assert found.margin < 0


def test_one_flipped_decision_is_red(evidence: Evidence) -> None:
    """A decision has no tolerance."""
    outputs = {**evidence.outputs, "ill": evidence.outputs["score"] > 0.75}
    judgement = judge(dataclasses.replace(evidence, outputs=outputs))
    assert "ill is reproduced" in failed(judgement)


def test_the_worst_case_is_the_one_farthest_beyond_its_tolerance(
    scored: Callable[..., Evidence],
) -> None:
    """A large score that moves much inside its relative tolerance is not the worst case."""
    moved = scored(case11=0.95, case00=0.05)
    relative = {**moved.settings.outputs, "score": Tolerance(rel=0.1)}
    settings = dataclasses.replace(moved.settings, outputs=relative)
    judgement = judge(dataclasses.replace(moved, settings=settings))
    assert gate(judgement, "score is reproduced").says == "1 of 12 cases differ, most case00"


def test_a_score_within_tolerance_is_green(scored: Callable[..., Evidence]) -> None:
    """What moves less than the tolerance is reproduced."""
    assert failed(judge(scored(case00=0.02 + 5e-7))) == []


def test_two_swapped_cases_are_red(evidence: Evidence, baseline: Baseline) -> None:
    """Two cases that trade outputs are red by comparison even if someone redid the checksum."""
    score = baseline.outputs["score"].copy()
    score[[0, 2]] = score[[2, 0]]
    forged = dataclasses.replace(baseline, outputs={**baseline.outputs, "score": score})
    again = parse(dump(forged), Path("cpu.csv"), "cpu")
    assert again.flaws == ()
    assert failed(judge(dataclasses.replace(evidence, baseline=again))) == ["score is reproduced"]


def test_a_new_model_that_is_as_good_is_green(scored: Callable[..., Evidence]) -> None:
    """Another digest with almost the same outputs is judged as a new model and passes."""
    judgement = judge(scored(NEW, case04=0.12))
    assert (judgement.lane, failed(judgement)) == ("non-inferiority", [])


def test_one_newly_missed_positive_case_is_red(scored: Callable[..., Evidence]) -> None:
    """A positive case that the accepted model found must be found, whatever the mean says."""
    judgement = judge(scored(NEW, case05=0.45))
    assert failed(judgement) == ["sensitivity against the accepted", "newly missed cases"]
    assert gate(judgement, "newly missed cases").says == "case05"


def test_a_case_that_was_missed_before_is_not_newly_missed(
    scored: Callable[..., Evidence], baseline: Baseline
) -> None:
    """What the accepted model missed too, or called positive by mistake, is not counted."""
    called = baseline.outputs["ill"].copy()
    called[[0, 5]] = [True, False]
    before = dataclasses.replace(baseline, outputs={**baseline.outputs, "ill": called})
    judgement = judge(dataclasses.replace(scored(NEW, case05=0.45), baseline=before))
    assert gate(judgement, "newly missed cases").value == 0


def test_a_trade_of_one_missed_for_another_is_red(
    scored: Callable[..., Evidence], baseline: Baseline
) -> None:
    """Equal sensitivity with another case missed is still a newly missed case."""
    score = baseline.outputs["score"].copy()
    score[3] = 0.4
    before = dataclasses.replace(baseline, outputs={"score": score, "ill": score > 0.5})
    judgement = judge(dataclasses.replace(scored(NEW, case05=0.4), baseline=before))
    assert failed(judgement) == ["newly missed cases"]


def test_worse_calibration_is_red(scored: Callable[..., Evidence]) -> None:
    """A model that is as right and less sure loses log loss against its margin."""
    doubtful = {f"case{row:02}": 0.55 if row % 2 else 0.45 for row in range(12)}
    assert failed(judge(scored(NEW, **doubtful))) == ["log_loss against the accepted"]


def test_specificity_has_its_margin(scored: Callable[..., Evidence]) -> None:
    """One false alarm of six is more than a margin of 0.1, and less than one of 0.2."""
    alarmed = scored(NEW, case00=0.51)
    assert failed(judge(alarmed)) == ["specificity against the accepted"]
    gates = dict(alarmed.settings.gates)
    gates["specificity"] = dataclasses.replace(gates["specificity"], margin=0.2)
    gates["log_loss"] = dataclasses.replace(gates["log_loss"], margin=1.0)
    wider = dataclasses.replace(alarmed.settings, gates=gates)
    assert failed(judge(dataclasses.replace(alarmed, settings=wider))) == []


def test_floors_hold_in_the_reproduction_lane_too(evidence: Evidence) -> None:
    """A bad model doesn't become good by having been accepted."""
    gates = {**evidence.settings.gates, "sensitivity": dataclasses.replace(
        evidence.settings.gates["sensitivity"], limit=1.01)}  # fmt: skip
    strict = dataclasses.replace(evidence.settings, gates=gates)
    assert failed(judge(dataclasses.replace(evidence, settings=strict))) == ["sensitivity"]


def test_a_must_pass_case_that_fails_is_red(scored: Callable[..., Evidence]) -> None:
    """A named case that is missed is red by name."""
    assert "must pass: case01" in failed(judge(scored(NEW, case01=0.3)))


def test_a_must_pass_case_that_is_not_there_is_red(evidence: Evidence) -> None:
    """A named case that the golden set lost cannot pass."""
    named = dataclasses.replace(evidence.settings, must_pass=("case99",))
    judgement = judge(dataclasses.replace(evidence, settings=named))
    assert failed(judgement) == ["must pass: case99"]
    assert gate(judgement, "must pass: case99").says == "no such case in the golden set"


def test_no_baseline_compares_nothing_and_is_red(evidence: Evidence) -> None:
    """Without a baseline there is no lane, and that is a failure."""
    judgement = judge(dataclasses.replace(evidence, baseline="cpu.csv: none was accepted"))
    assert judgement.lane == "none"
    assert failed(judgement) == ["the baseline can be read", "nothing was compared"]


def test_a_baseline_of_other_cases_names_them(evidence: Evidence, baseline: Baseline) -> None:
    """Missing and surplus cases are named, and nothing is compared."""
    other = dataclasses.replace(baseline, ids=("case99", *baseline.ids[1:]))
    judgement = judge(dataclasses.replace(evidence, baseline=other))
    says = [gate.says for gate in judgement.gates if not gate.passed]
    assert all(f"accept anew: {ACCEPT}" in said for said in says[:2])
    assert [said.splitlines()[0] for said in says] == [
        "has no row for 1 cases: case00",
        "has 1 cases too many: case99",
        "the baseline is of other cases",
    ]


def test_a_doubled_case_compares_nothing(evidence: Evidence, baseline: Baseline) -> None:
    """A case that stands twice leaves no way to tell which row is meant."""
    doubled = dataclasses.replace(baseline, ids=(*baseline.ids[:-1], "case00"), flaws=("twice",))
    assert judge(dataclasses.replace(evidence, baseline=doubled)).lane == "none"


def test_the_same_ids_with_other_values_are_other_cases(
    evidence: Evidence, baseline: Baseline
) -> None:
    """A golden set whose measurements changed is not the one that was accepted on."""
    other = dataclasses.replace(baseline, cases="d" * 64)
    judgement = judge(dataclasses.replace(evidence, baseline=other))
    assert failed(judgement) == ["the baseline is as accepted"]


def test_another_class_in_the_baseline_is_red(evidence: Evidence, baseline: Baseline) -> None:
    """The baseline's classes are those of the golden set."""
    other = dataclasses.replace(baseline, labels=("ill", *baseline.labels[1:]))
    judgement = judge(dataclasses.replace(evidence, baseline=other))
    said, fix = gate(judgement, "the baseline is as accepted").says.splitlines()
    assert said == "gives another class for case00"
    assert ACCEPT in fix


def test_a_flaw_of_the_file_is_red_though_all_numbers_agree(
    evidence: Evidence, baseline: Baseline
) -> None:
    """A baseline that was edited is red, and the comparison is still shown."""
    flawed = dataclasses.replace(baseline, flaws=("edited by hand",))
    judgement = judge(dataclasses.replace(evidence, baseline=flawed))
    assert failed(judgement) == ["the baseline is as accepted"]
    assert gate(judgement, "score is reproduced").passed


BROKEN = [
    ({"score": np.full(12, np.nan)}, "score: not finite in 12 of 12 cases"),
    ({"score": np.array([np.inf] + [0.5] * 11)}, "score: not finite in 1 of 12 cases"),
    ({"score": np.zeros((12, 1))}, "score: wrong shape (12, 1), expected (12,)"),
    ({"score": np.zeros(11)}, "score: wrong shape (11,), expected (12,)"),
    ({"score": np.array(["0.5"] * 12)}, "score: wrong dtype <U3, expected a number or bool"),
    ({"ill": np.zeros(12, np.int64)}, "ill: a decision is bool, not int64"),
    ({"logit": np.zeros(12)}, "logit: an output that no tolerance is declared for"),
]


@pytest.mark.parametrize(("change", "says"), BROKEN)
def test_outputs_that_cannot_be_judged_are_red(
    evidence: Evidence, change: dict[str, NDArray[Any]], says: str
) -> None:
    """Outputs of a wrong form are red in their own words and nothing else is judged."""
    judgement = judge(dataclasses.replace(evidence, outputs={**evidence.outputs, **change}))
    assert judgement.lane == "broken"
    assert [(gate.passed, gate.says) for gate in judgement.gates] == [(False, says)]


def test_a_missing_output_is_red(evidence: Evidence) -> None:
    """A model without a declared output is named so."""
    judgement = judge(dataclasses.replace(evidence, outputs={"score": evidence.outputs["score"]}))
    assert judgement.gates[0].says == "ill: the model gives no such output, only score"


def test_another_dtype_than_accepted_is_red(evidence: Evidence) -> None:
    """The same model in another precision is not reproduced."""
    outputs = {**evidence.outputs, "score": evidence.outputs["score"].astype(np.float64)}
    judgement = judge(dataclasses.replace(evidence, outputs=outputs))
    says = "score: wrong dtype float64, expected float32"
    assert failed(judgement) == ["score is reproduced"]
    assert gate(judgement, "score is reproduced").says == says


def test_an_output_that_the_baseline_lacks_is_red(evidence: Evidence, baseline: Baseline) -> None:
    """A baseline of fewer outputs does not reproduce the rest, in either lane."""
    fewer = dataclasses.replace(baseline, outputs={"score": baseline.outputs["score"]})
    same = dataclasses.replace(evidence, baseline=fewer)
    assert failed(judge(same)) == ["ill is reproduced"]
    assert failed(judge(dataclasses.replace(same, model=NEW))) == ["nothing was compared"]


def test_a_metric_without_its_class_is_red(evidence: Evidence) -> None:
    """Sensitivity without one positive case is undefined, and undefined never passes."""
    cases = dataclasses.replace(evidence.cases, positive=np.zeros(12, dtype=bool))
    alone = dataclasses.replace(evidence, cases=cases, model=NEW)
    judgement = judge(alone)
    assert {"sensitivity", "sensitivity against the accepted"} <= set(failed(judgement))
    assert gate(judgement, "sensitivity").says == "undefined on these cases"
    said, fix = gate(judgement, "sensitivity against the accepted").says.splitlines()
    assert said == "undefined for the baseline"
    assert ACCEPT in fix


def test_cases_come_worst_first(scored: Callable[..., Evidence]) -> None:
    """Newly missed before newly wrong before the most different."""
    rows = judge(scored(NEW, case05=0.4, case00=0.9, case07=0.6)).rows
    assert [row.case for row in rows[:3]] == ["case05", "case00", "case07"]
    assert [row.status for row in rows[:3]] == ["newly missed", "newly a false alarm", ""]


def test_what_was_wrong_before_is_told_apart(
    scored: Callable[..., Evidence], baseline: Baseline
) -> None:
    """A case is wrong as before, or newly right."""
    wrong = np.where(np.arange(12) < 4, ~baseline.outputs["ill"], baseline.outputs["ill"])
    before = dataclasses.replace(baseline, outputs={**baseline.outputs, "ill": wrong})
    rows = judge(dataclasses.replace(scored(NEW, case03=0.4), baseline=before)).rows
    status = {row.case: row.status for row in rows}
    assert (status["case03"], status["case00"], status["case09"]) == ("missed", "newly right", "")


@pytest.mark.parametrize(
    ("value", "at_most", "passed"),
    [(0.5, True, True), (0.6, True, False), (0.5, False, True), (0.4, False, False)],
)
def test_a_limit_is_inclusive_and_has_a_side(value: float, at_most: bool, passed: bool) -> None:
    """The limit itself passes; one side of it does, the other does not."""
    found = measured("rule", "x", value, 0.5, at_most=at_most)
    assert found.passed == passed
    assert found.margin == pytest.approx(-0.1 if not passed else 0.0)


def test_a_value_that_is_not_a_number_fails_either_way() -> None:
    """A rule that measured NaN has not passed."""
    for limit in (RuleLimit(at_most=1.0), RuleLimit(at_least=-1.0)):
        assert not rule_gate("x", math.nan, limit).passed


def test_a_rule_with_a_floor_of_zero_holds() -> None:
    """A limit of zero is a limit."""
    assert rule_gate("x", 0.0, RuleLimit(at_least=0.0)).passed
    assert not rule_gate("x", -1e-9, RuleLimit(at_least=0.0)).passed
    assert not rule_gate("x", 1e-9, RuleLimit(at_most=0.0)).passed
    assert not rule_gate("x", 0.4, RuleLimit(at_least=0.5)).passed


def test_metrics_are_what_their_definitions_say() -> None:
    """Four cases worked out by hand."""
    calls = Calls(
        positive=np.array([True, True, False, False]),
        score=np.array([0.9, 0.4, 0.2, 0.5]),
        decision=np.array([True, False, False, True]),
    )
    values = {name: metric.measure(calls) for name, metric in METRICS.items()}
    loss = -(math.log(0.9) + math.log(0.4) + math.log(0.8) + math.log(0.5)) / 4
    assert values == {
        "sensitivity": 0.5,
        "specificity": 0.5,
        "log_loss": pytest.approx(loss),
        "brier": pytest.approx((0.01 + 0.36 + 0.04 + 0.25) / 4),
    }


def test_scores_that_are_no_probabilities_have_no_loss() -> None:
    """A score of 1.2 has no likelihood; that gate is then undefined and red."""
    calls = Calls(np.array([True]), np.array([1.2]), np.array([True]))
    assert METRICS["log_loss"].measure(calls) is None
    assert METRICS["brier"].measure(calls) is None
    assert METRICS["specificity"].measure(calls) is None


def test_a_certain_mistake_costs_much_and_not_infinitely() -> None:
    """A score of exactly 0 for a positive case is clipped."""
    calls = Calls(np.array([True]), np.array([0.0]), np.array([False]))
    assert METRICS["log_loss"].measure(calls) == pytest.approx(-math.log(1e-7))


def test_a_certain_truth_costs_nothing() -> None:
    """Scores of exactly 0 and 1 are probabilities."""
    calls = Calls(np.array([True, False]), np.array([1.0, 0.0]), np.array([True, False]))
    assert METRICS["log_loss"].measure(calls) == 0
    assert METRICS["brier"].measure(calls) == 0


@pytest.mark.parametrize(
    ("name", "limit"),
    [("sensitivity", 1.01), ("specificity", 1.01), ("log_loss", 0.0), ("brier", 0.0)],
)
def test_each_metric_has_its_good_direction(evidence: Evidence, name: str, limit: float) -> None:
    """A floor is below the value and a ceiling above it, for each metric by itself."""
    gates = {**evidence.settings.gates, name: MetricGate(limit)}
    settings = dataclasses.replace(evidence.settings, gates=gates)
    assert failed(judge(dataclasses.replace(evidence, settings=settings))) == [name]


def test_a_declared_number_of_cases_may_be_newly_missed(scored: Callable[..., Evidence]) -> None:
    """Where one newly missed case is declared to be allowed, one passes and two do not."""
    for missed, count in ({"case05": 0.45}, 1), ({"case05": 0.45, "case07": 0.45}, 2):
        found = scored(NEW, **missed)
        allowed = dataclasses.replace(found.settings, newly_missed=1)
        judgement = judge(dataclasses.replace(found, settings=allowed))
        assert gate(judgement, "newly missed cases").value == count
        assert gate(judgement, "newly missed cases").passed == (count == 1)


def test_the_tolerance_of_each_output_is_its_own(evidence: Evidence) -> None:
    """A wide tolerance for the score lets a moved score pass."""
    wide = {**evidence.settings.outputs, "score": Tolerance(abs=0.5)}
    settings = dataclasses.replace(evidence.settings, outputs=wide)
    outputs = {**evidence.outputs, "score": evidence.outputs["score"] - np.float32(0.01)}
    moved = dataclasses.replace(evidence, settings=settings, outputs=outputs)
    assert failed(judge(moved)) == []
