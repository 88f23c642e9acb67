"""Whether random effects go with predictors of groups: score tests (statistics, section 13.8).

A random intercept or slope that goes with a predictor of the groups shows an effect that the model leaves
out: of the predictor itself, or of its product with the slope's column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import RandomTerm
from mlm_steps.diagnose.base import Contribution
from mlm_steps.diagnose.parts.flags import flag
from mlm_steps.diagnose.parts.scores import Block, ScoreTest, score_tests
from mlm_steps.diagnose.parts.standard import standard_modes
from mlm_steps.diagnose.parts.subject import Factor, Model
from mlm_steps.diagnose.parts.variables import Variable, constant_within
from mlm_steps.records.diagnostics import Curve, DiagnosticCheck

__all__ = ["level_2_predictors"]

Array = NDArray[np.float64]

INTERCEPT = "(Intercept)"
SAME = 1.0 - 1e-9
"""Correlation from which two variables are one in different units."""
MOST_POINTS = 400
"""Groups that are drawn."""


class _Tested(NamedTuple):
    """A random effect and a predictor of its groups."""

    factor: Factor
    coefficient: str
    variable: Variable
    known: bool
    block: Block

    @property
    def effect(self) -> str:
        """The predictor, with the slope's name where it moderates a slope."""
        own = "" if self.coefficient == INTERCEPT else f":{self.coefficient}"
        return f"{self.variable.name}{own}"


def level_2_predictors(model: Model) -> Contribution:
    """Return the test of each random effect against each predictor of its groups.

    The predictors are those of the model and the other columns of the analysis that are constant within the
    groups. A predictor that the model leaves out is never more than worth a look.
    """
    tested = list(_tested(model))
    found = score_tests(model, [each.block for each in tested])
    pairs = [(each, test) for each, test in zip(tested, found, strict=True) if test is not None]
    checks = tuple(_check(model, each, test, len(pairs)) for each, test in pairs)
    return Contribution(checks, tuple(_curves(model, [each for each, _ in pairs])) if model.drawn else ())


def _tested(model: Model) -> Iterator[_Tested]:
    every = _distinct({**model.variables, **model.others})
    done: set[tuple[str, str, str]] = set()
    for term in model.design.random:
        factor = Factor(term.group, term.levels, term.refs)
        for variable in every.values():
            if not constant_within(variable.values, factor.refs, factor.J):
                continue
            for name, z in zip(term.names, term.z.T, strict=True):
                key = (term.group, name, variable.name)
                if key not in done:
                    done.add(key)
                    known = variable.name in model.variables
                    columns = variable.columns * z[:, None]
                    slope = None if name == INTERCEPT else z
                    yield _Tested(factor, name, variable, known, Block(columns, factor, slope))


def _distinct(variables: Mapping[str, Variable]) -> dict[str, Variable]:
    """Return the variables without those that are another one in other units."""
    found: dict[str, Variable] = {}
    units: list[Array] = []
    for name, variable in variables.items():
        about = variable.values - variable.values.mean()
        own = about / float(np.sqrt(about @ about))
        if variable.levels or not any(abs(float(own @ other)) > SAME for other in units):
            found[name] = variable
            units += [] if variable.levels else [own]
    return found


def _check(model: Model, tested: _Tested, test: ScoreTest, count: int) -> DiagnosticCheck:
    found = flag(test.p, count, large=False)
    what = test.words
    group, name = model.label(tested.factor.group), model.label(tested.variable.name)
    intercept = tested.coefficient == INTERCEPT
    which = "intercepts" if intercept else f"slopes of {model.label(tested.coefficient)}"
    if found == "ok":
        text = f"The random {which} of {group} do not go with {name} as far as the data show, {what}."
    else:
        missing = (
            f"'{tested.variable.name}'" if intercept else f"'{tested.coefficient}:{tested.variable.name}'"
        )
        text = (
            f"The random {which} of {group} go with {name}, {what}: the model leaves out {missing}; "
            "a rung that adds it answers whether it matters."
        )
    return DiagnosticCheck(
        check="level_2_predictors", of=tested.factor.group, effect=tested.effect, statistic=test.statistic,
        df=test.df, p=test.p, flag=found, sentence=text,
    )  # fmt: skip


def _curves(model: Model, tested: list[_Tested]) -> Iterator[Curve]:
    """Yield the standardised modes of each random effect over each predictor of its groups."""
    modes = list(zip(model.design.random, standard_modes(model), strict=True))
    for each in tested:
        for term, own in modes:
            if term.group == each.factor.group and each.coefficient in term.names:
                values = own.values[:, term.names.index(each.coefficient)]
                yield _curve(model, each, term, values)


def _curve(model: Model, tested: _Tested, term: RandomTerm, values: Array) -> Curve:
    x = np.zeros(len(term.levels))
    x[term.refs] = tested.variable.values
    shown = np.flatnonzero(np.isfinite(values))
    if shown.size > MOST_POINTS:
        shown = np.sort(model.random("groups").choice(shown, size=MOST_POINTS, replace=False))
    return Curve(
        name="effects_over",
        of=tested.factor.group,
        effect=tested.effect,
        columns=("x", "mode"),
        labels=tuple(term.levels[j] for j in shown.tolist()),
        points=tuple((float(x[j]), float(values[j])) for j in shown.tolist()),
    )
