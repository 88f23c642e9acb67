"""The contrasts that a spec declares."""

from __future__ import annotations

from mlm_steps.design.contrast_coding import ContrastCoding, coded
from mlm_steps.spec import PipelineSpec

__all__ = ["declared_contrasts"]


def declared_contrasts(spec: PipelineSpec) -> dict[str, str | ContrastCoding]:
    """Return the contrasts that a spec declares, by column."""
    columns = spec.data.columns.items()
    return {name: coded(c.contrast_kind, c.contrast_detail) for name, c in columns if c.contrast_kind}
