"""The keys of pipeline.yaml, and how they are read."""

from mlm_steps.spec.bootstrap import BootstrapSpec
from mlm_steps.spec.canonical import canonical
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
    "canonical",
    "inspect_spec",
    "json_schema",
    "load_spec",
    "schema_text",
    "settings_of",
]
