"""The coefficients of a fit under variants of its model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from mlm_steps.api.arguments import names
from mlm_steps.api.shown import Shown
from mlm_steps.api.state import FitState
from mlm_steps.design import parse_formula
from mlm_steps.errors import Fault, UsageError, did_you_mean, listing
from mlm_steps.records.sensitivity import SensitivityRecord, VariedCoefficient
from mlm_steps.sensitivity import VARIANTS, Baseline
from mlm_steps.sensitivity.examine import examine

__all__ = ["Sensitivity", "sensitivity"]

NUMBERS = ("estimate", "se", "df", "p", "ci_low", "ci_high", "changed", "quantity")


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity(Shown):
    """The coefficients of a fit and of its variants; ``print`` shows them and marks changed conclusions.

    Attributes
    ----------
    records : tuple of SensitivityRecord
        Every number, one record per kind of variants.
    """

    records: tuple[SensitivityRecord, ...]

    @property
    def table(self) -> pd.DataFrame:
        """One row per variant and coefficient, those of the fit itself first.

        ``changed`` is whether the conclusion differs from that of the fit: the coefficient is significant in
        only one of the two, or in both with opposite signs. ``quantity`` is ``same`` if the coefficient
        estimates the same quantity as in the fit. ``reason`` is why there are no numbers.
        """
        own = [{"variant": "as_fitted", **_row(each), "changed": False} for each in self.records[0].own]
        rows = [
            {
                "variant": f"{record.kind}/{variation.name}",
                **_row(each),
                "status": variation.ending,
                "n": variation.n,
                "formula": variation.formula,
                "reason": "; ".join(variation.reasons),
            }
            for record in self.records
            for variation in record.variations
            for each in variation.coefficients
        ]
        names = ["variant", "term", "column", *NUMBERS, "status", "n", "formula", "reason"]
        numbers = dict.fromkeys(("estimate", "se", "df", "p", "ci_low", "ci_high"), "float64")
        frame = pd.DataFrame([*own, *rows], columns=names)
        return frame.astype({**numbers, "changed": "boolean", "n": "Int64"})

    @property
    def changes(self) -> pd.DataFrame:
        """The rows of ``table`` with another conclusion than the fit."""
        table = self.table
        return table[table["changed"].fillna(value=False)]

    def __repr__(self) -> str:
        lines = [*self._block("as fitted", self.records[0].own)]
        for record in self.records:
            for variation in record.variations:
                mark = " (singular)" if variation.ending == "singular" else ""
                what = f"{record.kind}/{variation.name}: {variation.text}{mark}"
                if variation.ending in ("converged", "singular"):
                    lines += ["", *self._block(what, variation.coefficients)]
                else:
                    lines += ["", what, f"  no result: {'; '.join(variation.reasons)}"]
            if record.note:
                lines += ["", f"{record.kind}: {record.note}"]
        count = len(self.changes)
        told = f"{count} conclusions change (marked *)" if count != 1 else "1 conclusion changes (marked *)"
        return "\n".join([*lines, "", f"{told if count else 'No conclusion changes'}."])

    def _block(self, what: str, coefficients: Sequence[VariedCoefficient]) -> list[str]:
        width = max((len(each.column) for each in coefficients), default=0)
        return [what, *(_line(each, width) for each in coefficients)]


def sensitivity(state: FitState, kinds: str | Sequence[str] | None = None) -> Sensitivity:
    """Return the coefficients under variants of the model, and whether their conclusions change.

    Parameters
    ----------
    kinds : str or sequence of str, optional
        ``df``: other degrees of freedom; ``estimator``: ML in place of REML, or the reverse; ``centring``:
        level-1 predictors raw, centred at the grand mean, and within groups; ``random_structure``: random
        intercepts only, no correlations, all slopes of level-1 terms; ``optimisers``: searches of other
        kinds; ``exclude_influential``: without influential groups, and without outlying rows. Default: all.

    Returns
    -------
    Sensitivity
        If the model has more than eight coefficients, those of the terms that no other term contains.
    """
    words = list(VARIANTS) if kinds is None else names("kinds", kinds)
    for word in words:
        if word not in VARIANTS:
            hint = did_you_mean(word, VARIANTS) or f"one of {listing(VARIANTS)}"
            raise UsageError(Fault("kinds", f"no kind of variants is called {word!r}", hint))
    origin, fit = state.source, state.fit
    baseline = Baseline(
        name=fit.design.formula,
        formula=parse_formula(fit.design.formula),
        fit=fit,
        sample=origin.data.iloc[fit.design.rows],
        df_method=state.df_method,
        confidence=state.confidence,
        weights=state.weights,
        contrasts=origin.contrasts,
        control=origin.control,
    )
    return Sensitivity(tuple(examine(baseline, word) for word in VARIANTS if word in words))


def _row(each: VariedCoefficient) -> dict[str, object]:
    return {"term": each.term, "column": each.column, **{name: getattr(each, name) for name in NUMBERS}}


def _line(each: VariedCoefficient, width: int) -> str:
    if each.estimate is None:
        return f"  {each.column:{width}}  {(each.code or '').replace('_', ' ')}"
    df = "" if each.df is None else f"df {each.df:.1f}"
    se = "" if each.se is None else f"({each.se:.4f})"
    p = "" if each.p is None else f"p {each.p:.4g}"
    quantity = "" if each.quantity == "same" else f"  [{each.quantity}]"
    mark = " *" if each.changed else ""
    return f"  {each.column:{width}} {each.estimate:10.4f} {se:>10}  {df:10} {p}{mark}{quantity}".rstrip()
