"""Centre the level-1 predictors in other ways: not at all, at the grand mean, within groups.

The coefficient of a predictor that is not centred within groups is a weighted mean of its slopes within and
between groups, unless the group means are in the model (statistics, section 4). The variants therefore state
which quantity each coefficient estimates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from mlm_steps.records.remedies import DerivedColumn
from mlm_steps.records.sensitivity import Quantity
from mlm_steps.remedies.rewrite import rename
from mlm_steps.sensitivity.base import Baseline, Change, Inapplicable, Variant, share_within
from mlm_steps.sensitivity.forms import (
    LEAST_SHARE,
    Form,
    Predictor,
    predictors_of,
    transformed_predictors,
)

__all__ = ["centring"]

Target = Literal["raw", "cgm", "cwc", "cwc_means"]
UNNAMED = "the data have no column from which {} was made"
ONE_MEAN = "the group means of {} hardly differ, so that this is centring at the grand mean"
NONE = "the rung has no numeric level-1 predictor without a transformation"


@dataclass(frozen=True, slots=True)
class _Change:
    """One predictor and the form that it takes; ``adds_mean`` if its group means join the model."""

    of: Predictor
    form: Form
    adds_mean: bool = False

    @property
    def any(self) -> bool:
        """Whether the model differs."""
        return self.form != self.of.form or self.adds_mean


def centring(baseline: Baseline, /) -> Iterator[Variant | Inapplicable]:
    """Yield the model with its level-1 predictors raw, grand-mean centred and centred within groups.

    Centring within groups comes without and with the group means among the predictors. With several
    grouping factors, of which none is nested in another, there is such a variant for each.
    """
    several = len(baseline.innermost) > 1
    for position, (group, within) in enumerate(baseline.innermost):
        predictors = predictors_of(baseline, within)
        if not predictors:
            change = Change("with level-1 predictors centred in other ways")
            yield Inapplicable("centring", change, _why_none(baseline))
            return
        for target in ("raw", "cgm", "cwc", "cwc_means"):
            if target in ("raw", "cgm") and position:
                continue
            name = f"{target}({group})" if several and target.startswith("cwc") else target
            yield from _variant(baseline, predictors, target, name, group, within)


def _why_none(baseline: Baseline) -> str:
    transformed = transformed_predictors(baseline)
    return f"{NONE} ({', '.join(transformed)} is transformed)" if transformed else NONE


def _variant(
    baseline: Baseline,
    predictors: Sequence[Predictor],
    target: Target,
    name: str,
    group: str,
    within: tuple[str, ...],
) -> Iterator[Variant | Inapplicable]:
    """Yield the variant of one form; nothing if the model has it already."""
    able = [each for each in predictors if _can(each, target)]
    wanted = [each for each in predictors if each not in able and _form_of(target) != each.form]
    if not able:
        if wanted:
            yield Inapplicable(name, _words(wanted, target, group), _why_not(wanted, target))
        return
    changes = [_Change(each, _form_of(target), _adds(each, target)) for each in able]
    changes = [change for change in changes if change.any]
    if not changes or (target == "cwc_means" and not any(change.adds_mean for change in changes)):
        return
    renamed, columns, added = _columns(baseline, changes, within)
    text = rename(baseline.formula, renamed, added=added)
    yield Variant(
        name,
        _words([change.of for change in changes], target, group),
        partial(baseline.refit, text, columns=tuple(columns)),
        formula=text,
        renamed=renamed,
        quantities=_quantities(baseline, changes, within),
    )


def _form_of(target: Target) -> Form:
    return "cwc" if target == "cwc_means" else target


def _adds(predictor: Predictor, target: Target) -> bool:
    return target == "cwc_means" and predictor.mean is None


def _can(predictor: Predictor, target: Target) -> bool:
    """Return whether the data have the columns for this form, and whether it differs from the others."""
    if target in ("cwc", "cwc_means"):
        return predictor.spread
    return predictor.source is not None or predictor.form == target


def _why_not(predictors: Sequence[Predictor], target: Target) -> str:
    names = ", ".join(each.name for each in predictors)
    return (ONE_MEAN if target in ("cwc", "cwc_means") else UNNAMED).format(names)


def _words(predictors: Sequence[Predictor], target: Target, group: str) -> Change:
    how = {
        "raw": "not centred",
        "cgm": "centred at the grand mean",
        "cwc": "centred within {group}",
        "cwc_means": "centred within {group} and their group means",
    }
    names = tuple(each.base for each in predictors)
    return Change(f"with level-1 predictors {how[target]} ({{columns}})", group, names)


def _columns(
    baseline: Baseline, changes: Sequence[_Change], within: tuple[str, ...]
) -> tuple[dict[str, str], list[DerivedColumn], list[str]]:
    """Return the new names of columns, the columns to derive, and those to add to the fixed part."""
    renamed: dict[str, str] = {}
    columns: list[DerivedColumn] = []
    added: list[str] = []
    tag = "_".join(within)
    for change in changes:
        base, old = change.of.base, change.of.name
        if change.form == "raw":
            renamed[old] = base
        elif change.form != change.of.form:
            inside = within if change.form == "cwc" else ()
            renamed[old] = _free(baseline, f"{base}_within_{tag}" if inside else f"{base}_centred")
            columns.append(DerivedColumn(name=renamed[old], source=base, kind="center", within=inside))
        if change.adds_mean:
            added.append(_free(baseline, f"{base}_mean_{tag}"))
            columns.append(DerivedColumn(name=added[-1], source=base, kind="mean", within=within))
    return renamed, columns, added


def _free(baseline: Baseline, wanted: str) -> str:
    """Return a name that no column of the data has."""
    while wanted in baseline.sample.columns:
        wanted += "_"
    return wanted


def _quantities(
    baseline: Baseline, changes: Sequence[_Change], within: tuple[str, ...]
) -> dict[str, Quantity]:
    """Return what the coefficients of the variant estimate, where it is not what those of the rung do."""
    design, codes = baseline.fit.design, baseline.codes(within)
    terms = [frozenset(names) for names in design.term_variables]
    found: dict[str, Quantity] = {}
    for position, (column, assign) in enumerate(zip(design.columns, design.assign, strict=True)):
        if not assign:
            continue
        upper = share_within(design.X[:, position], codes) < LEAST_SHARE
        meanings = [_quantity(change, terms[assign - 1], terms, upper=upper) for change in changes]
        other = next((meaning for meaning in meanings if meaning != "same"), None)
        if other is not None:
            found[column] = other
    return found


def _quantity(
    change: _Change, term: frozenset[str], terms: Sequence[frozenset[str]], *, upper: bool
) -> Quantity:
    """Return what the coefficient of a term estimates after one change; ``upper`` for a level-2 column."""
    of, mean = change.of, change.of.mean
    if of.name in term:
        others = term - {of.name}
        held = mean is not None and others | {mean} in terms
        here = _slope(of.form, of, held=held)
        there = _slope(change.form, of, held=held or (change.adds_mean and not others))
        return "same" if here == there and of.form != "outer" else there
    if mean is not None and mean in term:
        here, there = ("between" if form == "cwc" else "contextual" for form in (of.form, change.form))
        return "same" if here == there else there
    if change.form != of.form and any(term | {of.name} <= other for other in terms):
        return "elsewhere"
    if upper and of.spread and mean is None:
        before, after = of.form != "cwc", change.form != "cwc" or change.adds_mean
        if before != after:
            return "adjusted" if after else "unadjusted"
    return "same"


def _slope(form: Form, of: Predictor, *, held: bool) -> Quantity:
    """Return which slope the coefficient of a predictor is; ``held`` if its group means are in the model."""
    return "within" if form == "cwc" or held or not of.spread else "blend"
