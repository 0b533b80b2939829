"""The verdict for machines: JSON, and JUnit for CI systems."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any
from xml.etree import ElementTree as ET

from .gates import Gate
from .verdict import Outcome, Verdict


def as_json(verdict: Verdict) -> str:
    """The whole verdict; a number that isn't finite, which JSON lacks, becomes its name."""
    table = {"format": 1, **dataclasses.asdict(verdict)}
    return json.dumps(_plain(table), indent=1, allow_nan=False) + "\n"


def as_junit(verdict: Verdict) -> str:
    """The golden tests and the gates as JUnit test cases."""
    cases = [*map(_test, verdict.tests), *(_gate(g) for g in verdict.gates if g.kind != "test")]
    failures = str(sum(case.find("failure") is not None for case in cases))
    skipped = str(sum(case.find("skipped") is not None for case in cases))
    counts = {"tests": str(len(cases)), "failures": failures, "skipped": skipped, "errors": "0"}
    suites = ET.Element("testsuites")
    suite = ET.SubElement(suites, "testsuite", {"name": "golden", **counts})
    suite.extend(cases)
    ET.indent(suites, " ")
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _test(test: Outcome) -> ET.Element:
    module, _, name = test.test.partition("::")
    where = {"classname": module.removesuffix(".py").replace("/", "."), "name": name}
    case = ET.Element("testcase", {**where, "time": f"{test.seconds:.3f}"})
    if test.result == "failed":
        ET.SubElement(case, "failure", {"message": _clean(test.says)})
    if test.result == "skipped":
        ET.SubElement(case, "skipped")
    return case


def _gate(gate: Gate) -> ET.Element:
    case = ET.Element("testcase", {"classname": f"golden.{gate.kind}", "name": gate.name})
    if not gate.passed:
        says = f"{gate.says} value {gate.value} limit {gate.limit} margin {gate.margin}"
        ET.SubElement(case, "failure", {"message": _clean(says.strip())})
    return case


def _clean(text: str) -> str:
    # XML 1.0 has no way to write most control characters, the escape of colours among them.
    return "".join(letter for letter in text if letter >= " " or letter in "\n\t")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
