"""The keys of pipeline.yaml, and how they are read."""

from typing import TYPE_CHECKING

from mlm_steps.deferred import deferred_names

if TYPE_CHECKING:
    from mlm_steps.spec.bootstrap import BootstrapSpec
    from mlm_steps.spec.compare import PairSpec
    from mlm_steps.spec.compared import ComparedModel
    from mlm_steps.spec.data import ColumnSpec, DataSpec, DeriveSpec
    from mlm_steps.spec.estimation import EstimationSpec
    from mlm_steps.spec.intervals import IntervalKind, IntervalsSpec
    from mlm_steps.spec.load import LoadedSpec, inspect_spec, load_spec
    from mlm_steps.spec.models import ModelSpec, NamedModel
    from mlm_steps.spec.pipeline import PipelineSpec
    from mlm_steps.spec.prelude import PreludeSpec
    from mlm_steps.spec.preset import PresetLadder
    from mlm_steps.spec.presets import PRESETS
    from mlm_steps.spec.report import ReportSpec
    from mlm_steps.spec.schema import json_schema, schema_text
    from mlm_steps.spec.settings import RungSettings, settings_of
    from mlm_steps.spec.source import SpecSource
    from mlm_steps.spec.tests import TestsSpec
else:
    __getattr__ = deferred_names(
        __name__,
        {
            "bootstrap": ("BootstrapSpec",),
            "compare": ("PairSpec",),
            "compared": ("ComparedModel",),
            "data": ("ColumnSpec", "DataSpec", "DeriveSpec"),
            "estimation": ("EstimationSpec",),
            "intervals": ("IntervalKind", "IntervalsSpec"),
            "load": ("LoadedSpec", "inspect_spec", "load_spec"),
            "models": ("ModelSpec", "NamedModel"),
            "pipeline": ("PipelineSpec",),
            "prelude": ("PreludeSpec",),
            "preset": ("PresetLadder",),
            "presets": ("PRESETS",),
            "report": ("ReportSpec",),
            "schema": ("json_schema", "schema_text"),
            "settings": ("RungSettings", "settings_of"),
            "source": ("SpecSource",),
            "tests": ("TestsSpec",),
        },
    )

__all__ = [
    "PRESETS",
    "BootstrapSpec",
    "ColumnSpec",
    "ComparedModel",
    "DataSpec",
    "DeriveSpec",
    "EstimationSpec",
    "IntervalKind",
    "IntervalsSpec",
    "LoadedSpec",
    "ModelSpec",
    "NamedModel",
    "PairSpec",
    "PipelineSpec",
    "PreludeSpec",
    "PresetLadder",
    "ReportSpec",
    "RungSettings",
    "SpecSource",
    "TestsSpec",
    "inspect_spec",
    "json_schema",
    "load_spec",
    "schema_text",
    "settings_of",
]
