"""Principal components of the random effects (statistics, section 12)."""

from __future__ import annotations

from mlm_steps.records.random_effects import RandomComponents
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Table, table_of

__all__ = ["random_pca"]

COLUMNS = (
    "model",
    "term_index",
    "group",
    "effects",
    "component",
    "sd",
    "share",
    "cumulative",
    "outcome_share",
    "effective_rank",
)


def random_pca(run: RunRecords) -> Table:
    """Return one row per component of each term; ``term_index`` is empty for all terms of a factor together.

    ``sd`` is relative to the residual's for a linear model, as lme4's ``rePCA``; ``share`` depends on the
    units of the predictors, ``outcome_share`` does not.
    """
    codes = {"term_index": "all_terms", **dict.fromkeys(("share", "cumulative", "outcome_share"), "boundary")}
    rows = [
        (cells, codes)
        for fit in run.fits
        for term in fit.random_components
        for cells in _rows(fit.model, term)
    ]
    return table_of("random_pca", COLUMNS, rows)


def _rows(model: str, term: RandomComponents) -> list[dict[str, Cell]]:
    return [
        {
            "model": model,
            "term_index": term.term_index,
            "group": term.group,
            "effects": "; ".join(term.effects),
            "component": number + 1,
            "sd": sd,
            "share": None if term.shares is None else term.shares[number],
            "cumulative": None if term.shares is None else sum(term.shares[: number + 1]),
            "outcome_share": None if term.outcome_shares is None else term.outcome_shares[number],
            "effective_rank": term.effective_rank,
        }
        for number, sd in enumerate(term.sds)
    ]
