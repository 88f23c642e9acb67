"""The whole spec, and rules across its keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, ValidationInfo, model_validator
from pydantic_core import CoreSchema

from mlm_steps.records.response import GAUSSIAN, Response
from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.bootstrap import BootstrapSpec
from mlm_steps.spec.compare import Comparisons, PairSpec
from mlm_steps.spec.compared import ComparedModel, named_pairs
from mlm_steps.spec.contrasts import Contrasts
from mlm_steps.spec.data import NO_DATA, DataSpec
from mlm_steps.spec.effects import EffectSizeSpec
from mlm_steps.spec.estimation import EstimationSpec
from mlm_steps.spec.expect import Expectations
from mlm_steps.spec.hypotheses import Hypotheses
from mlm_steps.spec.intervals import IntervalsSpec
from mlm_steps.spec.ladder import Ladder
from mlm_steps.spec.means import Means
from mlm_steps.spec.models import ModelSpec
from mlm_steps.spec.names import faults_between_keys
from mlm_steps.spec.on_singular import OnSingular, RemedyWord
from mlm_steps.spec.planning.power import PowerSpec
from mlm_steps.spec.prelude import PreludeSpec
from mlm_steps.spec.preset import PresetLadder
from mlm_steps.spec.report import ReportSpec
from mlm_steps.spec.responses import response_faults
from mlm_steps.spec.save import Save
from mlm_steps.spec.sensitivity import Sensitivity, SensitivityWord, kinds_of
from mlm_steps.spec.settings import RungSettings, settings_of
from mlm_steps.spec.slopes import Slopes
from mlm_steps.spec.statements import Missing, Preregistration, Rationale, stated
from mlm_steps.spec.tests import TestsSpec
from mlm_steps.spec.types import (
    NothingIsNone,
    OptionalText,
    Slug,
    Whole,
    nothing_is_empty,
    nothing_is_none,
    objections,
    whole,
)
from mlm_steps.spec.units import Units
from mlm_steps.spec.variance import VarianceSpec
from mlm_steps.spec.vary import VarySpec
from mlm_steps.spec.written import Block, SpecFault, quoted

__all__ = ["PipelineSpec"]

LARGEST_SEED = 2**63 - 1
"""Largest signed integer of 64 bits, which all programs that read a record can represent."""
ALONE = frozenset(
    {"version", "name", "title", "power", "seed", "report", "rationale", "sampling", "preregistration"}
)
"""The keys that have a meaning in a spec of planned studies alone."""


class PipelineSpec(SpecBlock):
    """The analysis: data, ladder of models, comparisons, report."""

    version: Annotated[Literal[1], Whole]
    """Version of this format: ``1``."""
    name: Slug = "analysis"
    """Name of the results folder. Default: the name of the spec's file."""
    title: OptionalText = None
    """Title of the report. Default: the name."""
    data: DataSpec
    """The data file, its columns, and columns derived from them. A spec with ``power`` needs no data."""
    ladder: Ladder
    """The models, each an extension of the one before: a list of rungs, or a preset that generates them. A
    spec with ``power`` and without ``data`` has none."""
    prelude: Annotated[tuple[PreludeSpec, ...], BeforeValidator(nothing_is_empty)] = ()
    """Single-level models shown before the ladder."""
    compare: Comparisons = "ladder"
    """``ladder`` compares adjacent rungs, ``none`` compares nothing; or a list of pairs such as
    ``[{smaller: l1, larger: slope}]``. The smaller model may have no random effects: ``{smaller: ols, larger:
    "null"}`` names a model of the prelude, ``{smaller: "math ~ ses", larger: l1}`` gives its formula."""
    tests: TestsSpec = Field(default_factory=TestsSpec)
    """Tests in addition to these comparisons."""
    contrasts: Contrasts = ()
    """Combinations of coefficients, tested on every rung that has all of them."""
    slopes: Slopes = ()
    """Simple slopes besides those of every cross-level term: ``[{focal: ses, moderator: sector}]``."""
    means: Means = "auto"
    """Estimated marginal means: ``auto`` for every factor of at most 30 levels and the cells of
    interactions of such factors, ``none``, or a list of columns such as ``[sector]``, each a name or a
    block."""
    effects: EffectSizeSpec = Field(default_factory=EffectSizeSpec)
    """Effect sizes: standardised coefficients and standardised mean differences."""
    variance: VarianceSpec = Field(default_factory=VarianceSpec)
    """Measures of explained variance besides the usual ones."""
    estimation: EstimationSpec = Field(default_factory=EstimationSpec)
    """How models are fitted and coefficients are tested."""
    intervals: IntervalsSpec = Field(default_factory=IntervalsSpec)
    """How each kind of interval is computed."""
    bootstrap: BootstrapSpec = Field(default_factory=BootstrapSpec)
    """How models are refitted to simulated data, for everything that the spec declares to be bootstrapped."""
    effort: Literal["quick", "normal", "full"] = "normal"
    """How much optional work is done: alternatives to singular fits, profile intervals, tests of single
    random effects, bootstrapped comparisons, refits with other optimisers.

    The time of each is estimated by counting operations, and the most useful work is done first. ``quick``:
    about a second in total; ``normal``: a few seconds, at most about ten; ``full``: all. The report lists
    what was left out. A value at the work's own key, such as ``always``, ``never``, ``true`` or ``profile``,
    has priority.
    """
    diagnostics: Literal["none", "quick", "all"] = "quick"
    """How far the assumptions of the models are checked, for example ``diagnostics: all``.

    ``none``: not at all. ``quick``: every check of every model of the ladder and of the prelude that needs no
    simulation; predictive checks and the panel of figures for the last rung only. ``all``: predictive checks
    and a panel for every model.
    """
    sensitivity: Sensitivity = "none"
    """Variants of the final rung whose coefficients are compared with those of the rung.

    ``all``, ``none``, or a list such as ``[df, centring, exclude_influential]``. The report marks where a
    conclusion changes.

    ``df``: other degrees of freedom. ``estimator``: ML in place of REML, or the reverse. ``centring``:
    level-1 predictors raw, centred at the grand mean, and within groups. ``random_structure``: random
    intercepts only, no correlations, all slopes of level-1 terms. ``optimisers``: searches of other kinds.
    ``exclude_influential``: without influential groups, and without outlying rows.
    """
    vary: Annotated[VarySpec | None, NothingIsNone] = None
    """Variants of the analysis: the ladder for several outcomes, subsets or data files, all combined with
    all: ``{outcomes: [math, reading], subsets: [all, {name: girls, filter: "sex == 'f'"}]}``.

    Each variant is fitted, compared and tabulated; the report shows the coefficient of interest for all of
    them. ``mlm run SPEC --variant NAME`` makes the whole report of one.
    """
    save: Save = ()
    """What is written for every row of each rung, for example ``save: [fitted, residuals]``.

    The file is ``rows/MODEL.csv`` in the output folder. Its column ``row`` is the number of the row in the
    data file, from 1 below the header; in stacked, joined or reshaped data, in the combined table. ``fitted``
    includes the random effects, ``fitted_fixed`` does not. The residuals are of all kinds: ``residual``,
    ``residual_marginal``, ``residual_pearson`` and, of linear models, ``residual_scaled``. Rows that are not
    in the sample are left out, and the report counts them.
    """
    seed: Annotated[int, *whole(0, LARGEST_SEED)] = 1
    """Seed of the random numbers of all simulations: the same seed gives the same results."""
    on_singular: OnSingular = "warn"
    """What happens if the fit of a rung is singular.

    The report always shows which random effects are not identified, and the alternatives that were fitted.
    ``report``: nothing else; ``warn``: the terminal shows a warning; ``error``: the run ends with exit code 1
    after the report is written. A list such as ``[drop_correlation, drop_slope]`` fits these remedies in turn
    and replaces the rung by the first that is not singular; the report lists this as a deviation.

    ``center`` centres the covariates of random slopes within groups and adds the group means;
    ``center_grand`` centres the covariates of uncorrelated slopes at their means; ``drop_zero`` drops effects
    with a standard deviation of 0; ``drop_correlation``, ``drop_slope``, ``drop_term`` drop what they name.
    """
    hypotheses: Hypotheses = ()
    """The hypotheses, each with the term that tests it: ``[{name: H1, text: Catholic schools achieve more,
    term: sector, direction: positive}]``. The report states for each what the analysis found; the rung of the
    first is the headline of the report."""
    rationale: Rationale = None
    """Why the analysis was done this way: text that says why it is multilevel, or a block of reasons."""
    sampling: OptionalText = None
    """Sampling and eligibility at each level, and the period of data collection."""
    missing: Missing = None
    """What is assumed about missing data: ``{mechanism: Missing at random given SES}``, or the text alone."""
    preregistration: Preregistration = None
    """Link to the preregistration, or a block with further links and the ethics statement."""
    design: Literal["observational", "experimental"] = "observational"
    """Whether the groups that are compared were assigned at random, ``experimental``. The report then says
    that a predictor led to a difference or had an effect, else that it was associated with the outcome."""
    units: Units
    """What the units of each grouping factor are called in the report: ``{school: schools}``, or with the
    word for one of them ``{school: {one: school, many: schools}}``. ``observations`` stands for the rows of
    the data, ``{observations: students}``. Default: the label of the factor, as in "School groups"."""
    report: ReportSpec = Field(default_factory=ReportSpec)
    """The report that is written at the end."""
    expect: Expectations = ()
    """What the results have to be, for continuous integration: ``[{model: l1, icc: {min: 0.1}}, {all:
    converged}]``. If an expectation fails, the run ends with exit code 1 after the report is written."""
    power: Annotated[PowerSpec | None, NothingIsNone] = None
    """Planned studies: how likely they find effects, and how large they have to be. The key stands alone in a
    spec, or beside data and a ladder."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Say in the schema that a spec needs data and a ladder, or planned studies."""
        made = handler.resolve_ref_schema(handler(core_schema))
        made["required"] = [key for key in made["required"] if key not in ("data", "ladder")]
        made["anyOf"] = [{"required": ["data", "ladder"]}, {"required": ["power"]}]
        return made

    @model_validator(mode="before")
    @classmethod
    def _power_may_stand_alone(cls, value: Any) -> Any:
        """Add no data and no rungs to planned studies that stand alone."""
        if not isinstance(value, Mapping) or not _has_power(value) or {"data", "ladder"} & {*value}:
            return value
        added = {**value, "data": NO_DATA, "ladder": ()}
        return Block(added, value.at) if isinstance(value, Block) else added

    @model_validator(mode="before")
    @classmethod
    def _names_agree(cls, value: object, info: ValidationInfo) -> object:
        found = [*faults_between_keys(value), *response_faults(value), *_without_ladder(value)]
        if isinstance(info.context, list):
            info.context.extend(found)
        elif found:
            raise objections((each.at, each.what, each.hint) for each in found)
        return value

    @property
    def planned_alone(self) -> bool:
        """Whether there are planned studies without data and ladder."""
        return self.power is not None and not self.rungs

    @property
    def rungs(self) -> tuple[ModelSpec, ...]:
        """The rungs of the ladder; a preset is expanded."""
        return self.ladder.rungs if isinstance(self.ladder, PresetLadder) else self.ladder

    @cached_property
    def settings(self) -> Mapping[str, RungSettings]:
        """How each rung is fitted and tested, by its name."""
        return {rung.name: settings_of(rung, self.estimation) for rung in self.rungs}

    @property
    def pairs(self) -> tuple[PairSpec, ...]:
        """The comparisons asked for, smaller model first, by the names of the models."""
        return self._pairs[0]

    @property
    def compared_models(self) -> tuple[ComparedModel, ...]:
        """The models without random effects that comparisons give by their formulas."""
        return self._pairs[1]

    @cached_property
    def _pairs(self) -> tuple[tuple[PairSpec, ...], tuple[ComparedModel, ...]]:
        if self.compare == "none":
            return (), ()
        if self.compare != "ladder":
            return named_pairs(self.compare, self.rungs, [model.name for model in self.prelude])
        names = [rung.name for rung in self.rungs]
        return tuple(PairSpec(smaller=below, larger=above) for below, above in pairwise(names)), ()

    @property
    def models(self) -> tuple[PreludeSpec | ComparedModel | ModelSpec, ...]:
        """All models: those of the prelude, those that comparisons give by formulas, and the rungs."""
        return (*self.prelude, *self.compared_models, *self.rungs)

    def response_of(self, model: str) -> Response:
        """Return the distribution of the outcome of a model; those of the prelude are linear."""
        compared = {each.name: each.rung for each in self.compared_models}
        settings = self.settings.get(compared.get(model, model))
        return GAUSSIAN if settings is None else settings.response

    @property
    def remedies(self) -> tuple[RemedyWord, ...]:
        """The remedies to apply to singular rungs; none unless they are listed."""
        return self.on_singular if isinstance(self.on_singular, tuple) else ()

    @property
    def sensitivity_kinds(self) -> tuple[SensitivityWord, ...]:
        """The kinds of variants of the final rung that are fitted, in the order of the report."""
        return kinds_of(self.sensitivity)

    @property
    def declared_levels(self) -> Mapping[str, int]:
        """The declared level of columns in the hierarchy, from ``columns`` or from a preset."""
        of_preset = self.ladder.declared_levels if isinstance(self.ladder, PresetLadder) else {}
        declared = {
            name: column.level for name, column in self.data.columns.items() if column.level is not None
        }
        return {**of_preset, **declared}

    @property
    def headline(self) -> str | None:
        """The rung that the spec makes the headline of the report; None to take the last reliable one."""
        return None if self.report.headline == "auto" else self.report.headline

    @property
    def statements(self) -> Mapping[str, str]:
        """What the spec states on items of the reporting standard, by the identifier of the item."""
        return stated(self.rationale, self.sampling, self.missing, self.preregistration)

    @property
    def title_or_name(self) -> str:
        """The title, or the name if there is no title."""
        return self.title or self.name


def _has_power(value: Mapping[str, object]) -> bool:
    """Return whether a spec has planned studies; the key without a value means none."""
    return nothing_is_none(value.get("power")) is not None


def _without_ladder(value: object) -> Iterator[SpecFault]:
    """Yield a fault for each key that needs a ladder beside planned studies that stand alone."""
    if not isinstance(value, Block) or not _has_power(value):
        return
    if value.get("data", NO_DATA) is not NO_DATA or value.get("ladder", ()) != ():
        return
    known = PipelineSpec.model_fields
    for key in value:
        if key in known and key not in {*ALONE, "data", "ladder"}:
            what = f"{quoted(key)} needs data and a ladder, which this spec does not have"
            yield SpecFault((key,), what, "planned studies alone do not use it", is_key=True)
