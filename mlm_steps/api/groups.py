"""Random effects of a fit, group by group: ``ranef``, ``coef`` and ``pca``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from mlm_steps.api.shown import Shown
from mlm_steps.api.state import FitState
from mlm_steps.api.varcorr import modes_by_term
from mlm_steps.engine.posterior.components import PrincipalComponents, principal_components
from mlm_steps.engine.posterior.conditional import (
    conditional_variances,
    diagonal_sds,
    prediction_variances,
    sampling_variances,
)
from mlm_steps.engine.posterior.random_effects import random_effects
from mlm_steps.engine.posterior.ranges import mode_covariances, random_coefficients
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.errors import Fault, UsageError

__all__ = ["Components", "GroupCoefficients", "RandomEffects", "coef", "pca", "ranef"]

SHOWN = 6
"""Number of groups whose rows are printed, as by ``head``."""


@dataclass(frozen=True, eq=False)
class RandomEffects(Shown):
    """The random effects of a fit; ``print`` shows those of the first groups.

    Attributes
    ----------
    modes : dict of str to DataFrame
        Conditional modes per term, levels by coefficients, under the keys of ``Fit.modes``.
    fit : MixedFit
        The model as the engine returns it.
    """

    modes: dict[str, pd.DataFrame]
    fit: MixedFit

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per term, level and effect, as the table ``ranef`` of a run.

        The mode (``estimate``), its conditional and its prediction standard deviation, the group's own
        least-squares estimate, shrinkage, reliabilities and ``coefficient``, which includes the fixed part.
        """
        return _numeric(pd.DataFrame(random_effects(self.fit)).drop(columns="null_codes"))

    @cached_property
    def covariances(self) -> pd.DataFrame:
        """One row per level and pair of effects of a term, as the table ``ranef_cov`` of a run."""
        return pd.DataFrame(mode_covariances(self.fit)).drop(columns="null_codes")

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per random coefficient, as the table ``random_coefficients`` of a run.

        Mean and standard deviation of the coefficient, the range of 95 % of the groups, the share of groups
        with the opposite sign, and the mean reliabilities.
        """
        rows = [
            {name: getattr(each, name) for name in each.__slots__ if name != "codes"}
            for each in random_coefficients(self.fit)
        ]
        return _numeric(pd.DataFrame(rows))

    @property
    def cond_var(self) -> dict[str, np.ndarray]:
        """Covariance matrices of the effects given the data per term, shape (J, k, k): lme4's ``postVar``."""
        return dict(zip(self.modes, conditional_variances(self.fit), strict=True))

    @property
    def pred_var(self) -> dict[str, np.ndarray]:
        """Covariance matrices of the prediction errors per term, shape (J, k, k).

        Unlike ``cond_var`` they include the uncertainty of the fixed effects. For linear models only.
        """
        return dict(zip(self.modes, prediction_variances(self._linear), strict=True))

    @property
    def standardized(self) -> dict[str, pd.DataFrame]:
        """The modes divided by their own standard deviations, for Q–Q plots; for linear models only.

        A mode is shrunken, so that its standard deviation is smaller than that of the random effect.
        """
        own = zip(self.modes.items(), sampling_variances(self._linear), strict=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            return {key: modes.div(diagonal_sds(variances)) for (key, modes), variances in own}

    @property
    def _linear(self) -> LmmFit:
        return _linear(self.fit)

    def __repr__(self) -> str:
        shown = ["term_index", "group", "level", "effect", "estimate", "cond_sd", "pred_sd", "n_j"]
        lines = []
        for _, rows in self.table.groupby(["term_index", "effect"], sort=False):
            lines.append(_text(rows[[*shown[1:], "coefficient"]].head(SHOWN)))
            if len(rows) > SHOWN:
                lines.append(f"… {len(rows) - SHOWN} more levels in table")
        return "\n\n".join(["\n".join(lines), _text(self.summary)])


@dataclass(frozen=True, slots=True, eq=False)
class GroupCoefficients(Shown):
    """The coefficients of each group, fixed part plus conditional modes (lme4's ``coef``).

    ``fit.coef()["school"]`` is the frame of one grouping factor.

    Attributes
    ----------
    by_group : dict of str to DataFrame
        Per grouping factor one row per level, one column per fixed effect; then the random effects without a
        fixed effect of their name, whose mean is 0. The other grouping factors are at their mean, 0.
    """

    by_group: dict[str, pd.DataFrame]

    def __getitem__(self, group: str) -> pd.DataFrame:
        return self.by_group[group]

    @property
    def table(self) -> pd.DataFrame:
        """One row per grouping factor and level."""
        return pd.concat(self.by_group, names=["group", "level"])

    def __repr__(self) -> str:
        parts = []
        for group, frame in self.by_group.items():
            more = [f"… {len(frame) - SHOWN} more levels"] if len(frame) > SHOWN else []
            parts.append("\n".join([group, frame.head(SHOWN).to_string(float_format=_number), *more]))
        return "\n\n".join(parts)


@dataclass(frozen=True, slots=True, eq=False)
class Components(Shown):
    """The principal components of the random effects (lme4's ``rePCA``).

    Attributes
    ----------
    components : tuple of PrincipalComponents
        Per term, then per grouping factor with several terms, for which ``term_index`` is None.
    """

    components: tuple[PrincipalComponents, ...]

    @property
    def table(self) -> pd.DataFrame:
        """One row per component, as the table ``random_pca`` of a run.

        ``sd`` is relative to the residual's, ``share`` is its share of variance, which depends on the units
        of the predictors; ``outcome_share`` is that of the variance of the outcome, which does not.
        """
        rows = [
            {
                "term_index": each.term_index,
                "group": each.group,
                "component": number + 1,
                "sd": each.sds[number],
                "share": each.shares[number],
                "cumulative": each.shares[: number + 1].sum(),
                "outcome_share": each.outcome_shares[number],
                "effective_rank": each.effective_rank,
            }
            for each in self.components
            for number in range(each.sds.size)
        ]
        return pd.DataFrame(rows).astype({"term_index": "Int64"})

    @property
    def loadings(self) -> tuple[pd.DataFrame, ...]:
        """Per term or factor the weights of the effects, one column per component."""
        return tuple(
            pd.DataFrame(each.loadings, index=list(each.effects), columns=range(1, each.sds.size + 1))
            for each in self.components
        )

    def __repr__(self) -> str:
        return _text(self.table)


def ranef(state: FitState) -> RandomEffects:
    """Return the random effects: modes, standard deviations, covariances and ranges (lme4's ``ranef``)."""
    return RandomEffects(modes_by_term(state.fit), state.fit)


def coef(state: FitState) -> GroupCoefficients:
    """Return the coefficients of each group: the fixed effects plus the group's conditional modes."""
    fit = state.fit
    found: dict[str, pd.DataFrame] = {}
    fixed = dict(zip(fit.design.columns, fit.beta.tolist(), strict=True))
    for term, modes in zip(fit.design.random, fit.modes, strict=True):
        if term.group not in found:
            index = pd.Index(list(term.levels), name=term.group)
            found[term.group] = pd.DataFrame(fixed, index=index)
        frame = found[term.group]
        for name, column in zip(term.names, modes.T, strict=True):
            frame[name] = frame[name] + column if name in frame else column
    return GroupCoefficients(found)


def pca(state: FitState) -> Components:
    """Return the principal components of the random effects: which dimensions they vary in."""
    return Components(principal_components(state.fit))


def _linear(fit: MixedFit) -> LmmFit:
    if not isinstance(fit, LmmFit):
        what = f"this exists for linear mixed models only; the family of the fit is {fit.family}"
        raise UsageError(Fault("", what, "cond_var exists for all"))
    return fit


def _numeric(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame in which numbers that a model does not have are NaN."""
    empty = [name for name in frame if frame[name].dtype == object and frame[name].isna().all()]
    return frame.astype(dict.fromkeys(empty, float))


def _text(table: pd.DataFrame) -> str:
    return table.to_string(index=False, float_format=_number, na_rep="-")


def _number(value: float) -> str:
    return f"{value:.5g}"
