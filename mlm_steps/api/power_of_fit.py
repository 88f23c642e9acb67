"""Power of tests of a fit's coefficients, in its design or with more of its groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mlm_steps.api.state import FitState
from mlm_steps.errors import Fault, UsageError
from mlm_steps.power.closed import Closed, closed_power
from mlm_steps.power.estimates import conditional
from mlm_steps.power.expected import CrossProducts
from mlm_steps.power.fitted import FittedSource
from mlm_steps.power.simulation import simulate
from mlm_steps.power.tests import Test
from mlm_steps.power.truth import Truth

__all__ = ["power_of_fit"]


def power_of_fit(
    state: FitState,
    effect: str | None = None,
    *,
    groups: int | None = None,
    value: float | None = None,
    alpha: float = 0.05,
    replicates: int = 1000,
    seed: int = 1,
) -> pd.DataFrame:
    """Return the power of tests of a linear model's coefficients if its estimates are the truth.

    The design is that of the fit; with another number of groups, its groups are taken in turn. An estimate
    from the same data says nothing new about these data: give the ``value`` that you would not want to miss.

    Parameters
    ----------
    effect : str, optional
        A coefficient; by default all but the intercept.
    groups : int, optional
        Number of groups.
    value : float, optional
        The true coefficient, of one ``effect``; by default its estimate.
    alpha : float
    replicates : int
        Simulated studies; 0 for the closed form alone.
    seed : int

    Raises
    ------
    UsageError
        For a model with a family, and an effect that the model does not have.

    Returns
    -------
    DataFrame
        One row per coefficient: ``effect``, ``value``, ``closed``, ``power``, ``se``, ``size_at_0``.
    """
    fit = state.lmm
    names = [name for name in fit.design.columns if name != "(Intercept)"] if effect is None else [effect]
    unknown = [name for name in names if name not in fit.design.columns]
    if unknown:
        hint = f"it has {', '.join(fit.design.columns)}"
        raise UsageError(Fault("effect", f"the model has no coefficient '{unknown[0]}'", hint))
    if value is not None and effect is None:
        raise UsageError(Fault("value", "belongs to one effect", "name it with effect"))
    beta = fit.beta.copy()
    if value is not None:
        beta[fit.design.columns.index(names[0])] = value
    truth = Truth(beta, tuple(fit.covariances), float(fit.sigma))
    source = FittedSource(fit.design, groups)
    tests = [Test(name, np.eye(fit.design.p)[[fit.design.columns.index(name)]]) for name in names]
    products = CrossProducts.of(source.template)
    closed: Sequence[Closed | None] = [None] * len(tests)
    if products is not None:
        closed = closed_power(products, truth, tests, alpha)
    return _power_frame(source, truth, tests, closed, alpha, replicates, seed)


def _power_frame(
    source: FittedSource,
    truth: Truth,
    tests: Sequence[Test],
    closed: Sequence[Closed | None],
    alpha: float,
    replicates: int,
    seed: int,
) -> pd.DataFrame:
    simulated = None
    if replicates:
        simulated = simulate(source, truth, tests, seed=seed, numbers=range(replicates))
    rows = []
    for i, (test, answer) in enumerate(zip(tests, closed, strict=True)):
        effect = float((test.contrasts @ truth.beta)[0])
        row = {"effect": test.name, "value": effect, "closed": np.nan if answer is None else answer.power[0]}
        if simulated is not None:
            row["power"], row["se"] = conditional(simulated.outcomes[i], effect, alpha)
            row["size_at_0"] = conditional(simulated.outcomes[i], 0.0, alpha)[0]
        rows.append(row)
    return pd.DataFrame(rows)
