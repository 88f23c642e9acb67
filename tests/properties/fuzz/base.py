"""What a kind of design is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.engine.result.lmm_fit import Method

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Case:
    """A model and its data.

    Attributes
    ----------
    formula : str
    frame : DataFrame
        Outcome ``y``, covariates, grouping factors.
    weights : str or None
        Column of prior weights.
    method : {"REML", "ML"}
    """

    formula: str
    frame: pd.DataFrame
    weights: str | None = None
    method: Method = "REML"


def pick(rng: np.random.Generator, *options: str) -> str:
    """Return one of the options."""
    return options[int(rng.integers(len(options)))]


def power(rng: np.random.Generator, low: float, high: float) -> float:
    """Return ten to a power drawn between ``low`` and ``high``."""
    return float(10.0 ** rng.uniform(low, high))


def groups(rng: np.random.Generator, J: int, low: int, high: int) -> Codes:
    """Return group codes of J groups with ``low`` to ``high`` rows each."""
    return np.repeat(np.arange(J), rng.integers(low, high + 1, J))


def effects(rng: np.random.Generator, J: int, *scales: float) -> Array:
    """Return random effects (J, k) with these standard deviations, correlated at random or perfectly."""
    drawn = rng.normal(size=(J, len(scales)))
    share = rng.choice([0.0, 0.6, 0.95, 1.0])
    drawn[:, 1:] = np.sqrt(1.0 - share**2) * drawn[:, 1:] + share * rng.choice([-1.0, 1.0]) * drawn[:, :1]
    return drawn * np.array(scales)


def labels(rng: np.random.Generator, codes: Codes) -> pd.Series:
    """Return a grouping factor with these codes: integers, floats, texts or categories, unused ones too."""
    J = int(codes.max()) + 1
    names = rng.permutation(10 * J)[:J]
    values = {
        "integer": lambda: pd.Series(names[codes]),
        "float": lambda: pd.Series(names[codes] + 0.5),
        "text": lambda: pd.Series([f"g {name:03d}" for name in names[codes]]),
        "category": lambda: pd.Series(pd.Categorical([f"{name}é" for name in names[codes]])),
        "unused": lambda: pd.Series(
            pd.Categorical([f"c{name}" for name in names[codes]], [f"c{name}" for name in range(10 * J)])
        ),
    }
    return values[pick(rng, *values)]()


def frame_of(
    rng: np.random.Generator, y: Array, factors: dict[str, Codes], **columns: object
) -> pd.DataFrame:
    """Return the frame with the factors' levels named at random."""
    return pd.DataFrame({"y": y, **columns, **{name: labels(rng, codes) for name, codes in factors.items()}})
