"""Records: results on disk, as frozen and versioned JSON."""

from typing import TYPE_CHECKING

from mlm_steps.deferred import deferred_names

if TYPE_CHECKING:
    from mlm_steps.records.allfit import AllFitRecord, RungRefits
    from mlm_steps.records.base import Notice, Record, read_record, write_record
    from mlm_steps.records.comparison import ComparisonRecord, MixtureComponent, VarianceChange
    from mlm_steps.records.data_profile import (
        ColumnProfile,
        DataProfile,
        FactorProfile,
        NestingRelation,
        SlopeComparison,
        SlopeEstimate,
        VariableLevel,
        VariableLoss,
    )
    from mlm_steps.records.deletions import DeletionsRecord, Heterogeneity, RandomEffectTest, RungDeletions
    from mlm_steps.records.effects import EffectsRecord
    from mlm_steps.records.effort import EffortRecord, EvaluationCost, OptionalWork
    from mlm_steps.records.figure import FigureRecord, FiguresRecord
    from mlm_steps.records.fit import (
        Coefficient,
        Convergence,
        FitRecord,
        OptimaRecord,
        Optimum,
        RandomParameter,
        TermCovariance,
        TermShape,
        TermTest,
    )
    from mlm_steps.records.intervals import Interval, IntervalKind, IntervalRecord, RunIntervals, ZetaCurve
    from mlm_steps.records.ols import OlsCoefficient, OlsRecord
    from mlm_steps.records.remedies import RemedyRecord, RungAdvice
    from mlm_steps.records.simulation import SimulationRecord
    from mlm_steps.records.variance import DistributionRow, Icc, VarianceMeasure, VarianceRecord
    from mlm_steps.records.whole import write_whole
else:
    __getattr__ = deferred_names(
        __name__,
        {
            "allfit": ("AllFitRecord", "RungRefits"),
            "base": ("Notice", "Record", "read_record", "write_record"),
            "comparison": ("ComparisonRecord", "MixtureComponent", "VarianceChange"),
            "data_profile": (
                "ColumnProfile",
                "DataProfile",
                "FactorProfile",
                "NestingRelation",
                "SlopeComparison",
                "SlopeEstimate",
                "VariableLevel",
                "VariableLoss",
            ),
            "deletions": ("DeletionsRecord", "Heterogeneity", "RandomEffectTest", "RungDeletions"),
            "effects": ("EffectsRecord",),
            "effort": ("EffortRecord", "EvaluationCost", "OptionalWork"),
            "figure": ("FigureRecord", "FiguresRecord"),
            "fit": (
                "Coefficient",
                "Convergence",
                "FitRecord",
                "OptimaRecord",
                "Optimum",
                "RandomParameter",
                "TermCovariance",
                "TermShape",
                "TermTest",
            ),
            "intervals": ("Interval", "IntervalKind", "IntervalRecord", "RunIntervals", "ZetaCurve"),
            "ols": ("OlsCoefficient", "OlsRecord"),
            "remedies": ("RemedyRecord", "RungAdvice"),
            "simulation": ("SimulationRecord",),
            "variance": ("DistributionRow", "Icc", "VarianceMeasure", "VarianceRecord"),
            "whole": ("write_whole",),
        },
    )

__all__ = [
    "AllFitRecord",
    "Coefficient",
    "ColumnProfile",
    "ComparisonRecord",
    "Convergence",
    "DataProfile",
    "DeletionsRecord",
    "DistributionRow",
    "EffectsRecord",
    "EffortRecord",
    "EvaluationCost",
    "FactorProfile",
    "FigureRecord",
    "FiguresRecord",
    "FitRecord",
    "Heterogeneity",
    "Icc",
    "Interval",
    "IntervalKind",
    "IntervalRecord",
    "MixtureComponent",
    "NestingRelation",
    "Notice",
    "OlsCoefficient",
    "OlsRecord",
    "OptimaRecord",
    "Optimum",
    "OptionalWork",
    "RandomEffectTest",
    "RandomParameter",
    "Record",
    "RemedyRecord",
    "RunIntervals",
    "RungAdvice",
    "RungDeletions",
    "RungRefits",
    "SimulationRecord",
    "SlopeComparison",
    "SlopeEstimate",
    "TermCovariance",
    "TermShape",
    "TermTest",
    "VariableLevel",
    "VariableLoss",
    "VarianceChange",
    "VarianceMeasure",
    "VarianceRecord",
    "ZetaCurve",
    "read_record",
    "write_record",
    "write_whole",
]
