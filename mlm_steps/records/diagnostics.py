"""The records of the checks of models: of their assumptions, and of generalized ones against the data."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Literal

from mlm_steps.records.base import Part, Record

__all__ = [
    "AssumptionsRecord",
    "Curve",
    "DiagnosticCheck",
    "DiagnosticsRecord",
    "Flag",
    "named",
    "with_labels",
]

Flag = Literal["ok", "look", "concern"]


SMALLEST_P = 1e-300
"""Smallest p value whose logarithm is taken."""
FIRST, LAST = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
"""Invisible marks around the names in a sentence, by which a report puts labels in their place."""
_NAMED = re.compile(f"{FIRST}([^{LAST}]*){LAST}")


def named(name: str) -> str:
    """Return a name with the marks around it."""
    return f"{FIRST}{name}{LAST}"


def with_labels(sentence: str, label: Callable[[str], str]) -> str:
    """Return a sentence with the label of each name in place of the name.

    >>> with_labels(f"the slope of {named('ses')}", str.upper)
    'the slope of SES'
    """
    return _NAMED.sub(lambda found: label(found[1]), sentence)


class DiagnosticCheck(Part):
    """One row of the ``diagnostics`` table."""

    check: str
    """A key of ``mlm_steps.diagnose.CHECKS`` or of ``mlm_steps.diagnose.assumptions.CHECKS``."""
    of: str | None = None
    """Grouping factor whose groups are checked; None for the rows."""
    effect: str | None = None
    """Predictor, coefficient or statistic that the result is about; None if it is about the whole model."""
    statistic: float | None
    low: float | None = None
    """Range of 95 % of the statistic under the model."""
    high: float | None = None
    df: float | None = None
    p: float | None = None
    replicates: int | None = None
    """Simulated data sets; None without simulation."""
    flag: Flag | None
    sentence: str
    code: str | None = None
    """Why there is no statistic."""
    worst: tuple[str, ...] = ()
    """The rows or groups that depart most, in words, at most three."""

    @property
    def text(self) -> str:
        """The sentence with the names of columns."""
        return with_labels(self.sentence, str)

    @property
    def flagged(self) -> bool:
        """Whether the result departs from the model."""
        return self.flag in ("look", "concern")

    @property
    def strength(self) -> tuple[int, float]:
        """A key by which results are sorted: by flag, then by the smallness of the p value."""
        rank = {"concern": 2, "look": 1, "ok": 0, None: -1}[self.flag]
        return rank, -math.log10(max(1.0 if self.p is None else self.p, SMALLEST_P))


class Curve(Part):
    """Points of a figure."""

    name: str
    of: str | None = None
    """Grouping factor whose groups are drawn; None for the rows."""
    effect: str | None = None
    """Predictor or coefficient that is drawn."""
    labels: tuple[str, ...] = ()
    """A name per point, where points have names."""
    columns: tuple[str, ...]
    points: tuple[tuple[float, ...], ...]


class DiagnosticsRecord(Record):
    """The checks of one model and the points of their figures."""

    model: str
    checks: tuple[DiagnosticCheck, ...]
    curves: tuple[Curve, ...]

    @property
    def dispersed(self) -> bool:
        """Whether the outcomes vary more than their distribution."""
        return any(each.check == "dispersion" and each.flag not in (None, "ok") for each in self.checks)

    def curve(self, name: str, of: str | None = None, effect: str | None = None) -> Curve | None:
        """Return a curve by its name, grouping factor and effect; None if there is none."""
        wanted = (name, of, effect)
        return next((each for each in self.curves if (each.name, each.of, each.effect) == wanted), None)


class AssumptionsRecord(Record):
    """The checks of the assumptions of all models of a run, the prelude first."""

    models: tuple[DiagnosticsRecord, ...]

    def of(self, model: str) -> DiagnosticsRecord | None:
        """Return the checks of one model; None if it has none."""
        return next((each for each in self.models if each.model == model), None)
