"""The record of how much single groups and rows move the estimates of models."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mlm_steps.records.base import Part, Record

__all__ = ["Change", "FactorInfluence", "InfluenceRecord", "ModelInfluence", "RowInfluence"]

Numbers = tuple[float | None, ...]


class Change(Part):
    """A coefficient whose sign or significance changes without one group."""

    level: str
    column: str
    what: tuple[Literal["sign", "significance"], ...]
    estimate: float
    """Without the group, as the next two numbers."""
    se: float
    p: float | None


class FactorInfluence(Part):
    """The estimates without each group of one grouping factor, and what they change.

    The tuples have an element per recorded group, in the order of ``levels``. None where the model has no
    estimates without the group.
    """

    grouping_factor: str
    n_levels: int
    approximate: bool = False
    """Whether theta was not searched again without each group."""
    code: str | None = None
    """Why no group was deleted: ``not_requested`` or ``too_large``."""
    levels: tuple[str, ...] = ()
    """All groups, or those with the largest Cook's distances if there are many."""
    n: tuple[int, ...] = ()
    """Rows of each group."""
    cook: Numbers = ()
    covratio: Numbers = ()
    dfbetas: tuple[Numbers, ...] = ()
    """A number per coefficient, as in the next three."""
    estimate: tuple[Numbers, ...] = ()
    se: tuple[Numbers, ...] = ()
    p: tuple[Numbers, ...] = ()
    rvc: tuple[Numbers, ...] = ()
    """Relative change of each variance component without the group; None also for a component of zero."""
    reasons: dict[str, str] = Field(default_factory=dict)
    """For a group without which the model has no estimates, the reason."""
    cook_line: float = 0.0
    dfbetas_line: float = 0.0
    """Sizes above which a group stands out: 4 / J and 2 / sqrt(J)."""
    above: int = 0
    """Number of groups with a Cook's distance above the line, also among those that are not recorded."""
    changes: tuple[Change, ...] = ()
    """The changes of the recorded groups."""

    @property
    def most(self) -> tuple[int, ...]:
        """Positions of the groups with a Cook's distance, the largest first."""
        known = [(value, place) for place, value in enumerate(self.cook) if value is not None]
        return tuple(place for value, place in sorted(known, key=lambda pair: (-pair[0], pair[1])))


class RowInfluence(Part):
    """One row of the analysis sample with a large Cook's distance."""

    row: int
    """Its number in the analysis sample, from 1."""
    cook: float
    leverage: float


class ModelInfluence(Part):
    """The influence of groups and rows on one model."""

    model: str
    df_method: str
    """Degrees of freedom of the p values without a group: those of all rows."""
    alpha: float
    columns: tuple[str, ...]
    components: tuple[str, ...]
    """Variances and covariances, such as ``var_(Intercept)|school``, and ``sigma2`` or ``phi``."""
    factors: tuple[FactorInfluence, ...]
    rows: tuple[RowInfluence, ...]
    """Those with the largest Cook's distances."""
    rows_code: str | None = None
    """Why there are no rows: ``not_applicable``."""


class InfluenceRecord(Record):
    """The influence of groups and rows on the models of a run."""

    models: tuple[ModelInfluence, ...]
