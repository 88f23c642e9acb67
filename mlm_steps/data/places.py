"""Find the place in the spec at which a fault of the data can be corrected."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mlm_steps.data.values import ModelUse
from mlm_steps.errors import did_you_mean, listing
from mlm_steps.spec import LoadedSpec, PresetLadder

__all__ = ["Places", "nearest"]


class Places:
    """Places in one spec.

    Parameters
    ----------
    loaded : LoadedSpec
    """

    def __init__(self, loaded: LoadedSpec) -> None:
        self._source = loaded.source
        self._spec = loaded.spec

    def data(self, *keys: str | int, offset: int | None = None) -> str:
        """Return the place of a key of the ``data`` block, or of the block that would contain it.

        ``offset`` is a character of the value, such as of an expression.
        """
        return self._source.where("data", *keys, offset=offset)

    def filter(self, position: int, offset: int | None = None) -> str:
        """Return the place of a filter, or of a character in it; a single filter may be no list."""
        if self._source.is_list("data", "filter"):
            return self.data("filter", position, offset=offset)
        return self.data("filter", offset=offset)

    def column(self, name: str, key: str | None = None) -> str:
        """Return the place of a column's entry, or of the data file if the column has no entry."""
        if name not in self._spec.data.columns:
            return self.data("file")
        return self.data("columns", name, *([key] if key else []))

    def level(self, name: str) -> str:
        """Return where the level of a column is declared: in its entry, or in a list of the preset."""
        column = self._spec.data.columns.get(name)
        if column is not None and column.level is not None:
            return self.data("columns", name, "level")
        return self._preset(name)

    def formula(self, model: str, variable: str) -> str:
        """Return where a model names a variable."""
        for block, models in (("ladder", self._spec.ladder), ("prelude", self._spec.prelude)):
            if isinstance(models, PresetLadder):
                if any(rung.name == model for rung in self._spec.rungs):
                    return self._preset(variable)
                continue
            for place, entry in enumerate(models):
                if entry.name != model:
                    continue
                for key in ("weights", "trials", "exposure"):
                    if getattr(entry, key, None) == variable:
                        return self._source.where(block, place, key)
                found = _offset(entry.formula, variable)
                if found is None and (default := self._default(variable)) is not None:
                    return default
                return self._source.where(block, place, "formula", offset=found)
        for compared in self._spec.compared_models:
            if compared.name == model:
                offset = _offset(compared.formula, variable)
                return self._source.where("compare", compared.position, "smaller", offset=offset)
        return self._source.where("ladder")

    def _default(self, variable: str) -> str | None:
        """Return which key of ``estimation`` names a variable, if one does."""
        estimation = self._spec.estimation
        keys = [key for key in ("trials", "exposure") if getattr(estimation, key) == variable]
        return self._source.where("estimation", keys[0]) if keys else None

    def _preset(self, variable: str) -> str:
        """Return which key of the preset names a variable."""
        if (default := self._default(variable)) is not None:
            return default
        ladder = self._spec.ladder
        if isinstance(ladder, PresetLadder):
            for key, value in ladder:
                if value == variable:
                    return self._source.where("ladder", key)
                if isinstance(value, tuple) and variable in value:
                    return self._source.where("ladder", key, value.index(variable))
        return self._source.where("ladder")

    def uses(self, uses: Iterable[ModelUse], variable: str) -> str:
        """Return where the first model that uses a variable names it."""
        model = next(use.name for use in uses if variable in use.variables)
        return self.formula(model, variable)


def _offset(formula: str, variable: str) -> int | None:
    """Return the character at which a formula first names a variable."""
    found = re.search(rf"`{re.escape(variable)}`|(?<![\w.`]){re.escape(variable)}(?![\w.`])", formula)
    return found.start() if found else None


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return a hint with the most similar name, or with all names.

    >>> nearest("Sector", ["sector", "ses"]), nearest("zzz", ["sector", "ses"])
    ("did you mean 'sector'?", 'the columns are sector, ses')
    """
    names = list(names)
    return did_you_mean(name, names) or (f"the columns are {listing(names)}" if names else None)
