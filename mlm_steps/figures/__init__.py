"""Figures of a run. Each is a function that takes records and the analysis sample and returns a Figure.

To add one, write a module with a function of the protocol ``Drawer`` and list it here under its name.
"""

from __future__ import annotations

from mlm_steps.figures.base import Drawer, Figure, FigureInput
from mlm_steps.figures.caterpillar import caterpillar
from mlm_steps.figures.johnson_neyman import johnson_neyman
from mlm_steps.figures.ladder import ladder
from mlm_steps.figures.profile import profile
from mlm_steps.figures.raw_data import raw_data
from mlm_steps.figures.simple_slopes import simple_slopes

__all__ = ["FIGURES", "Drawer", "Figure", "FigureInput"]

FIGURES: dict[str, Drawer] = {
    "ladder": ladder,
    "caterpillar": caterpillar,
    "profile": profile,
    "raw_data": raw_data,
    "simple_slopes": simple_slopes,
    "johnson_neyman": johnson_neyman,
}
