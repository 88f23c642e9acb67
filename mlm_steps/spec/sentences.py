"""Translate validation errors of pydantic into sentences for researchers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mlm_steps.errors import did_you_mean
from mlm_steps.spec.presets import PRESETS
from mlm_steps.spec.written import Path, SpecFault, is_nothing, kind_of, quoted

__all__ = ["found_in", "place_of"]

Sentence = tuple[str, str | None]
_LIST = "write [a, b], or lines that begin with '- '"
_BLOCK = "write {key: value}, or lines 'key: value' below it"


def found_in(error: ValidationError, strays: Iterable[SpecFault]) -> Iterator[SpecFault]:
    """Yield the faults; a missing key is left out if an unknown key is a misspelling of it."""
    meant = {(each.at[:-1], each.hint) for each in strays}
    for detail in error.errors(include_url=False):
        at = place_of(detail)
        if detail["type"] != "missing" or (at, f"did you mean '{detail['loc'][-1]}'?") not in meant:
            yield from _found(detail, at)


def place_of(detail: ErrorDetails) -> Path:
    """Return the path to the refused value, which carries it; empty for the whole spec."""
    at: Path = getattr(detail["input"], "at", ())
    return at


def _found(detail: ErrorDetails, at: Path) -> Iterator[SpecFault]:
    is_key = getattr(detail["input"], "is_key", False)
    for beyond, what, hint in detail.get("ctx", {}).get("objections", ()):
        yield SpecFault((*at, *beyond), what, hint, is_key)
    if detail["type"] != "objection":
        sentence = _SENTENCES.get(detail["type"])
        yield SpecFault(at, *(sentence(detail) if sentence else (detail["msg"], None)), is_key)


def _missing(detail: ErrorDetails) -> Sentence:
    key = str(detail["loc"][-1])
    example = _EXAMPLES.get(key)
    return f"the key {quoted(key)} is missing", example and f"for example {example}"


def _not_listed(detail: ErrorDetails) -> Sentence:
    expected = detail["ctx"]["expected"]
    options = re.findall(r"'(.*?)'(?=,| or |$)", expected) or re.split(", | or ", expected)
    written = detail["input"]
    if is_nothing(written) and not written:
        return f"is empty, but one of {', '.join(options)} is needed", None
    if not isinstance(written, str):
        return f"needs one of {', '.join(options)}, not {kind_of(written)}", None
    if len(options) == 1:
        return f"must be {options[0]}, not {quoted(written)[1:-1]}", None
    return f"{quoted(written)} is not one of {', '.join(options)}", did_you_mean(written, options)


def _no_preset(detail: ErrorDetails) -> Sentence:
    hint = did_you_mean(detail["ctx"]["tag"], PRESETS) or f"there are {', '.join(PRESETS)}"
    return f"no preset {quoted(detail['ctx']['tag'])}", hint


def _needs(what: str, hint: str | None) -> Callable[[ErrorDetails], Sentence]:
    def sentence(detail: ErrorDetails) -> Sentence:
        return f"needs {what}, not {kind_of(detail['input'])}", hint

    return sentence


def _beyond(words: str, key: str) -> Callable[[ErrorDetails], Sentence]:
    def sentence(detail: ErrorDetails) -> Sentence:
        context: dict[str, Any] = detail["ctx"]
        return f"{quoted(detail['input'])[1:-1]} is not {words} {_digits(context[key])}", None

    return sentence


def _digits(limit: float) -> str:
    return str(limit) if isinstance(limit, int) else f"{limit:g}"


_EXAMPLES = {
    "version": "version: 1",
    "data": "data: {file: my.csv}",
    "file": "file: my.csv",
    "on": "on: school",
    "ladder": 'ladder: [{name: "null", formula: "y ~ 1 + (1 | group)"}]',
    "name": 'name: "null"',
    "formula": 'formula: "y ~ 1 + (1 | group)"',
}
_SENTENCES: dict[str, Callable[[ErrorDetails], Sentence]] = {
    "missing": _missing,
    "literal_error": _not_listed,
    "union_tag_invalid": _no_preset,
    "union_tag_not_found": lambda _: (
        "the key 'preset' is missing",
        f"one of {', '.join(PRESETS)}; or write the rungs as a list of lines that begin with '- '",
    ),
    "int_parsing_size": lambda detail: (f"{quoted(detail['input'])} is too large", None),
    "string_type": _needs("text", None),
    "bool_type": _needs("true or false", None),
    "int_type": _needs("a whole number", None),
    "float_type": _needs("a number", None),
    "tuple_type": _needs("a list", _LIST),
    "dict_type": _needs("a block of keys", _BLOCK),
    "model_type": _needs("a block of keys", _BLOCK),
    "greater_than": _beyond("greater than", "gt"),
    "greater_than_equal": _beyond("at least", "ge"),
    "less_than": _beyond("less than", "lt"),
    "less_than_equal": _beyond("at most", "le"),
}
