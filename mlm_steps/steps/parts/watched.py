"""Note what a figure reads of the results of a run, so that it is drawn again only if some of that differs.

A figure is a function of its input alone. If everything that it has read is the same as before, it reads
nothing else and draws the same. So nobody has to declare what a figure depends on, and a declaration cannot
be out of date.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import partial
from typing import cast

from mlm_steps.design import Formula
from mlm_steps.figures import FigureInput
from mlm_steps.records.base import Part, Record
from mlm_steps.records.run import RunRecords
from mlm_steps.steps.run.files import file_hash
from mlm_steps.steps.run.session import Session

__all__ = ["Reading", "Watch"]

Reading = tuple[str | None, ...]
"""What was read: an attribute or a method of the run with its arguments, or an entry of a mapping."""
NESTED = ("labels", "data_profile")
"""Attributes of which single values are noted, since they hold much that one figure does not show."""
OF_KIND = ("result", "results_of")
"""Methods whose first argument is a class of record."""


class Watch:
    """The values of a run that figures may read.

    Parameters
    ----------
    session : Session
    run : RunRecords
    given : FigureInput
        The input of every figure, without the name of a model.
    """

    def __init__(self, session: Session, given: FigureInput) -> None:
        self._session, self._given = session, given
        self._hashes: dict[Reading, str] = {}

    def input(self, of: str) -> tuple[FigureInput, set[Reading]]:
        """Return the input of one figure, and the set into which everything is noted that it reads."""
        seen: set[Reading] = set()
        run = cast("RunRecords", _Watched(self._given.run, "", seen))
        formulas = cast("Mapping[str, Formula]", _Entries(self._given.formulas, "formulas", seen))
        return FigureInput(run, self._given.frame, formulas, of), seen

    def hashes(self, readings: Sequence[Reading]) -> list[str]:
        """Return a hash of the present value of each reading."""
        return [self._hash(reading) for reading in readings]

    def _hash(self, reading: Reading) -> str:
        if reading not in self._hashes:
            text = json.dumps(self._value(reading), sort_keys=True)
            self._hashes[reading] = hashlib.sha256(text.encode()).hexdigest()
        return self._hashes[reading]

    def _value(self, reading: Reading) -> object:
        """Return the present value as a plain one; None if it does not exist."""
        way, *words = reading
        layout, entry = self._session.layout, str(words[0]) if words else ""
        files = {"modes": layout.modes, "mode_covariances": layout.mode_covariances}
        value: object = self._given.run
        try:
            if way in files:
                entries = getattr(value, way)
                return (
                    file_hash(files[way](entry)) if entry in entries else list(entries) if not words else None
                )
            if way == "formulas":
                return repr(self._given.formulas[entry]) if words else list(self._given.formulas)
            for name in str(way).split("."):
                value = getattr(value, name)
            kind = [Record] if way in OF_KIND else []
            return _plain(value(*kind, *words) if callable(value) else value)
        except KeyError:  # a rung that is no longer in the ladder
            return None


class _Watched:
    """Notes which attributes of an object are read, and which of its methods are called with which words."""

    def __init__(self, of: object, prefix: str, seen: set[Reading]) -> None:
        self._of, self._prefix, self._seen = of, prefix, seen

    def __getattr__(self, name: str) -> object:
        value, way = getattr(self._of, name), f"{self._prefix}{name}"
        if callable(value):
            return partial(self._call, way, value)
        if way in NESTED:
            return _Watched(value, f"{way}.", self._seen)
        if way in ("modes", "mode_covariances"):
            return _Entries(value, way, self._seen)
        self._seen.add((way,))
        return value

    def _call(self, way: str, method: Callable[..., object], *arguments: object) -> object:
        words = arguments[1:] if way in OF_KIND else arguments
        self._seen.add((way, *cast("tuple[str | None, ...]", words)))
        return method(*arguments)


class _Entries(Mapping[str, object]):
    """Notes which entries of a mapping are read."""

    def __init__(self, of: Mapping[str, object], way: str, seen: set[Reading]) -> None:
        self._of, self._way, self._seen = of, way, seen

    def __getitem__(self, key: str) -> object:
        self._seen.add((self._way, key))
        return self._of[key]

    def __iter__(self) -> Iterator[str]:
        self._seen.add((self._way,))
        return iter(self._of)

    def __len__(self) -> int:
        self._seen.add((self._way,))
        return len(self._of)


def _plain(value: object) -> object:
    """Return a value of the results as one that JSON can hold; TypeError for a class that is not known."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Part):
        return [type(value).__name__, value.model_dump_json()]
    if isinstance(value, Mapping):
        return [[_plain(key), _plain(each)] for key, each in value.items()]
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, set | frozenset):
        return sorted(json.dumps(_plain(each)) for each in value)
    if is_dataclass(value):
        return [[field.name, _plain(getattr(value, field.name))] for field in fields(value)]
    raise TypeError(f"a figure reads a value of the class {type(value).__name__}")
