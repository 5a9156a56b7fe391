"""A document against its schema: the validated record, or everything that is wrong with file, line and advice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from microdc.documents.fields import Record, kind_of
from microdc.documents.model import DocumentError, Problem
from microdc.documents.reader import Document, Keys

R = TypeVar("R", bound=Record)

_ADVICE = {
    "delay": "delay is never bare: write `owd` (one way) or `rtt` (there and back)",
    "latency": "write `owd` (one way) or `rtt` (there and back)",
    "bandwidth": "write `rate`",
    "password": "a secret is a reference: write `credentials` as env:NAME, file:PATH or keyring:SERVICE/USER",
    "correlation": "write it inside: loss: {random: 1%, correlation: 25%}; that of jitter is jitter_correlation",
}
"""What to write instead of keys that people try, where their place does not know them."""

_EXPECTED = {
    "string_type": "text", "int_type": "a whole number", "float_type": "a number", "bool_type": "true or false",
    "dict_type": "a mapping", "model_type": "a mapping", "list_type": "a list",
}  # fmt: skip


def nearest(name: str, valid: Iterable[str]) -> str:
    """Advice for a name that is unknown: the nearest valid one, or the few valid ones, or nothing."""
    names = sorted(set(valid))
    near = get_close_matches(name, names, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"known: {', '.join(names)}" if 0 < len(names) <= 12 else ""


def check(document: Document, model: type[R]) -> R:
    """The document as a record of `model`. Raises DocumentError with every problem."""
    empty = [
        Problem(document.where(*path), f"{_name(path)} is empty", "leave it out, or give it a value")
        for path in _empty(document.value)
    ]
    try:
        record = model.model_validate(document.value)
    except ValidationError as error:
        found = [problem for detail in error.errors() if (problem := _problem(document, model, detail))]
        raise DocumentError(empty + found) from None
    if empty:
        raise DocumentError(empty)
    return record


def _empty(value: Any, path: Keys = ()) -> Iterator[Keys]:
    """The paths of all keys and list items without a value."""
    if value is None:
        yield path
    items: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        yield from _empty(item, (*path, key))


def _problem(document: Document, model: type[BaseModel], detail: ErrorDetails) -> Problem | None:
    """One of pydantic's errors in our words; None for what is said already (an empty value)."""
    path = tuple(part for part in detail["loc"] if part != "[key]")
    if detail["type"] == "missing":
        hint = _description(model, path)
        return Problem(document.where(*path[:-1]), f"{_name(path)} is missing", hint)
    if detail["input"] is None:
        return None
    if detail["type"] == "extra_forbidden":
        what, hint = _unknown_key(str(path[-1]), _record_at(model, path[:-1]))
    else:
        what, hint = _bad_value(detail)
        what = f"{_name(path)}{what}"
    return Problem(document.where(*path), what, hint)


def _bad_value(detail: ErrorDetails) -> tuple[str, str]:
    """What is wrong with a value, to be put behind its name, and what to write."""
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind in _EXPECTED:
        quotes = "put it in quotes" if kind == "string_type" and isinstance(value, int | float) else ""
        return f" must be {_EXPECTED[kind]}, not {kind_of(value)}", quotes
    if kind == "value_error":
        return f": {context['error']}", ""
    if kind == "literal_error":
        return f" cannot be {value!r}", f"write {context['expected']}"
    return f": {detail['msg'].replace('Input should be', 'must be')}", ""


def _unknown_key(key: str, record: type[BaseModel] | None) -> tuple[str, str]:
    valid = list(record.model_fields) if record is not None else []
    return f"unknown key {key!r}", _ADVICE.get(key) or nearest(key, valid)


def _description(model: type[BaseModel], path: Keys) -> str:
    record = _record_at(model, path[:-1])
    field = record.model_fields.get(str(path[-1])) if record is not None else None
    return (field.description or "").rstrip(".") if field is not None else ""


def _name(path: Keys) -> str:
    """The last key of a path, with the index behind it for an item of a list."""
    if not path:
        return "the document"
    index = f"[{path[-1]}]" if isinstance(path[-1], int) else ""
    return f"`{path[-2] if index and len(path) > 1 else path[-1]}{index}`"


def _record_at(model: type[BaseModel], path: Keys) -> type[BaseModel] | None:
    """The record type at a path of a document, through fields and through items of mappings and lists."""
    current: Any = model
    for part in path:
        if get_origin(current) in {dict, list}:
            current = get_args(current)[-1]
        elif (record := _as_record(current)) is not None and part in record.model_fields:
            current = record.model_fields[str(part)].annotation
        else:
            return None
    return _as_record(current)


def _as_record(annotation: Any) -> type[BaseModel] | None:
    """The record in `Record` or `Record | None`."""
    for choice in (annotation, *get_args(annotation)):
        if isinstance(choice, type) and issubclass(choice, BaseModel):
            return choice
    return None
