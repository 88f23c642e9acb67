"""One model with its name, as the ladder and the prelude list them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.responses import NO_KEYS, Family, Link, Points
from mlm_steps.spec.types import OptionalText, Slug, Text

__all__ = ["ModelSpec", "NamedModel"]


class NamedModel(SpecBlock):
    """What rungs and models of the prelude have in common."""

    name: Slug
    """Names the model in files, tables and the report, for example ``null`` or ``slope``."""
    formula: Text
    """lme4 notation, for example ``math ~ 1 + ses + (1 | school)``. ``(1 | a/b)`` is ``(1 | a) + (1 | a:b)``,
    ``(1 | a*b)`` is ``(1 | a) + (1 | b) + (1 | a:b)``. A bar that is the whole right side needs no
    parentheses: ``y ~ x | g`` is ``y ~ 1 + (x | g)``. ``pi`` is the number, as in R; a column of that name is
    written in backticks."""
    weights: OptionalText = None
    """Column of prior weights: the variance of an observation is sigma² / weight. With a ``family``,
    a row of weight 2 counts as two equal rows."""
    label: OptionalText = None
    """Words for the report. Default: the name."""


class ModelSpec(NamedModel):
    """One rung of the ladder."""

    no_keys: ClassVar[Mapping[str, str]] = NO_KEYS

    family: Family = None
    """Distribution of the outcome: ``binomial`` for yes or no and for events among trials, ``poisson`` or
    ``negative_binomial`` for counts, ``gamma`` for positive measurements. Default: ``gaussian``, a linear
    mixed model; or the family of ``estimation``."""
    link: Link = None
    """Link of the mean: ``logit``, ``probit`` or ``cloglog`` for ``binomial``. Default: the first of these,
    and ``log`` for the other families."""
    trials: OptionalText = None
    """Column of the numbers of trials of a binomial outcome, which is then a count or a share of them. The
    formula may instead have the outcome ``cbind(k, n - k)``."""
    exposure: OptionalText = None
    """Column of the time or size in which events were counted: its logarithm is an offset, and the model is
    one of rates."""
    agq: Points = None
    """Quadrature points per dimension, ``1`` to ``101``, for one grouping factor with at most three random
    coefficients; ``1`` is Laplace's approximation, the default. ``auto``: as few as the estimates need."""
