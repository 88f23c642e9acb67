"""The table of the tests of variances: removal, exact, and HLM's test, one row per random effect."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.records.deletions import Heterogeneity, RandomEffectTest, RungDeletions
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import effect_terms
from mlm_steps.report.sentences.comparisons import mixture_words
from mlm_steps.report.text.facts import reason_in_words
from mlm_steps.report.text.grid import Grid, Row, columns, heading, row
from mlm_steps.report.text.notation import fixed, integer, p_value
from mlm_steps.report.text.text import Code, Emphasis, Number, Phrase, Word, join, say, source

__all__ = ["variance_test_grid"]

SEVERAL_FACTORS = "several_factors"
REMOVAL = (
    "χ² of the removal is the increase of the {criterion} without the random effect; a slope is removed with "
    "its covariances. The naive *p* is from one χ² distribution. A variance of zero lies on its boundary: if "
    "the mixture of χ² distributions is known, report the mixture *p*."
)
EXACT = say(
    "The exact *p* is simulated and available for single variances (Crainiceanu & Ruppert 2004; with other "
    "random effects Greven et al. 2008)."
)
HLM = say(
    "HLM’s χ² compares the least-squares coefficient of each group with its prediction from the fixed "
    "effects (Raudenbush & Bryk 2002). It uses only the groups in which this coefficient can be estimated."
)
NO_HLM = say(
    "HLM’s test requires a single grouping factor. With more than one, the least-squares coefficient of a "
    "group also contains the effects of the other factors."
)
Removal = dict[str, Number | Phrase | None]
REMOVAL_CELLS = ("statistic", "df", "p_naive", "p_boundary", "mixture", "p_rlrt")
HLM_CELLS = ("statistic", "df", "p", "n_groups")
HEADS: dict[str, Phrase] = {
    "statistic": ("χ² of removal",),
    "df": (Emphasis("df"),),
    "p_naive": ("Naive ", Emphasis("p")),
    "p_boundary": ("Mixture ", Emphasis("p")),
    "mixture": ("Null distribution",),
    "p_rlrt": ("Exact ", Emphasis("p")),
}
HLM_HEADS: dict[str, Phrase] = {
    "statistic": ("HLM’s χ²",),
    "df": ("HLM’s ", Emphasis("df")),
    "p": ("HLM’s ", Emphasis("p")),
    "n_groups": ("Groups",),
}


def variance_test_grid(given: ReportInput, rungs: Sequence[RungDeletions], caption: Phrase) -> Grid | None:
    """Return the tests of some rungs; columns that no test fills are left out. None without tests."""
    found = {rung.model: _tests(given, rung) for rung in rungs}
    cells = [pair for tests in found.values() for pair in tests.values()]
    removal = [key for key in REMOVAL_CELLS if any(left is not None and left[key] for left, _ in cells)]
    hlm = [key for key in HLM_CELLS if any(right is not None and right[key] for _, right in cells)]
    if not removal and not hlm:
        return None
    rows: list[Row] = []
    for rung in rungs:
        if len(rungs) > 1 and found[rung.model]:
            rows.append(heading((given.names.model(rung.model), f" ({rung.method})")))
        for head, (left, right) in found[rung.model].items():
            line = [_cell(left, key) for key in removal] + [_cell(right, key) for key in hlm]
            rows.append(row(head, line))
    heads = [HEADS[key] for key in removal] + [HLM_HEADS[key] for key in hlm]
    return Grid(
        caption=caption,
        columns=columns("Random effect", *heads),
        rows=tuple(rows),
        notes=_notes(given, rungs, removal, hlm),
        wide=True,
    )


def _cell(found: Removal | None, key: str) -> Number | Phrase | None:
    return None if found is None else found[key]


def _tests(given: ReportInput, rung: RungDeletions) -> dict[Phrase, tuple[Removal | None, Removal | None]]:
    """Return the tests of each random effect, or of each group of effects that is removed together."""
    found: dict[Phrase, tuple[Removal | None, Removal | None]] = {}
    for spread in rung.heterogeneity:
        if spread.code != SEVERAL_FACTORS:
            found[_head(given, rung, spread.group, (spread.effect,))] = (None, _hlm(given, rung, spread))
    for test in rung.deletions:
        head = _head(given, rung, test.group, test.effects) if test.effects else (Code(test.term),)
        found[head] = (_removal(given, rung, test), found.get(head, (None, None))[1])
    return found


def _head(given: ReportInput, rung: RungDeletions, group: str, effects: Sequence[str]) -> Phrase:
    terms = effect_terms(given.run.fit(rung.model))
    names = [given.names.effect(name, terms) for name in effects]
    return (*join(names, last=" and "), ", ", *given.names.group(group))


def _removal(given: ReportInput, rung: RungDeletions, test: RandomEffectTest) -> Removal:
    """Return the cells of a test by removal; without a test, the reason."""

    def number(field: str, text: str | None) -> Number | None:
        return None if text is None else Number(text, source("ranova", rung.model, test.term, field))

    if test.statistic is None:
        return dict.fromkeys(REMOVAL_CELLS) | {"mixture": (Word(test.reason or "not tested"),)}
    p_values = {"p_naive": test.p_naive, "p_boundary": test.p_boundary, "p_rlrt": test.p_rlrt}
    return {
        "statistic": number("statistic", fixed(test.statistic, 2)),
        "df": number("df", integer(test.df)),
        "mixture": mixture_words(test.mixture) or (reason_in_words(test.p_boundary_code),),
        **{
            name: number(name, None if p is None else p_value(p, given.alpha)) for name, p in p_values.items()
        },
    }


def _hlm(given: ReportInput, rung: RungDeletions, test: Heterogeneity) -> Removal:
    """Return the cells of HLM's test; without a test, the reason."""

    def number(field: str, text: str) -> Number:
        return Number(text, source("heterogeneity", rung.model, test.group, test.effect, field))

    if test.statistic is None or test.df is None or test.p is None or test.n_groups is None:
        return dict.fromkeys(HLM_CELLS) | {"statistic": (reason_in_words(test.code),)}
    return {
        "statistic": number("statistic", fixed(test.statistic, 2)),
        "df": number("df", integer(test.df)),
        "p": number("p", p_value(test.p, given.alpha)),
        "n_groups": number("n_groups", integer(test.n_groups)),
    }


def _notes(
    given: ReportInput, rungs: Sequence[RungDeletions], removal: Sequence[str], hlm: Sequence[str]
) -> tuple[Phrase, ...]:
    linear = any(given.run.fit(rung.model).linear for rung in rungs)
    several = any(test.code == SEVERAL_FACTORS for rung in rungs for test in rung.heterogeneity)
    wanted = {
        say(REMOVAL, criterion="criterion" if linear else "deviance"): bool(removal),
        EXACT: "p_rlrt" in removal,
        HLM: bool(hlm),
        NO_HLM: several,
    }
    return tuple(note for note, applies in wanted.items() if applies)
