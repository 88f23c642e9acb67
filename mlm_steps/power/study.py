"""A planned study: a declared design, its truth and the tests that are asked about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.errors import Fault, UsageError, did_you_mean
from mlm_steps.power.closed import Closed, closed_power
from mlm_steps.power.declared.columns import ModelColumns
from mlm_steps.power.declared.predictors import Derivation, Predictor, Predictors, allocation
from mlm_steps.power.declared.sizes import Factor, Layout, Varying, layout_of
from mlm_steps.power.declared.source import DeclaredSource, Missing
from mlm_steps.power.expected import CrossProducts
from mlm_steps.power.tests import Alternative, Test
from mlm_steps.power.truth import Truth

__all__ = ["Answer", "Declare", "Study", "answers_at", "closed_answers"]

Array = NDArray[np.float64]
Declare = Callable[[ModelColumns], Truth]

PRECISION = 0.003
"""Standard error of a mean over drawn designs at which no more are drawn."""
AT_A_TIME = 200
"""Designs that are drawn before the standard error is looked at again."""
MOST_DESIGNS = 2000
"""Largest number of designs that are drawn for a closed answer."""


@dataclass(frozen=True, eq=False)
class Study:
    """A planned study.

    Attributes
    ----------
    factors : tuple of Factor
    rows : int, tuple of int or Varying
        Rows per group of the innermost factor.
    predictors, derivations, correlations
        As of ``Predictors``.
    formula : str
    declare : callable
        The truth, from the columns of the model.
    effects : tuple of str
        Names of columns or of terms; empty for all columns but the intercept.
    alternative : {"two-sided", "greater", "less"}
    alpha : float
    seed : int
    missing : Missing
    z : bool
        Whether the tests have infinite degrees of freedom.
    smaller : tuple of str
        Formulas of smaller models, for likelihood ratio tests.
    """

    factors: tuple[Factor, ...]
    rows: int | tuple[int, ...] | Varying
    formula: str
    declare: Declare
    predictors: tuple[Predictor, ...] = ()
    derivations: tuple[Derivation, ...] = ()
    correlations: dict[tuple[str, str], float] = field(default_factory=dict)
    effects: tuple[str, ...] = ()
    alternative: Alternative = "two-sided"
    alpha: float = 0.05
    seed: int = 1
    missing: Missing = field(default_factory=Missing)
    z: bool = False
    smaller: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Identifies design and model; effects, size of the test and truth are not part of it."""
        parts = [self.factors, self.rows, self.predictors, self.derivations, self.missing, self.formula]
        pairs = sorted((*names, r) for names, r in self.correlations.items())
        return sha256(repr([*parts, pairs]).encode()).hexdigest()[:16]

    @cached_property
    def source(self) -> DeclaredSource:
        """The source of its designs."""
        layout = layout_of(self.factors, self.rows)
        predictors = Predictors(layout, self.predictors, self.derivations, self.correlations)
        return DeclaredSource(self.key, self.formula, predictors, self.seed, self.missing)

    @cached_property
    def columns(self) -> ModelColumns:
        """The columns of the model."""
        return ModelColumns(self.source)

    @property
    def too_small(self) -> Fault | None:
        """Why no study of this design identifies its coefficients; None if it can."""
        layout = layout_of(self.factors, self.rows)
        for predictor in self.predictors:
            empty = _empty_arm(predictor, layout)
            if empty is not None:
                return Fault(f"design.predictors.{predictor.name}", empty, "more of them, or another share")
        inner = self.factors[-1]
        if len(self.factors) == 1 and layout.sizes(inner.name).max() == 1:
            return Fault(
                "design.rows", "groups of one row have no variance within", "2 rows or more are needed"
            )
        design = self.source.template
        for name, refs in layout.refs.items():
            J, own = len(layout.labels[name]), _of_groups(design.X, refs)
            if own >= J:
                levels = f"{J} level{'s' if J > 1 else ''} of {name}"
                what = f"{levels} cannot tell {own} coefficients apart, the intercept included"
                return Fault("design.groups", what, f"at least {own + 1} are needed")
        if design.dropped:
            what = f"the coefficient of '{design.dropped[0]}' cannot be estimated"
            return Fault("design", what, "it does not vary, or other columns determine it")
        return None

    @property
    def arms(self) -> int:
        """The number of groups is a multiple of it, so that equal arms of groups stay equal."""
        first = self.factors[0].name
        equal = [p for p in self.predictors if p.factor == first and p.kind == "binary" and p.share == 0.5]
        return 2 if equal else 1

    @cached_property
    def truth(self) -> Truth:
        """What is true of the population.

        Raises
        ------
        UsageError
            If the design does not identify the coefficients, or the truth is impossible.
        """
        if self.too_small is not None:
            raise UsageError(self.too_small)
        return self.declare(self.columns)

    @cached_property
    def tests(self) -> tuple[Test, ...]:
        """The tests of all effects.

        Raises
        ------
        UsageError
            If an effect is neither a column nor a term of the model.
        """
        design = self.source.template
        names = self.effects or tuple(name for name in design.columns if name != "(Intercept)")
        if not names:
            raise UsageError(
                Fault("effects", "the model has no coefficient but the intercept", "add a predictor")
            )
        faults, tests = [], []
        for i, name in enumerate(names):
            rows = [k for k, column in enumerate(design.columns) if column == name]
            if not rows and name in design.term_labels:
                term = design.term_labels.index(name) + 1
                rows = [k for k, assign in enumerate(design.assign) if assign == term]
            if not rows:
                known = (*design.columns, *design.term_labels)
                hint = _in_other_order(name, known) or did_you_mean(name, known)
                hint = hint or f"it has {', '.join(dict.fromkeys(known))}"
                faults.append(Fault(f"effects[{i}]", f"the model has no effect '{name}'", hint))
                continue
            alternative: Alternative = self.alternative if len(rows) == 1 else "two-sided"
            tests.append(Test(name, np.eye(design.p)[rows], alternative))
        if faults:
            raise UsageError(*faults)
        return tuple(tests)

    def with_groups(self, count: int) -> Study:
        """Return the study with another number of groups of the first factor."""
        first, *rest = self.factors
        return replace(self, factors=(replace(first, count=count), *rest))

    def with_second(self, count: int) -> Study:
        """Return the study with another number of levels of the second factor, such as items."""
        first, second, *rest = self.factors
        return replace(self, factors=(first, replace(second, count=count), *rest))

    def with_rows(self, rows: int) -> Study:
        """Return the study with another number of rows per group, of unequal groups in the mean."""
        if isinstance(self.rows, Varying):
            return replace(self, rows=Varying(float(rows), self.rows.cv))
        if isinstance(self.rows, int):
            return replace(self, rows=rows)
        ratio = rows / float(np.mean(self.rows))
        return replace(self, rows=tuple(max(1, round(size * ratio)) for size in self.rows))


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The closed answer for one test.

    Attributes
    ----------
    test : Test
    estimate : ndarray, shape (q,)
        L beta at the truth.
    power : float
        Mean over the drawn designs.
    se : float
        Standard error of that mean; 0 for a single design.
    sd : float
        Standard deviation over the drawn designs; 0 for a single design.
    df, standard_error : float
        Means over the designs; ``standard_error`` of a test with one row.
    designs : int
    parts : tuple of Closed
        The answers of the drawn designs.
    """

    test: Test
    estimate: Array
    power: float
    se: float
    sd: float
    df: float
    standard_error: float
    designs: int
    parts: tuple[Closed, ...]

    def at(self, estimate: Array, alpha: float) -> float:
        """Return the power at another effect."""
        return float(np.nanmean(np.concatenate([part.at(estimate, alpha) for part in self.parts])))


def closed_answers(study: Study, *, precision: float = PRECISION) -> tuple[Answer, ...]:
    """Return the closed answers for all tests of a study, over as many drawn designs as are needed."""
    return answers_at(study, (study.truth,), precision=precision)[0]


def answers_at(
    study: Study, truths: Sequence[Truth], *, precision: float = PRECISION
) -> tuple[tuple[Answer, ...], ...]:
    """Return the closed answers for all tests under several truths, over the same drawn designs."""
    if study.too_small is not None:
        raise UsageError(study.too_small)
    source, tests = study.source, study.tests
    found: list[list[list[Closed]]] = [[[] for _ in tests] for _ in truths]
    redrawn = source.predictors.redrawn or source.missing.share > 0.0
    for first in range(0, MOST_DESIGNS if redrawn else 1, AT_A_TIME):
        numbers = range(first, first + AT_A_TIME) if redrawn else range(1)
        drawn = source.draw([stream(study.seed, f"power/{source.key}", b) for b in numbers])
        products = CrossProducts.of(source.template, drawn)
        if products is None:
            raise UsageError(
                Fault("design", "the groups are too many for a closed answer", "simulate instead")
            )
        for of_truth, truth in zip(found, truths, strict=True):
            for own, answer in zip(
                of_truth, closed_power(products, truth, tests, study.alpha, z=study.z), strict=True
            ):
                own.append(answer)
        answers = tuple(
            tuple(_answer(test, own) for test, own in zip(tests, of_truth, strict=True)) for of_truth in found
        )
        if max(answer.se for of_truth in answers for answer in of_truth) < precision:
            break
    return answers


def _in_other_order(name: str, known: Sequence[str]) -> str | None:
    """Return a hint for an interaction whose parts are written in another order than the model has them."""
    same = [each for each in known if sorted(each.split(":")) == sorted(name.split(":"))]
    return f"did you mean '{same[0]}'?" if same else None


def _of_groups(X: Array, refs: NDArray[np.intp]) -> int:
    """Return the number of columns that do not vary within the levels of a factor."""
    order = np.argsort(refs, kind="stable")
    starts = np.unique(refs[order], return_index=True)[1]
    high, low = (each.reduceat(X[order], starts, axis=0) for each in (np.maximum, np.minimum))
    return int(np.sum((high == low).all(axis=0)))


def _empty_arm(predictor: Predictor, layout: Layout) -> str | None:
    """Return what is wrong with a binary predictor or a category of which an arm is empty."""
    if predictor.kind not in ("binary", "category"):
        return None
    shares = (
        [1.0 - predictor.share, predictor.share]
        if predictor.kind == "binary"
        else [*predictor.shares.values()]
    )
    if predictor.factor is None:
        sizes, whole = np.unique(layout.sizes(layout.units)), f"the rows of any {layout.units}"
    else:
        J = len(layout.labels[predictor.factor])
        sizes, whole = np.array([J]), f"{J} level{'s' if J > 1 else ''} of {predictor.factor}"
    used = set().union(*(allocation(shares, int(size)).tolist() for size in sizes))
    empty = [share for arm, share in enumerate(shares) if arm not in used]
    return f"leaves an arm empty: a share of {min(empty):g} of {whole} comes to none" if empty else None


def _answer(test: Test, parts: Sequence[Closed]) -> Answer:
    power = np.concatenate([part.power for part in parts])
    whole = np.isfinite(power)
    lost = not whole.any()
    power = np.where(whole, power, 0.0)  # a design that does not identify the effect finds nothing
    D = power.size
    sd = float(power.std(ddof=1)) if D > 1 else 0.0
    df = np.concatenate([part.df for part in parts])[whole]
    variance = np.concatenate([part.vcov[:, 0, 0] for part in parts])[whole]
    return Answer(
        test,
        parts[0].estimate,
        float("nan") if lost else float(power.mean()),
        sd / np.sqrt(D),
        sd,
        float("nan") if lost else float(df.mean()),
        float("nan") if lost else float(np.sqrt(variance).mean()),
        D,
        tuple(parts),
    )
