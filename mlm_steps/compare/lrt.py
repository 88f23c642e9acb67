"""The likelihood ratio test of two rungs (statistics, section 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from mlm_steps.compare.mixtures import BoundaryNull, boundary_null, chi_square_tail, mixture_tail
from mlm_steps.compare.nesting import Relation, embed_theta, log_det_basis, relate
from mlm_steps.compare.refusal import Refusal, approximation_mismatch, data_mismatch, no_test, search_failed
from mlm_steps.compare.simulations import Simulations, bootstrap_of, exact_p
from mlm_steps.compare.weak_wald import weak_wald_notices
from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.design.one_name import factor_identity
from mlm_steps.engine.fit.estimates import Estimates
from mlm_steps.engine.fit.mixed import search_again
from mlm_steps.engine.fit.single_level import SingleLevelEstimates
from mlm_steps.engine.result.components import reductions
from mlm_steps.engine.result.lmm_fit import Method
from mlm_steps.engine.result.mixed_fit import MixedFit, linear_fit
from mlm_steps.engine.result.moments import variance_parts
from mlm_steps.errors import ComparisonError, Fault
from mlm_steps.records import ComparisonRecord, MixtureComponent, Notice, VarianceChange
from mlm_steps.records.simulation import bootstrap_notices

__all__ = ["compare_lrt"]

ROUNDING = 1e-10
"""Difference of two criteria, relative to them, up to which it is rounding error and counts as 0."""
WORSE = -1e-6
"""Statistics below this are due to a failed search. Rounding errors of criteria near 1e6 are smaller."""

Pair = tuple[MixedFit, MixedFit]


def compare_lrt(
    smaller: Estimates | SingleLevelEstimates,
    larger: Estimates,
    *,
    names: tuple[str, str],
    method: Method,
    asked: Simulations | None = None,
) -> ComparisonRecord:
    """Return the comparison of two models of one outcome on the same rows.

    If the fixed part changes, the statistic is the difference of the ML deviances; if only the random part
    changes, it is the difference of the criteria under ``method``. Information criteria are always from ML
    fits; variance components and R² are from fits by ``method``.

    Parameters
    ----------
    smaller, larger : Estimates
        The two models. If ``larger`` does not contain ``smaller``, there is no test, and the record holds
        a reason code and an explanation. The smaller one may have no random effects.
    names : tuple of two str
        Names of the two models.
    method : {"REML", "ML"}
        The method whose estimates are reported.
    asked : Simulations, optional
        Which null distributions are simulated; by default the exact one of a single variance.

    Raises
    ------
    ComparisonError
        If the larger model fits worse than the smaller one that it contains, even after a search that starts
        at the optimum of the smaller one.
    """
    record = partial(_record, smaller.design, larger.design, names)
    mismatch = data_mismatch(smaller.design, larger.design, names)
    if mismatch is not None:
        return record(refusal=mismatch)
    relation = relate(smaller.design, larger.design)
    refusal = no_test(smaller.design, larger.design, relation, names)
    notices: list[Notice] = []
    pairs = {
        kind: _optima(kind, smaller, larger, relation if refusal is None else None, names, notices)
        for kind in dict.fromkeys(("ML", method))
    }
    failure = search_failed(pairs.values(), names) or approximation_mismatch(pairs["ML"], names)
    if failure is not None:
        return record(relation=relation, refusal=failure)
    changes = _changes(pairs["ML"], pairs[method])
    if refusal is not None:
        return record(relation=relation, refusal=refusal, changes=changes)
    criterion: Method = method if relation.changed == "variance" else "ML"
    test, about_test = _test(pairs[criterion], relation, names, asked or Simulations())
    return record(relation=relation, changes=changes, test=test, notices=[*notices, *about_test])


@dataclass(frozen=True)
class _Changes:
    """Fields of the record that exist without a test: values of the larger model minus the smaller one."""

    delta_deviance: float
    delta_aic: float
    delta_bic: float
    prv: tuple[VarianceChange, ...]
    delta_r2_marginal: float | None
    delta_r2_conditional: float | None


@dataclass(frozen=True)
class _Test:
    """Fields of the record that exist only if there is a test."""

    criterion: Method
    statistic: float
    df: int
    p_naive: float
    p_boundary: float | None
    mixture: tuple[MixtureComponent, ...] | None
    p_boundary_code: str | None
    p_rlrt: float | None
    p_rlrt_code: str | None
    rlrt_approximate: bool
    p_boot: float | None
    p_boot_code: str | None
    replicates: int | None
    failed: int | None


def _record(
    smaller: Design,
    larger: Design,
    names: tuple[str, str],
    *,
    relation: Relation | None = None,
    refusal: Refusal | None = None,
    changes: _Changes | None = None,
    test: _Test | None = None,
    notices: Sequence[Notice] = (),
) -> ComparisonRecord:
    """Return the record of a test, or of the reason why there is none."""
    return ComparisonRecord.model_validate(
        {
            "smaller": names[0],
            "larger": names[1],
            "changed": None if relation is None else relation.changed,
            "nested": None if relation is None else relation.nested,
            "added": _added(smaller, larger),
            "refused": None if refusal is None else refusal.code,
            "reason": None if refusal is None else refusal.reason,
            "notices": tuple(notices),
            **({} if changes is None else vars(changes)),
            **({} if test is None else vars(test)),
        }
    )


def _changes(ml: Pair, reported: Pair) -> _Changes:
    """Return the changes of ML information criteria and of the reported variances."""
    change = ml[1].criterion - ml[0].criterion
    npar = ml[1].npar - ml[0].npar
    prv, r2 = _explained(reported)
    return _Changes(
        delta_deviance=change,
        delta_aic=change + 2 * npar,
        delta_bic=float(change + np.log(ml[0].design.n) * npar),
        prv=prv,
        delta_r2_marginal=r2[0],
        delta_r2_conditional=r2[1],
    )


def _explained(reported: Pair) -> tuple[tuple[VarianceChange, ...], tuple[float | None, float | None]]:
    """Return the changes of variance components and of R², marginal and conditional.

    Raw changes of variances and of R² mean nothing for models whose residual variance is fixed (statistics,
    section 22.6): there are none for generalized models. Nor are there any for a model without groups, whose
    residual variance contains the variance between groups.
    """
    if not all(fit.design.response.linear and fit.design.random for fit in reported):
        return (), (None, None)
    linear = tuple(map(linear_fit, reported))
    before, after = map(variance_parts, linear)
    prv = tuple(
        VarianceChange(
            group=row.group,
            effect=row.effect,
            smaller=row.before,
            larger=row.after,
            prv=row.share,
            code=row.code,
        )
        for row in reductions(linear[0], linear[1])
    )
    marginal = after.r2_marginal - before.r2_marginal
    return prv, (marginal, after.r2_conditional - before.r2_conditional)


def _test(
    pair: Pair, relation: Relation, names: tuple[str, str], asked: Simulations
) -> tuple[_Test, list[Notice]]:
    """Return the statistic with its p value under each null distribution, and notices about these."""
    statistic = _statistic(pair)
    if statistic <= ROUNDING * (1 + abs(pair[0].criterion)):
        statistic = 0.0
    null = _null(pair, relation)
    designs, method = (pair[0].design, pair[1].design), pair[1].method
    exact = exact_p(designs, relation, method, statistic, asked)
    simulated = bootstrap_of(pair, relation, null, statistic, asked, names)
    notices = [_binomial_weights(names[1])] if null.approximate else []
    test = _Test(
        criterion=pair[0].method,
        statistic=statistic,
        df=relation.df,
        p_naive=chi_square_tail(relation.df, statistic),
        p_boundary=None if null.mixture is None else mixture_tail(null.mixture, statistic),
        mixture=null.mixture,
        p_boundary_code=null.code,
        p_rlrt=exact.p,
        p_rlrt_code=exact.code,
        rlrt_approximate=exact.approximate,
        p_boot=simulated.p,
        p_boot_code=simulated.code,
        replicates=simulated.replicates,
        failed=simulated.failed,
    )
    notices += weak_wald_notices(pair, relation, test.p_naive, names)
    return test, [*notices, *bootstrap_notices(simulated, names)]


def _null(pair: Pair, relation: Relation) -> BoundaryNull:
    if relation.changed not in ("variance", "both", "family"):
        return BoundaryNull(None, "not_applicable")
    if pair[0].singular:
        return BoundaryNull(None, "null_on_boundary")
    return boundary_null(pair[0].design, pair[1].design, relation.up)


def _optima(
    kind: Method,
    smaller: Estimates | SingleLevelEstimates,
    larger: Estimates,
    relation: Relation | None,
    names: tuple[str, str],
    notices: list[Notice],
) -> Pair:
    """Return the two fits; if the larger model fits worse, search again from the optimum of the smaller one.

    If the fixed parts differ, the REML criteria are not comparable and are not checked.
    """
    pair = (smaller.under(kind), larger.under(kind))
    if relation is None or (kind == "REML" and relation.changed != "variance") or _statistic(pair) >= WORSE:
        return pair
    start = embed_theta(pair[0], pair[1].design, relation.up)
    again = search_again(pair[1], start)
    short = _statistic((pair[0], again))
    if short < WORSE:
        what = f"'{names[1]}' fits worse than '{names[0]}', which it contains ({kind}: {-short:.6g} higher)"
        hint = "the search for its optimum failed; rescale its predictors or simplify its random part"
        raise ComparisonError(Fault("", what, hint))
    notices.append(_searched_again(kind, names))
    return (pair[0], again)


def _statistic(pair: Pair) -> float:
    """Return the decrease of the criterion; REML criteria are compared in the larger model's coding of X."""
    basis = log_det_basis(pair[0].design, pair[1].design) if pair[0].method == "REML" else 0.0
    return pair[0].criterion - basis - pair[1].criterion


def _added(smaller: Design, larger: Design) -> tuple[str, ...]:
    """Return what the larger model adds; random effects are written as in lmerTest's ``ranova``."""
    fixed = [label for label in larger.term_labels if label not in smaller.term_labels]
    new = [_new(term, smaller.random) for term in larger.random]
    partly = {term.source for term, text in zip(larger.random, new, strict=True) if text != term.source}
    random = [_alone(term) if text in partly else text for term, text in zip(larger.random, new, strict=True)]
    family = larger.response.family
    distribution = () if family == smaller.response.family else (f"family: {family}",)
    return (*fixed, *dict.fromkeys(text for text in random if text), *distribution)


def _alone(term: RandomTerm) -> str:
    """Return a single term of an expression such as ``(x || g)`` or ``(1 | a/b)``, which denotes several."""
    return term.alone or f"{term.names[0]} in {term.source}"


def _new(term: RandomTerm, before: Sequence[RandomTerm]) -> str:
    """Return the part of a term that earlier terms do not contain, or an empty string if there is none.

    An entirely new term is named as in the formula; otherwise its new effects or its covariances are named.
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
        "only if the information matrix of these variances is diagonal; a bootstrap does not assume that."
    )
    return Notice(code="binomial_weights", severity="info", text=text, model=larger)


def _searched_again(kind: Method, names: tuple[str, str]) -> Notice:
    text = (
        f"The first search for the {kind} optimum of '{names[1]}' ended above that of '{names[0]}', which it "
        "contains; the comparison uses a second search that started there."
    )
    return Notice(code="searched_again", severity="warning", text=text, model=names[1])
