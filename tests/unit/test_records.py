from __future__ import annotations

import json

import numpy as np
import pytest
from noxline.errors import NoxlineError

from biopsy import records
from biopsy.cases import Cases, to_csv
from biopsy.features import NAMES

NOT_FINITE = "f: line 1: column mean_area: missing or not finite"


def _object(**changed: object) -> dict[str, object]:
    return dict.fromkeys(NAMES, 0.5) | changed


def test_csv_and_json_say_the_same(some: Cases) -> None:
    """One set of cases as CSV, as a JSON list and as JSON lines gives one batch."""
    objects = [
        {"case": name} | dict(zip(NAMES, row.tolist(), strict=True))
        for name, row in zip(some.ids, some.features, strict=True)
    ]
    lines = "\n".join(json.dumps(each) for each in objects)
    for text in (to_csv(some), json.dumps(objects, indent=1), lines, lines + "\n\n"):
        data = text.encode()
        batch = records.parse(data, "f", records.format_of(data))

        assert batch.ids == some.ids
        assert batch.features.tobytes() == some.features.tobytes()


def test_a_case_needs_no_name() -> None:
    """Who sends only features gets an answer for each, in order; what is extra is left aside."""
    batch = records.parse(json.dumps(_object(note="hello")).encode(), "f", "json")
    table = ",".join(NAMES) + "\n" + ",".join(["0.5"] * len(NAMES)) + "\n"
    csv = records.parse(table.encode(), "f", "csv")

    assert batch.ids == csv.ids == (None,)
    assert np.array_equal(batch.features, csv.features)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "f: zero cases"),
        ("", "f: zero cases"),
        ('[{"mean_radius": 1.0', "f: line 1, column 21: not JSON, or cut off"),
        (json.dumps(_object()) + '\n{"mean', "f: line 2, column 2: not JSON, or cut off"),
        ("[1]", "f: item 0: not an object"),
        ("3", "f: line 1: not an object"),
        (json.dumps([_object(), {}]), "f: item 1: mean_radius is missing"),
        (json.dumps([_object(mean_area="1.0")]), "f: item 0: mean_area: not a number"),
        (json.dumps([_object(mean_area=True)]), "f: item 0: mean_area: not a number"),
        (json.dumps([_object(mean_area=[1.0])]), "f: item 0: mean_area: not a number"),
        (json.dumps(_object(mean_area=None)), NOT_FINITE),
        (json.dumps(_object(mean_area=1e999)), NOT_FINITE),
        (json.dumps(_object(mean_area=10**400)), NOT_FINITE),
        (json.dumps(_object(mean_area=float("nan"))), NOT_FINITE),
        (json.dumps([_object(mean_area=-1)]), "f: item 0: column mean_area: out of range"),
    ],
)
def test_bad_json_is_refused_where_it_stands(text: str, problem: str) -> None:
    """The error names the line or item, the feature, and what is wrong with it."""
    with pytest.raises(NoxlineError) as caught:
        records.parse(text.encode(), "f", "json")

    assert caught.value.what == problem


def test_a_misspelt_key_is_named() -> None:
    """Who wrote mean_radiu is told to rename it."""
    value = _object(mean_radiu=1.0)
    del value["mean_radius"]

    with pytest.raises(NoxlineError) as caught:
        records.parse(json.dumps(value).encode(), "f", "json")

    assert caught.value.fix == "rename mean_radiu to mean_radius"


def test_json_that_is_not_utf8_is_refused() -> None:
    """Bytes of another encoding are not guessed at."""
    with pytest.raises(NoxlineError, match="not UTF-8"):
        records.parse(b'{"\xe9": 1}', "f", "json")
