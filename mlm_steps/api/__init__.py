"""The Python API, for notebooks: ``fit`` a model, ``compare`` two."""

from mlm_steps.api.comparison import Comparison, compare
from mlm_steps.api.prediction import Prediction
from mlm_steps.api.results import Fit, VarCorr, fit
from mlm_steps.engine import Control

__all__ = ["Comparison", "Control", "Fit", "Prediction", "VarCorr", "compare", "fit"]
