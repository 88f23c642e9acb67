"""A focal predictor and a moderator, and the rows of their slopes and means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.predictors import GridRows, Predictor, PredictorValue, Setting
from mlm_steps.effects.directions import Direction
from mlm_steps.effects.fitted import Fitted
from mlm_steps.effects.moderators import Point, Spread

__all__ = ["Pair"]


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A focal predictor and a moderator of one fit.

    Attributes
    ----------
    fitted : Fitted
    focal, moderator : Predictor
    spread : Spread or None
        The values of a numeric moderator.
    points : tuple of Point
        Values of the moderator at which slopes are shown.
    """

    fitted: Fitted
    focal: Predictor
    moderator: Predictor
    spread: Spread | None
    points: tuple[Point, ...]

    def slope_rows(
        self, direction: Direction, given: Setting, values: Sequence[PredictorValue] | NDArray[np.float64]
    ) -> GridRows:
        """Return the rows of the slope at values of the moderator.

        Factors that are nested in the focal predictor or the moderator, or contain them, are averaged over
        the levels that occur.
        """
        settings = [
            {**given, self.moderator.name: w, self.focal.name: x}
            for w, x in product(values, direction.values)
        ]
        predictors, weights = self.fitted.predictors, np.array(direction.weights)
        nested = predictors.nests.related(self.focal.name, self.moderator.name)
        if nested:
            rows = predictors.averages([predictors.weighted(setting, nested) for setting in settings])
        else:
            rows = predictors.rows(settings)
        m = len(values)
        return GridRows(
            np.einsum("mvp,v->mp", rows.full.reshape(m, weights.size, -1), weights),
            rows.offset.reshape(m, -1) @ weights,
        )

    def expected(self, given: Setting, focal: Sequence[PredictorValue]) -> GridRows | None:
        """Return the rows of the expected outcome at each point and, within it, each focal value.

        All other categories are averaged over their levels; None if there are too many combinations.
        """
        predictors = self.fitted.predictors
        others = [name for name, predictor in predictors.by_name.items() if predictor.levels]
        settings = [
            {**given, self.moderator.name: point.value, self.focal.name: x}
            for point, x in product(self.points, focal)
        ]
        try:
            return predictors.averages([predictors.weighted(setting, others) for setting in settings])
        except ValueError:
            return None
