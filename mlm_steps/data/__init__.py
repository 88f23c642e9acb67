"""The data stage: read the file, type and derive columns, keep the common sample, describe its hierarchy.

The package itself imports no pandas, which a run without new data does not need. ``assemble`` does the work.
"""

from mlm_steps.data.values import Analysis, ModelUse

__all__ = ["Analysis", "ModelUse"]
