"""Names by which a user may refer to a coefficient, and ambiguities among them.

Within a model a column has R's name, or another spelling if R gives that name to several columns
(`unique_names`). Models of a ladder may differ: ``abc`` may be level ``bc`` of ``a`` in one model and level
``c`` of ``ab`` in another. The term with its levels identifies a coefficient in all models.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from mlm_steps.design.hlm import column_factors
from mlm_steps.design.matrices import Design
from mlm_steps.records.spelling import is_syntactic

__all__ = ["CoefficientWords", "Named", "by_identity", "full_name", "named_columns"]


class Named(NamedTuple):
    """A fixed-effects column: its term, its printed name, and R's."""

    term: str
    column: str
    name_of_r: str

    @property
    def full(self) -> str:
        """The name with levels in brackets, which is the same in every model."""
        return full_name(self.name_of_r, self.term)


def full_name(name_of_r: str, term: str) -> str:
    """Return R's name of a column with levels in brackets and numbers in backticks.

    >>> full_name("abc", "a"), full_name("abc:x", "ab:x"), full_name("abc", "abc")
    ('a[bc]', 'ab[c]:`x`', '`abc`')
    """
    return ":".join([_full(stem, text) for stem, text in column_factors(name_of_r, term)])


def _full(stem: str, text: str) -> str:
    if text != stem:
        return f"{stem}[{text.removeprefix(stem)}]"
    return f"`{stem}`" if is_syntactic(stem) else stem


def named_columns(design: Design) -> Iterator[Named]:
    """Yield the fixed-effects columns of a design, including dropped ones."""
    terms = ("(Intercept)", *design.term_labels)
    for column, position in zip(design.all_columns, design.all_assign, strict=True):
        yield Named(terms[position], column, design.shared_names.get(column, column))


class CoefficientWords:
    """The coefficients of several models, by all names that refer to them.

    Parameters
    ----------
    models : iterable of iterables of Named
        The columns of each model.

    Attributes
    ----------
    words : mapping of str to tuple of str
        The coefficients to which each word may refer. A coefficient is named by its column if all models
        print the same name and no other coefficient has it, else by its full name.
    """

    def __init__(self, models: Iterable[Iterable[Named]]) -> None:
        columns: dict[str, dict[str, None]] = {}
        owners: dict[str, dict[str, None]] = {}
        for model in models:
            for key, each in by_identity(model).items():
                columns.setdefault(key, {})[each.column] = None
                for word in (each.column, each.name_of_r, each.full):
                    owners.setdefault(word, {})[key] = None
        self._names: dict[str, str] = {}
        for key, printed in columns.items():
            first = next(iter(printed))
            self._names[key] = first if len(printed) == 1 and len(owners[first]) == 1 else key
        self.words: Mapping[str, tuple[str, ...]] = {
            word: tuple(self._names[key] for key in found) for word, found in owners.items()
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all coefficients."""
        return tuple(self._names.values())

    def columns(self, design: Design) -> dict[str, str]:
        """Return the columns that a design has kept, by the names of their coefficients."""
        kept = set(design.columns)
        found = by_identity(named_columns(design))
        return {self._names[key]: each.column for key, each in found.items() if each.column in kept}


def by_identity(model: Iterable[Named]) -> dict[str, Named]:
    """Return the columns of a model by full name, or by printed name if several share a full name."""
    columns = list(model)
    count = Counter(each.full for each in columns)
    return {each.full if count[each.full] == 1 else each.column: each for each in columns}
