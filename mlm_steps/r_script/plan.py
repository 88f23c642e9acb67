"""What a script needs to know of an analysis, and what it cannot say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from mlm_steps.data import Analysis, ModelUse
from mlm_steps.language.parser import parse_expression
from mlm_steps.records.data_profile import ColumnProfile
from mlm_steps.spec import DeriveSpec, LoadedSpec, PipelineSpec

__all__ = ["ScriptPlan"]


@dataclass(frozen=True)
class ScriptPlan:
    """An analysis that is written as a script.

    Attributes
    ----------
    loaded : LoadedSpec
    analysis : Analysis
        The analysis sample: types and levels of columns are those that were found in the data.
    uses : tuple of ModelUse
        The columns of each model.
    unsaid : list of str
        What R cannot say, or the script leaves out; filled while the script is written.
    """

    loaded: LoadedSpec
    analysis: Analysis
    uses: tuple[ModelUse, ...]
    unsaid: list[str] = field(default_factory=list)

    @property
    def spec(self) -> PipelineSpec:
        """The spec."""
        return self.loaded.spec

    @property
    def frame(self) -> pd.DataFrame:
        """The analysis sample."""
        return self.analysis.frame

    @cached_property
    def columns(self) -> dict[str, ColumnProfile]:
        """The profile of each column of the sample."""
        return {column.name: column for column in self.analysis.profile.columns}

    @property
    def derive(self) -> dict[str, DeriveSpec]:
        """The derived columns in their order."""
        return self.spec.data.derive

    @cached_property
    def needed(self) -> frozenset[str]:
        """The columns of models and filters, and all that they are made from."""
        names = {name for use in self.uses for name in use.variables} | {*self.filtered}
        return frozenset(self.bases(names))

    @cached_property
    def filtered(self) -> tuple[str, ...]:
        """The columns that filters name."""
        from_text = [name for text in self.spec.data.filter for name in parse_expression(text).columns]
        return tuple(dict.fromkeys(from_text))

    def bases(self, names: Iterable[str]) -> set[str]:
        """Return some columns, and all that they are made from."""
        found, waiting = set(), [*names]
        while waiting:
            each = waiting.pop()
            if each not in found:
                found.add(each)
                waiting += self.parts(each)
        return found

    def parts(self, column: str) -> tuple[str, ...]:
        """Return the columns from which a derived one is made."""
        profile = self.columns.get(column)
        return profile.made_from if profile is not None and column in self.derive else ()

    def leave_out(self, what: str) -> str:
        """Note what the script does not say, and return it."""
        if what not in self.unsaid:
            self.unsaid.append(what)
        return what
