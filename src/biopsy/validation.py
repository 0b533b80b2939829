"""Is a snapshot of cases what it must be? Great Expectations judges, and a report is kept."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from noxline.errors import NoxlineError
from noxline.files import write_text

from .cases import parse_features
from .features import CASE, COLUMNS, DIAGNOSIS, FEATURES, LABELS, NAMES
from .params import Validate
from .rows import Rows

#: How many offending rows are named for each broken rule; all of them are counted.
SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """What came of one rule.

    Attributes:
        rule: What must hold, in words.
        columns: What it is about; empty for the table as a whole.
        kept: Whether it holds.
        observed: What was seen, where the rule is about the table.
        broken_rows: How many rows break it.
        examples: The first of those: the line in the file, and the value.
    """

    rule: str
    columns: tuple[str, ...]
    kept: bool
    observed: str
    broken_rows: int
    examples: tuple[tuple[int, str], ...]


def validate(rows: Rows, settings: Validate) -> tuple[Finding, ...]:
    """Judge the rows by every rule: schema, row count, nulls, ranges, labels, duplicates.

    Raises:
        NoxlineError: A feature's column is missing or holds what isn't a number, so that there
            is no table to judge.
    """
    gx = _great_expectations()
    expectations = _rules(gx, settings)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    batches = context.data_sources.add_pandas("snapshot").add_dataframe_asset("cases")
    definition = gx.ValidationDefinition(
        name="snapshot",
        data=batches.add_batch_definition_whole_dataframe("all"),
        suite=context.suites.add(gx.ExpectationSuite("snapshot", expectations=expectations)),
    )
    result = context.validation_definitions.add(definition).run(
        batch_parameters={"dataframe": _frame(rows)}, result_format="COMPLETE"
    )
    return tuple(_finding(entry.to_json_dict()) for entry in result.results)


def write_report(folder: Path, source: str, findings: Sequence[Finding]) -> None:
    """Keep the findings as `report.md`, for people, and `result.json`, for programs."""
    document = {"source": source, "findings": [asdict(finding) for finding in findings]}
    write_text(folder / "result.json", json.dumps(document, indent=1) + "\n")
    write_text(folder / "report.md", report(source, findings))


def report(source: str, findings: Sequence[Finding]) -> str:
    """The findings as a page of Markdown, the broken rules first."""
    broken = [finding for finding in findings if not finding.kept]
    verdict = f"**{len(broken)} of {len(findings)} rules are broken.**"
    lines = [
        f"# Validation of {source}",
        "",
        verdict if broken else f"All {len(findings)} rules hold.",
        "",
        "| | column | rule | rows that break it | the first of them |",
        "| --- | --- | --- | --- | --- |",
    ]
    for finding in sorted(findings, key=lambda f: f.kept):
        column = finding.columns[0] if len(finding.columns) == 1 else "(several)"
        lines.append(
            f"| {'kept' if finding.kept else '**broken**'} | {column if finding.columns else ''} "
            f"| {finding.rule} | {finding.broken_rows or ''} | {_examples(finding)} |"
        )
    return "\n".join(lines) + "\n"


def require_kept(source: str, findings: Sequence[Finding], kept_at: Path, mend: str) -> None:
    """Stop if a rule is broken.

    Args:
        source: The file that was judged.
        findings: All of them.
        kept_at: Where the whole report is.
        mend: What to do if it is the file that is wrong.

    Raises:
        NoxlineError: Naming each broken rule, its column and the first offending rows.
    """
    broken = [finding for finding in findings if not finding.kept]
    if broken:
        found = [f"{_subject(f)}: {_examples(f)}" for f in broken[:SHOWN]]
        more = len(broken) - SHOWN
        raise NoxlineError(
            f"{source}: {len(broken)} of {len(findings)} rules are broken",
            found="\n".join(found + [f"and {more} more rules"] * (more > 0)),
            expected="\n".join(f"{_subject(f)}: {f.rule}" for f in broken[:SHOWN]),
            fix=f"{mend}\n"
            "if a rule is wrong: correct validate.rows in params.yaml, or src/biopsy/features.py\n"
            f"the whole report: {kept_at}",
        )


def _great_expectations() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its dependencies' own deprecations, on import only
        import great_expectations as gx  # six seconds, so only here

    return gx


def _rules(gx: Any, settings: Validate) -> list[Any]:
    expect = gx.expectations
    return [
        expect.ExpectTableColumnsToMatchOrderedList(column_list=list(COLUMNS)),
        expect.ExpectTableRowCountToBeBetween(min_value=settings.rows),
        *(expect.ExpectColumnValuesToNotBeNull(column=name) for name in COLUMNS),
        *(
            expect.ExpectColumnValuesToBeBetween(column=f.name, min_value=0.0, max_value=f.high)
            for f in FEATURES
        ),
        expect.ExpectColumnValuesToBeInSet(column=DIAGNOSIS, value_set=list(LABELS)),
        expect.ExpectColumnValuesToBeUnique(column=CASE),
        expect.ExpectCompoundColumnsToBeUnique(column_list=list(NAMES)),
    ]


_WORDS = {
    "expect_table_columns_to_match_ordered_list": "the columns are these, in this order",
    "expect_table_row_count_to_be_between": "at least {min_value} rows",
    "expect_column_values_to_not_be_null": "never empty",
    "expect_column_values_to_be_between": "from {min_value:g} to {max_value:g}",
    "expect_column_values_to_be_in_set": "one of {value_set}",
    "expect_column_values_to_be_unique": "never twice the same",
    "expect_compound_columns_to_be_unique": "never twice the same features",
}


def _frame(rows: Rows) -> Any:
    import pandas as pd

    features = parse_features(rows)
    columns = {
        name: features[:, NAMES.index(name)]
        if name in NAMES
        else [value or None for value in rows.column(name)]
        for name in rows.header
    }
    return pd.DataFrame(columns)


def _finding(entry: Mapping[str, Any]) -> Finding:
    config, result = entry["expectation_config"], entry.get("result") or {}
    kwargs = config["kwargs"]
    columns = [kwargs["column"]] if "column" in kwargs else kwargs.get("column_list", ())
    pairs = zip(
        result.get("unexpected_index_list") or (), result.get("unexpected_list") or (), strict=False
    )
    examples = sorted((index + 2, _value(value)) for index, value in pairs)
    observed = result.get("observed_value", entry["exception_info"].get("exception_message"))
    return Finding(
        rule=_WORDS[config["type"]].format(**kwargs),
        columns=tuple(columns),
        kept=bool(entry["success"]),
        observed="" if observed is None else str(observed),
        broken_rows=int(result.get("unexpected_count") or 0),
        examples=tuple(examples[:SHOWN]),
    )


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{NAMES[0]} {value[NAMES[0]]}, ..."
    return "empty" if value is None else str(value)


def _subject(finding: Finding) -> str:
    return f"column {finding.columns[0]}" if len(finding.columns) == 1 else "the table"


def _examples(finding: Finding) -> str:
    if not finding.examples:
        return "" if finding.kept else finding.observed
    rows = "; ".join(f"line {line}: {value}" for line, value in finding.examples)
    more = finding.broken_rows - len(finding.examples)
    return f"{rows}; and {more} more" if more > 0 else rows
