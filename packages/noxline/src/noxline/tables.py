"""TOML and YAML tables read into frozen records, with errors that say what to write instead."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from .errors import NoxlineError, nearest

Record = TypeVar("Record")

_WORDS = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}


@dataclass(frozen=True)
class Location:
    """Where in which file a value stands: `pyproject.toml`, `tool.noxline.stages.golden`."""

    file: str
    key: str

    def of(self, name: str | int) -> Location:
        """The place of one entry of the table or list that stands here."""
        step = f"[{name}]" if isinstance(name, int) else f".{name}" if self.key else name
        return Location(self.file, f"{self.key}{step}")

    def error(self, problem: str, found: object, expected: str, fix: str) -> NoxlineError:
        """The error that this place makes."""
        return NoxlineError(
            ": ".join(text for text in (self.file, self.key, problem) if text),
            found=found if isinstance(found, str) else repr(found),
            expected=expected,
            fix=fix,
        )


def read_record(kind: type[Record], table: object, at: Location) -> Record:
    """Make the frozen dataclass `kind` from a table.

    Every field is checked against its annotation: str, int, float, bool, Literal, `X | None`,
    tuple[X, ...], Mapping[str, X] and nested dataclasses. A field whose metadata has `parse` gets
    `parse(value, location)` instead. TOML's dashes and Python's underscores are the same name.

    Raises:
        NoxlineError: An unknown key, a missing one, or a value of another type.
    """
    if not isinstance(table, Mapping):
        raise at.error("this is a table", table, "a table of keys", f"write [{at.key}]")
    fields = {f.name: f for f in dataclasses.fields(typing.cast("Any", kind)) if f.init}
    given = {str(name).replace("-", "_"): value for name, value in table.items()}
    for name in given:
        if name not in fields:
            raise _unknown(name, fields, at)
    hints = typing.get_type_hints(kind)
    values = {}
    for name, field in fields.items():
        if name in given:
            parse = field.metadata.get("parse")
            here = at.of(name)
            values[name] = (
                parse(given[name], here) if parse else read_value(hints[name], given[name], here)
            )
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            expected = f"a key '{name}'"
            raise at.error("a key is missing", _listing(given), expected, f"add {name} = ...")
    return kind(**values)


def read_value(hint: Any, value: object, at: Location) -> Any:
    """Check one value against its annotation, and give it back in that type.

    Raises:
        NoxlineError: The value is of another type, or not one of the allowed ones.
    """
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return _one_of(arguments, value, at)
    if origin in (types.UnionType, typing.Union):
        if value is None and types.NoneType in arguments:
            return None
        (inner,) = (a for a in arguments if a is not types.NoneType)
        return read_value(inner, value, at)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise at.error("this is a list", value, "a list", f'write ["{value}"]')
        return tuple(read_value(arguments[0], v, at.of(i)) for i, v in enumerate(value))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise at.error("this is a table", value, "a table of keys", f"write [{at.key}]")
        return {str(k): read_value(arguments[1], v, at.of(str(k))) for k, v in value.items()}
    if dataclasses.is_dataclass(hint):
        return read_record(typing.cast("type[Any]", hint), value, at)
    return _scalar(hint, value, at)


def _scalar(hint: type, value: object, at: Location) -> object:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if hint is float and number:
        return float(typing.cast("float", value))
    # bool is an int to Python; to a reader of TOML it isn't.
    if type(value) is not hint:
        kind = type(value).__name__
        raise at.error("wrong type", f"{value!r} ({kind})", _WORDS[hint], f"write {_WORDS[hint]}")
    return value


def _one_of(allowed: tuple[object, ...], value: object, at: Location) -> object:
    if value not in allowed:
        names = [str(a) for a in allowed]
        near = nearest(str(value), names) or names[0]
        raise at.error("not an allowed value", value, " | ".join(names), f'write "{near}"')
    return value


def _unknown(name: str, fields: Mapping[str, object], at: Location) -> NoxlineError:
    near = nearest(name, fields)
    fix = f"write {near} instead" if near else f"remove {name}"
    return at.error(f"unknown key '{name}'", name, _listing(fields), fix)


def _listing(names: Mapping[str, object]) -> str:
    return ", ".join(sorted(names)) or "nothing"
