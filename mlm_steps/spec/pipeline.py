"""The whole spec, and the rules that hold between its keys."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.bootstrap import BootstrapSpec
from mlm_steps.spec.compare import Comparisons, PairSpec
from mlm_steps.spec.contrasts import Contrasts
from mlm_steps.spec.data import DataSpec
from mlm_steps.spec.estimation import EstimationSpec
from mlm_steps.spec.intervals import IntervalsSpec
from mlm_steps.spec.ladder import Ladder
from mlm_steps.spec.means import Means
from mlm_steps.spec.models import ModelSpec
from mlm_steps.spec.names import faults_between_keys
from mlm_steps.spec.on_singular import OnSingular, RemedyWord
from mlm_steps.spec.prelude import PreludeSpec
from mlm_steps.spec.preset import PresetLadder
from mlm_steps.spec.report import ReportSpec
from mlm_steps.spec.slopes import Slopes
from mlm_steps.spec.tests import TestsSpec
from mlm_steps.spec.types import OptionalText, Slug, Whole, nothing_is_empty, objections, whole

__all__ = ["PipelineSpec"]

LARGEST_SEED = 2**63 - 1
"""The largest whole number of 64 bits with a sign: what other programs that read a record can hold."""


class PipelineSpec(SpecBlock):
    """What is analysed: data, ladder of models, comparisons, report."""

    version: Annotated[Literal[1], Whole]
    """Version of this format: ``1``."""
    name: Slug = "analysis"
    """Names the folder of the results. Default: the name of the spec's file."""
    title: OptionalText = None
    """Title of the report. Default: the name."""
    data: DataSpec
    """The data file, its columns, and what is derived from them."""
    ladder: Ladder
    """The models, each the one before and more: a list of rungs, or a preset that makes them."""
    prelude: Annotated[tuple[PreludeSpec, ...], BeforeValidator(nothing_is_empty)] = ()
    """Single-level models shown before the ladder."""
    compare: Comparisons = "ladder"
    """``ladder`` compares adjacent rungs, ``none`` compares nothing; or a list of pairs such as
    ``[{smaller: l1, larger: slope}]``."""
    tests: TestsSpec = Field(default_factory=TestsSpec)
    """What is computed beside those tests."""
    contrasts: Contrasts = ()
    """Combinations of coefficients to be tested, on every rung that has them."""
    slopes: Slopes = ()
    """Simple slopes besides those of every cross-level term: ``[{focal: ses, moderator: sector}]``."""
    means: Means = "auto"
    """Estimated marginal means: ``auto`` for every factor of at most eight levels, ``none``, or a list of
    columns such as ``[sector]``, each a name or a block."""
    estimation: EstimationSpec = Field(default_factory=EstimationSpec)
    """How models are fitted and their coefficients tested."""
    intervals: IntervalsSpec = Field(default_factory=IntervalsSpec)
    """How each kind of interval is computed."""
    bootstrap: BootstrapSpec = Field(default_factory=BootstrapSpec)
    """How refits to simulated data are made, for what is declared to be bootstrapped."""
    effort: Literal["quick", "normal", "full"] = "normal"
    """How much of what the spec does not demand is computed: alternatives to singular fits, profile
    intervals, tests of single random effects, bootstrapped comparisons, refits by other optimisers.

    What each takes is estimated by counting operations, and the most useful is done first. ``quick``: what
    takes about a second altogether; ``normal``: a few seconds, about ten at most; ``full``: all. The report
    says what was left out. A word that is written at its own key, such as ``always``, ``never``, ``true`` or
    ``profile``, wins.
    """
    seed: Annotated[int, *whole(0, LARGEST_SEED)] = 1
    """What the random numbers of all simulations start from: the same seed gives the same results."""
    on_singular: OnSingular = "warn"
    """What a rung with a singular fit leads to.

    In any case the report says which random effects the data cannot tell apart, and shows the alternatives
    fitted. ``report``: no more than that; ``warn``: the terminal says so too; ``error``: the run ends with
    exit code 1 once the report is written. A list such as ``[drop_correlation, drop_slope]`` fits these
    remedies in turn and puts the first that is not singular in the rung's place; the report lists that as a
    deviation.

    ``center`` centres the covariates of the random slopes within groups and adds the groups' means;
    ``center_grand`` centres those of uncorrelated slopes at their means; ``drop_zero`` drops effects whose
    standard deviation is 0; ``drop_correlation``, ``drop_slope``, ``drop_term`` drop what they say.
    """
    report: ReportSpec = Field(default_factory=ReportSpec)
    """What is written at the end."""

    @model_validator(mode="before")
    @classmethod
    def _names_agree(cls, value: object, info: ValidationInfo) -> object:
        found = [*faults_between_keys(value)]
        if isinstance(info.context, list):
            info.context.extend(found)
        elif found:
            raise objections((each.at, each.what, each.hint) for each in found)
        return value

    @property
    def rungs(self) -> tuple[ModelSpec, ...]:
        """The rungs of the ladder, a preset expanded."""
        return self.ladder.rungs if isinstance(self.ladder, PresetLadder) else self.ladder

    @property
    def pairs(self) -> tuple[PairSpec, ...]:
        """The comparisons asked for, smaller model first."""
        if self.compare == "none":
            return ()
        if self.compare != "ladder":
            return self.compare
        names = [rung.name for rung in self.rungs]
        return tuple(PairSpec(smaller=below, larger=above) for below, above in pairwise(names))

    @property
    def remedies(self) -> tuple[RemedyWord, ...]:
        """The remedies to apply to singular rungs; none unless they are listed."""
        return self.on_singular if isinstance(self.on_singular, tuple) else ()

    @property
    def declared_levels(self) -> Mapping[str, int]:
        """The level in the hierarchy that columns are declared to have, by ``columns`` or by a preset."""
        of_preset = self.ladder.declared_levels if isinstance(self.ladder, PresetLadder) else {}
        declared = {
            name: column.level for name, column in self.data.columns.items() if column.level is not None
        }
        return {**of_preset, **declared}

    @property
    def title_or_name(self) -> str:
        """The title, or the name where there is none."""
        return self.title or self.name
