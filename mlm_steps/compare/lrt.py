"""The likelihood ratio test of two rungs (statistics, section 6)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlm_steps.compare.mixtures import BoundaryNull, boundary_null, chi_square_tail, mixture_tail
from mlm_steps.compare.nesting import Relation, embed_theta, log_det_basis, relate
from mlm_steps.compare.refusal import Refusal, data_mismatch, no_test, search_failed
from mlm_steps.compare.simulations import Simulations, with_bootstrap, with_rlrt
from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.design.one_name import factor_identity
from mlm_steps.engine.fit.estimates import Estimates
from mlm_steps.engine.fit.lmm import fit_lmm
from mlm_steps.engine.result.components import reductions
from mlm_steps.engine.result.lmm_fit import LmmFit, Method
from mlm_steps.engine.result.moments import variance_parts
from mlm_steps.errors import ComparisonError, Fault
from mlm_steps.records import ComparisonRecord, Notice, VarianceChange

__all__ = ["compare_lrt"]

ROUNDING = 1e-10  # share of the criterion below which a difference of two criteria is rounding
WORSE = -1e-6  # a statistic below this is a failed optimisation, above it rounding

Pair = tuple[LmmFit, LmmFit]


def compare_lrt(
    smaller: Estimates,
    larger: Estimates,
    *,
    names: tuple[str, str],
    method: Method,
    asked: Simulations | None = None,
) -> ComparisonRecord:
    """Return the comparison of two models of one outcome on the same rows.

    Where the fixed part changes, the statistic is the difference of the deviances of ML fits; where only the
    random part does, that of the criteria under ``method``. Information criteria are always those of ML fits,
    variance components and R² those of fits by ``method``.

    Parameters
    ----------
    smaller, larger : Estimates
        The two models; ``larger`` should contain ``smaller``. If it does not, there is no test, and the
        record says why.
    names : tuple of two str
        What to call them.
    method : {"REML", "ML"}
        The method whose estimates are reported.
    asked : Simulations, optional
        Which null distributions are simulated; the exact one of a single variance where nothing is said.

    Raises
    ------
    ComparisonError
        If the larger model fits worse than the smaller one that it contains, even when its search starts at
        the optimum of the smaller one.
    """
    mismatch = data_mismatch(smaller.design, larger.design, names)
    if mismatch is not None:
        return _untested(smaller.design, larger.design, names, mismatch)
    relation = relate(smaller.design, larger.design)
    refusal = no_test(smaller.design, larger.design, relation, names)
    notices: list[Notice] = []
    pairs = {
        kind: _optima(kind, smaller, larger, relation if refusal is None else None, names, notices)
        for kind in dict.fromkeys(("ML", method))
    }
    failure = search_failed(pairs.values(), names)
    if failure is not None:
        return _untested(smaller.design, larger.design, names, failure, relation)
    record = _untested(smaller.design, larger.design, names, refusal, relation)
    record = _with_deltas(record, pairs["ML"], pairs[method])
    if refusal is None:
        criterion: Method = method if relation.changed == "variance" else "ML"
        record = _with_test(record, pairs[criterion], relation, notices)
        record = with_rlrt(record, pairs[criterion], relation, asked or Simulations())
        record = with_bootstrap(record, pairs[criterion], relation, asked or Simulations())
    return record.model_copy(update={"notices": (*notices, *record.notices)})


def _untested(
    smaller: Design,
    larger: Design,
    names: tuple[str, str],
    refusal: Refusal | None,
    relation: Relation | None = None,
) -> ComparisonRecord:
    """Return the record without what the fits tell."""
    return ComparisonRecord(
        smaller=names[0],
        larger=names[1],
        changed=None if relation is None else relation.changed,
        added=_added(smaller, larger),
        criterion=None,
        statistic=None,
        df=None,
        p_naive=None,
        p_boundary=None,
        mixture=None,
        p_boundary_code=None,
        delta_aic=None,
        delta_bic=None,
        delta_deviance=None,
        prv=(),
        delta_r2_marginal=None,
        delta_r2_conditional=None,
        nested=None if relation is None else relation.nested,
        refused=None if refusal is None else refusal.code,
        reason=None if refusal is None else refusal.reason,
    )


def _with_deltas(record: ComparisonRecord, ml: Pair, reported: Pair) -> ComparisonRecord:
    """Return the record with what compares without a test."""
    change = ml[1].criterion - ml[0].criterion
    npar = ml[1].npar - ml[0].npar
    before, after = (variance_parts(fit) for fit in reported)
    prv = tuple(
        VarianceChange(
            group=row.group,
            effect=row.effect,
            smaller=row.before,
            larger=row.after,
            prv=row.share,
            code=row.code,
        )
        for row in reductions(*reported)
    )
    return record.model_copy(
        update={
            "delta_deviance": change,
            "delta_aic": change + 2 * npar,
            "delta_bic": float(change + np.log(ml[0].design.n) * npar),
            "prv": prv,
            "delta_r2_marginal": after.r2_marginal - before.r2_marginal,
            "delta_r2_conditional": after.r2_conditional - before.r2_conditional,
        }
    )


def _with_test(
    record: ComparisonRecord, pair: Pair, relation: Relation, notices: list[Notice]
) -> ComparisonRecord:
    """Return the record with the statistic, the naive p value and, where it is known, the boundary's."""
    statistic = _statistic(pair)
    if statistic <= ROUNDING * (1 + abs(pair[0].criterion)):
        statistic = 0.0
    null = _null(pair, relation)
    if null.approximate:
        notices.append(_binomial_weights(record.larger))
    p_boundary = None if null.mixture is None else mixture_tail(null.mixture, statistic)
    return record.model_copy(
        update={
            "criterion": pair[0].method,
            "statistic": statistic,
            "df": relation.df,
            "p_naive": chi_square_tail(relation.df, statistic),
            "p_boundary": p_boundary,
            "mixture": null.mixture,
            "p_boundary_code": null.code,
        }
    )


def _null(pair: Pair, relation: Relation) -> BoundaryNull:
    if relation.changed not in ("variance", "both"):
        return BoundaryNull(None, "not_applicable")
    if pair[0].singular:
        return BoundaryNull(None, "null_on_boundary")
    return boundary_null(pair[0].design, pair[1].design, relation.up)


def _optima(
    kind: Method,
    smaller: Estimates,
    larger: Estimates,
    relation: Relation | None,
    names: tuple[str, str],
    notices: list[Notice],
) -> Pair:
    """Return the two fits; where the larger model contains the smaller one, it does not fit worse.

    REML criteria of different fixed parts do not compare.
    """
    pair = (smaller.under(kind), larger.under(kind))
    if relation is None or (kind == "REML" and relation.changed != "variance") or _statistic(pair) >= WORSE:
        return pair
    start = embed_theta(pair[0], pair[1].design, relation.up)
    again = fit_lmm(pair[1].design, method=kind, start=start, prepared=pair[1].prepared)
    short = _statistic((pair[0], again))
    if short < WORSE:
        what = f"'{names[1]}' fits worse than '{names[0]}', which it contains ({kind}: {-short:.6g} higher)"
        hint = "the search for its optimum failed; rescale its predictors or simplify its random part"
        raise ComparisonError(Fault("", what, hint))
    notices.append(_searched_again(kind, names))
    return (pair[0], again)


def _statistic(pair: Pair) -> float:
    """Return by how much the criterion falls; that of REML on the larger model's coding of the fixed part."""
    basis = log_det_basis(pair[0].design, pair[1].design) if pair[0].method == "REML" else 0.0
    return pair[0].criterion - basis - pair[1].criterion


def _added(smaller: Design, larger: Design) -> tuple[str, ...]:
    """Return what is new, random effects as lmerTest's ``ranova`` words them."""
    fixed = [label for label in larger.term_labels if label not in smaller.term_labels]
    new = [_new(term, smaller.random) for term in larger.random]
    partly = {term.source for term, text in zip(larger.random, new, strict=True) if text != term.source}
    random = [_alone(term) if text in partly else text for term, text in zip(larger.random, new, strict=True)]
    return (*fixed, *dict.fromkeys(text for text in random if text))


def _alone(term: RandomTerm) -> str:
    """Return a term without those that are written with it: of ``(x || g)``, or of ``(1 | a/b)``."""
    return term.alone or f"{term.names[0]} in {term.source}"


def _new(term: RandomTerm, before: Sequence[RandomTerm]) -> str:
    """Return what of a term the terms before do not have; nothing if they have it all.

    A term that stands alone is named as it is written; else its new effects are, or its covariances.
    """
    factor = factor_identity(term.group)
    known = [set(other.identities) for other in before if factor_identity(other.group) == factor]
    if any(there >= set(term.identities) for there in known):
        return ""
    own = zip(term.names, term.identities, strict=True)
    effects = [name for name, identity in own if not any(identity in there for there in known)]
    if len(effects) == len(term.names):
        return term.source
    return f"{' + '.join(effects) or 'covariances'} in {term.source}"


def _binomial_weights(larger: str) -> Notice:
    text = (
        "Several variances enter at once. The weights of the boundary mixture are binomial, which is exact "
        "only if the information on these variances is diagonal; a bootstrap does not need that."
    )
    return Notice(code="binomial_weights", severity="info", text=text, model=larger)


def _searched_again(kind: Method, names: tuple[str, str]) -> Notice:
    text = (
        f"The first search for the {kind} optimum of '{names[1]}' ended above that of '{names[0]}', which it "
        "contains; the comparison uses a second search that started there."
    )
    return Notice(code="searched_again", severity="warning", text=text, model=names[1])
