"""The Python API, for notebooks: ``fit`` a model, ``compare`` two, ``allfit`` one by every optimiser.

``lm`` fits one without random effects, ``describe`` describes a data frame per level.
"""

from mlm_steps.api.advice import Advice
from mlm_steps.api.assumptions import ModelChecks
from mlm_steps.api.bootstrap import Bootstrap
from mlm_steps.api.clustering import ClusterCost, Robust
from mlm_steps.api.comparison import Comparison, compare
from mlm_steps.api.context import ContextualEffects
from mlm_steps.api.describing import Description, describe
from mlm_steps.api.explained import VarianceSources
from mlm_steps.api.fitting import fit
from mlm_steps.api.intervals import Intervals
from mlm_steps.api.least_squares import Lm, lm
from mlm_steps.api.profiles import Profiles
from mlm_steps.api.readings import Contrast, Means, Regions, Slopes
from mlm_steps.api.refits import Refits, allfit
from mlm_steps.api.results import Fit
from mlm_steps.api.rows import Prediction
from mlm_steps.api.sensitivity import Sensitivity
from mlm_steps.api.separate import LmList, lm_list
from mlm_steps.api.sizes import MeanDifference
from mlm_steps.api.varcorr import VarCorr
from mlm_steps.api.without_groups import WithoutGroups
from mlm_steps.engine import Control

__all__ = [
    "Advice",
    "Bootstrap",
    "ClusterCost",
    "Comparison",
    "ContextualEffects",
    "Contrast",
    "Control",
    "Description",
    "Fit",
    "Intervals",
    "Lm",
    "LmList",
    "MeanDifference",
    "Means",
    "ModelChecks",
    "Prediction",
    "Profiles",
    "Refits",
    "Regions",
    "Robust",
    "Sensitivity",
    "Slopes",
    "VarCorr",
    "VarianceSources",
    "WithoutGroups",
    "allfit",
    "compare",
    "describe",
    "fit",
    "lm",
    "lm_list",
]
