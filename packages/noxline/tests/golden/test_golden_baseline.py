from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from noxline.errors import NoxlineError
from noxline.golden.baseline import Baseline, dump, parse, read_baseline

PATH = Path("cpu.csv")


def read(text: str) -> Baseline:
    """The baseline in a text."""
    return parse(text, PATH, "cpu")


def swapped_rows(text: str, first: int, second: int) -> str:
    """The text with two lines exchanged."""
    lines = text.splitlines()
    lines[first], lines[second] = lines[second], lines[first]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_numbers_come_back_with_the_same_bits(baseline: Baseline, dtype: Any) -> None:
    """A baseline keeps every bit of every score in its own dtype."""
    scores: NDArray[Any] = np.random.default_rng(1).random(12).astype(dtype)
    made = Baseline(
        **{
            **{name: getattr(baseline, name) for name in baseline.__dataclass_fields__},
            "outputs": {"score": scores, "count": np.arange(12), "ill": scores > 0.5},
        }
    )
    again = read(dump(made))
    assert [again.outputs[name].dtype for name in ("score", "count")] == [dtype, np.dtype("int64")]
    np.testing.assert_array_equal(again.outputs["score"], scores)
    np.testing.assert_array_equal(again.outputs["ill"], scores > 0.5)
    assert again.flaws == ()


def test_the_file_is_sorted_whatever_the_order_of_the_cases(baseline: Baseline) -> None:
    """Two runs over differently ordered cases give the same file."""
    order = np.arange(12)[::-1]
    turned = Baseline(
        **{
            **{name: getattr(baseline, name) for name in baseline.__dataclass_fields__},
            "ids": tuple(baseline.ids[row] for row in order),
            "labels": tuple(baseline.labels[row] for row in order),
            "outputs": {name: values[order] for name, values in baseline.outputs.items()},
        }
    )
    assert dump(turned) == dump(baseline)


def test_take_gives_the_outputs_in_the_order_asked_for(baseline: Baseline) -> None:
    """Outputs follow the cases and not the file's order."""
    ids = baseline.ids[::-1]
    np.testing.assert_array_equal(baseline.take(ids)["score"], baseline.outputs["score"][::-1])


def test_a_reason_of_many_lines_stays_on_one(baseline: Baseline) -> None:
    """What a person wrote cannot break the header."""
    made = Baseline(
        **{
            **{name: getattr(baseline, name) for name in baseline.__dataclass_fields__},
            "why": "first\n# model: x\r\nsecond",
        }
    )
    assert read(dump(made)).why == "first # model: x second"


def test_windows_line_ends_change_nothing(baseline: Baseline) -> None:
    """A checkout that turns line ends is the same baseline."""
    assert read(dump(baseline).replace("\n", "\r\n")).flaws == ()


def test_two_swapped_rows_are_seen(baseline: Baseline) -> None:
    """Rows in another order are named, and so is the edit."""
    flaws = read(swapped_rows(dump(baseline), -1, -2)).flaws
    assert any("checksum" in flaw for flaw in flaws)
    assert any("reordered" in flaw and "case11" in flaw for flaw in flaws)


def test_two_swapped_scores_are_seen(baseline: Baseline) -> None:
    """Two cases that trade their values keep the order and lose the checksum."""
    text = dump(baseline)
    first, second = text.splitlines()[-1], text.splitlines()[-3]
    moved = text.replace(first, first[:6] + second[6:]).replace(second, second[:6] + first[6:])
    assert [flaw.split(":")[0] for flaw in read(moved).flaws] == ["edited by hand"]


def test_a_header_edit_is_seen(baseline: Baseline) -> None:
    """The checksum holds the header too: nobody quietly moves a baseline to another model."""
    assert read(dump(baseline).replace("a" * 64, "b" * 64)).flaws


def test_a_cut_file_is_seen(baseline: Baseline) -> None:
    """A baseline that lost its last row says how many it should have."""
    flaws = read("\n".join(dump(baseline).splitlines()[:-1])).flaws
    assert "cut or grown: it says 12 rows and has 11" in flaws


def test_a_doubled_case_is_seen(baseline: Baseline) -> None:
    """A case that stands there twice is named."""
    text = dump(baseline)
    flaws = read(text + text.splitlines()[-1] + "\n").flaws
    assert "a case stands there twice: case11" in flaws


NONSENSE = [
    ("case00,well", "<<<<<<< HEAD\ncase00,well", "merge conflict marks"),
    ("case00,well", "=======\ncase00,well", "merge conflict marks"),
    ("# model: " + "a" * 64, "# model: latest", "its header's model is not a digest"),
    ("# cases: " + "c" * 64, "# cases: " + "C" * 64, "its header's cases is not a digest"),
    ("# by: Ada\n", "", "its header has no by"),
    ("# noxline golden baseline 1\n", "", "not a golden baseline"),
    ("# accelerator: cpu", "# accelerator: cuda", "a baseline of another accelerator"),
    ("score float32", "score furlong", "its header's outputs are not names and dtypes"),
    ("score float32", "score U8", "its header's outputs are not names and dtypes"),
    ("case,label,score,ill", "case,label,ill,score", "other columns"),
    ("case00,well,0.02,0", "case00,well,0.02", "a broken row"),
    ("case00,well,0.02,0", "case00,well,high,0", "case case00: not a value"),
    ("case00,well,0.02,0", "case00,well,nan,0", "case case00: not a value"),
    ("case00,well,0.02,0", "case00,well,inf,0", "case case00: not a value"),
    ("case00,well,0.02,0", "case00,well,0.02,maybe", "case case00: not a value"),
    ("case00,well,0.02,0", 'case00,well,"0.02,0', "other columns"),
]


@pytest.mark.parametrize(("old", "new", "what"), NONSENSE)
def test_nonsense_is_refused_by_name(baseline: Baseline, old: str, new: str, what: str) -> None:
    """Each way to break the file by hand has its own message and its fix."""
    text = dump(baseline)
    assert old in text
    with pytest.raises(NoxlineError) as caught:
        read(text.replace(old, new))
    assert caught.value.what == f"cpu.csv: {what}"
    assert "git checkout -- cpu.csv" in caught.value.fix
    assert "--golden-accept" in caught.value.fix


def test_an_empty_file_is_refused() -> None:
    """An empty file is no baseline."""
    with pytest.raises(NoxlineError, match="not a golden baseline"):
        read("")


def test_a_missing_file_says_how_to_accept_one(tmp_path: Path) -> None:
    """No baseline is an error that names the file and the command."""
    with pytest.raises(NoxlineError) as caught:
        read_baseline(tmp_path / "cpu.csv", "cpu")
    assert caught.value.expected == str(tmp_path / "cpu.csv")
    assert "--golden-accept" in caught.value.fix


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 are named as such."""
    (tmp_path / "cpu.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(NoxlineError, match="not UTF-8"):
        read_baseline(tmp_path / "cpu.csv", "cpu")
