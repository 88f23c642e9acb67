"""Parse the serialized objects of R by the package rdata, and work around its faults."""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import cache
from typing import Any

import numpy as np

from mlm_steps.data.raw import UnreadableFile

__all__ = ["saved_objects", "single_object"]

_PAIRLIST, _HAS_ATTRIBUTES, _HAS_TAG = 2, 1 << 9, 1 << 10
_TYPE = 0xFF
"""The bits of an object's first integer that hold its type."""
_WITHOUT_CONTENT = (250, 252)
"""The types of the base namespace and of an unbound value; no content follows them."""
_WORD = 4
"""Bytes of an integer."""
_AGAIN = "it may be damaged: save the data frame again in R, by saveRDS"
_DAMAGED = (AssertionError, EOFError, IndexError, KeyError, ValueError, TypeError, AttributeError)
"""What rdata raises for a file that is cut off or damaged; it documents none of it."""


def single_object(content: bytes) -> tuple[Any, str | None]:
    """Return the object of a file of ``saveRDS``, and the encoding of its text if the file declares one.

    Raises
    ------
    UnreadableFile
        The file is cut off or damaged, or holds an object of a kind that rdata does not know.
    """
    parser = _parser(content)
    try:
        encoding = parser.parse_extra_info(parser.parse_versions()).encoding
        return parser.parse_R_object([]), encoding
    except (NotImplementedError, RecursionError, *_DAMAGED) as error:
        raise UnreadableFile(
            "cannot be read as a file of R", "save the data frame again by saveRDS"
        ) from error


def saved_objects(content: bytes) -> tuple[dict[str, Any], Sequence[str], str | None]:
    """Return the objects of a file of ``save``.

    Returns
    -------
    objects : dict of str to RObject
    unread : sequence of str
        The name of the first object that rdata cannot read, such as a fitted model with an environment.
        The objects after it are out of reach.
    encoding : str or None
    """
    parser = _parser(content)
    objects: dict[str, Any] = {}
    references: list[Any] = []
    try:
        encoding = parser.parse_extra_info(parser.parse_versions()).encoding
    except (NotImplementedError, *_DAMAGED) as error:
        raise UnreadableFile("cannot be read as a file of R", _AGAIN) from error
    name = "an object"
    try:
        while (flags := parser.parse_int()) & _TYPE == _PAIRLIST:
            if flags & _HAS_ATTRIBUTES:
                parser.parse_R_object(references)
            tag = parser.parse_R_object(references) if flags & _HAS_TAG else None
            tag = tag.referenced_object or tag if tag is not None else None
            name = tag.value.value.decode(errors="replace") if tag is not None else ""
            objects[name] = parser.parse_R_object(references)
    except (NotImplementedError, RecursionError, *_DAMAGED):
        return objects, (name,), encoding
    return objects, (), encoding


def _parser(content: bytes) -> Any:
    """Return the parser of the format that the first bytes name."""
    mark, parser = next(item for item in _parsers().items() if content.startswith(item[0]))
    from rdata.parser._parser import DEFAULT_ALTREP_MAP

    compact = {**DEFAULT_ALTREP_MAP, b"deferred_string": _deferred_string}
    return parser(memoryview(content)[len(mark) :], expand_altrep=True, altrep_constructor_dict=compact)


@cache
def _parsers() -> dict[bytes, type[Any]]:
    """Return the parser of each format, corrected for the compiled code of functions.

    An object in the list of constants of such code that is no language object is written like any object at
    the top: with flags of its own, and, if it holds compiled code, with a list of repeated parts of its own.
    """
    from rdata.parser._ascii import ParserASCII
    from rdata.parser._binary import ParserBinary
    from rdata.parser._parser import BYTECODE_SPECIAL_SET
    from rdata.parser._xdr import ParserXDR

    special = {kind.value for kind in BYTECODE_SPECIAL_SET}

    def mended(base: type[Any]) -> type[Any]:
        class Mended(base):  # type: ignore[misc]  # rdata has no types
            def parse_R_object(
                self,
                reference_list: list[Any] | None = None,
                bytecode_rep_list: list[Any] | None = None,
                info_int: int | None = None,
            ) -> Any:
                if info_int not in special:
                    info_int = bytecode_rep_list = None
                return super().parse_R_object(reference_list, bytecode_rep_list, info_int)

        return Mended

    text = mended(ParserASCII)
    xdr = _with_values_of_environments(mended(ParserXDR), special)
    return {b"X\n": xdr, b"A\n": text, b"A\r\n": text, b"B\n": mended(ParserBinary)}


def _with_values_of_environments(base: type[Any], special: Container[int]) -> type[Any]:
    """Return the parser of R's default format, faster and with two kinds of objects that rdata does not know.

    These are the base namespace and an unbound value, which environments of fitted models hold.
    """
    from rdata.parser._parser import RObject, RObjectInfo, RObjectType

    class Faster(base):  # type: ignore[misc]  # rdata has no types
        def parse_int(self) -> int:
            word = self.file.read(_WORD)
            if len(word) < _WORD:
                raise EOFError
            return int.from_bytes(word, "big", signed=True)

        def parse_R_object(
            self,
            reference_list: list[Any] | None = None,
            bytecode_rep_list: list[Any] | None = None,
            info_int: int | None = None,
        ) -> Any:
            if info_int not in special:
                if self.parse_int() & _TYPE in _WITHOUT_CONTENT:
                    info = RObjectInfo(RObjectType.NILVALUE, False, False, False, 0, 0)
                    return RObject(info, None, None)
                self.file.seek(-_WORD, 1)
            return super().parse_R_object(reference_list, bytecode_rep_list, info_int)

    return Faster


def _deferred_string(state: Any) -> tuple[Any, Any]:
    """Return numbers that R keeps until it needs them as text; a missing number becomes missing text."""
    from rdata.parser._parser import DEFAULT_ALTREP_MAP

    numbers = state.value[0]
    missing = np.ma.getmaskarray(numbers.value) | np.isnan(np.ma.filled(numbers.value, 0))
    numbers.value = np.where(missing, 0, np.ma.filled(numbers.value, 0))
    info, words = DEFAULT_ALTREP_MAP[b"deferred_string"](state)
    for place in np.flatnonzero(missing):
        words[place].value = None
    return info, words
