"""The key ``power.design``: groups, rows and predictors of a planned study."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import (
    ColumnName,
    Flag,
    NothingIsNone,
    Objection,
    OptionalText,
    Real,
    Text,
    Texts,
    nothing_is_empty,
    number,
    objection,
    objections,
    whole,
)
from mlm_steps.spec.written import Items, Written, quoted

__all__ = [
    "AttritionSpec",
    "CorrelationSpec",
    "FactorSpec",
    "PlanDeriveSpec",
    "PlanDesignSpec",
    "PredictorSpec",
    "Sizes",
    "VaryingSpec",
]

MOST_LEVELS = 1_000_000
"""Largest number of groups, or of rows of a group, that a plan may have."""
PAIR = 2
"""Number of codes of a binary predictor, and of predictors that a correlation is between."""


def _form_of(value: object) -> str:
    """Return whether a number, a list or a block is meant."""
    if isinstance(value, (Written, int, float, str)):
        return "number"
    return "list" if isinstance(value, (Items, list, tuple)) else "block"


class VaryingSpec(SpecBlock):
    """Sizes that vary: quantiles of a gamma distribution."""

    mean: Annotated[float, *number(1, MOST_LEVELS)]
    """Mean size, ``20``."""
    cv: Annotated[float, *number(0, 5)]
    """Coefficient of variation, the standard deviation over the mean, ``0.5``."""


class FactorSpec(SpecBlock):
    """A grouping factor that is nested in another, or crossed with it in part."""

    n: Annotated[int, *whole(1, MOST_LEVELS)]
    """Number of its levels: of a nested factor per level of the outer one, ``{n: 3, within: school}``."""
    within: OptionalText = None
    """The factor that it is nested in."""
    each: Annotated[Annotated[int, *whole(1, MOST_LEVELS)] | None, NothingIsNone] = None
    """Of a crossed factor: how many of its levels each level of the first factor meets,
    ``{n: 40, each: 10}``. Default: all."""


Count = Annotated[int, *whole(1, MOST_LEVELS)]
Sizes = Annotated[
    Annotated[Count, Tag("number")]
    | Annotated[tuple[Count, ...], Tag("list")]
    | Annotated[VaryingSpec, Tag("block")],
    Discriminator(_form_of),
]
GroupSpec = Annotated[
    Annotated[Count, Tag("number")] | Annotated[FactorSpec, Tag("block")], Discriminator(_form_of)
]
Level = Annotated[
    str, BeforeValidator(lambda value: str(value)), WithJsonSchema({"type": ["string", "integer"]})
]


def _two_codes(values: tuple[float, ...]) -> tuple[float, ...]:
    if len(values) != PAIR or values[0] == values[1]:
        raise objection("needs two different codes", "for example [0, 1] or [-1, 1]")
    return values


def _positive_shares(shares: dict[str, float] | None) -> dict[str, float] | None:
    if shares is not None and (len(shares) < PAIR or not all(share > 0.0 for share in shares.values())):
        raise objection("needs two levels or more, each with a share above 0", "{low: 0.3, high: 0.7}")
    return shares


class PredictorSpec(SpecBlock):
    """A predictor: ``binary``, ``values`` or ``categories``; a normal variable where none is given."""

    level: Level = "1"
    """What it is a property of: ``1`` the row, ``2`` the group, ``3`` the group of groups; or the name of a
    factor, such as ``item``."""
    mean: Real = 0.0
    """Mean of a normal predictor."""
    sd: Annotated[float, *number(1e-9, 1e9)] = 1.0
    """Standard deviation of a normal predictor."""
    icc: Annotated[float, *number(0, 0.999)] = 0.0
    """Share of the variance of a normal predictor of level 1 that is between groups, ``0.2``."""
    binary: Annotated[Annotated[float, *number(0, 1)] | None, NothingIsNone] = None
    """Share of the second of two codes, ``0.5``. Arms alternate in order of the groups' size; within groups
    each has this share as far as its rows allow."""
    codes: Annotated[tuple[Real, ...], BeforeValidator(nothing_is_empty), AfterValidator(_two_codes)] = (
        0.0,
        1.0,
    )
    """The codes of a binary predictor, ``[-1, 1]``."""
    values: Annotated[tuple[Real, ...], BeforeValidator(nothing_is_empty)] = ()
    """Values in turn, ``[0, 1, 2, 3]``: of the rows of a group, such as times, or of the groups."""
    categories: Annotated[
        dict[ColumnName, Annotated[float, *number(0, 1)]] | None,
        NothingIsNone,
        AfterValidator(_positive_shares),
    ] = None
    """Levels with their shares, ``{low: 0.3, middle: 0.4, high: 0.3}``; the first is the reference."""
    fixed: Flag = False
    """Whether a normal predictor is drawn once; by default every simulated study draws it anew."""

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> PredictorSpec:
        kinds = [key for key in ("binary", "values", "categories") if getattr(self, key) not in (None, ())]
        if len(kinds) > 1:
            raise objection(f"has {' and '.join(kinds)} together", "give one of them", (kinds[1],))
        if kinds:
            wrong = [
                ((key,), f"{kinds[0]} has no {key}", "it belongs to a normal predictor")
                for key in ("mean", "sd", "icc", "fixed")
                if key in self.model_fields_set
            ]
            if wrong:
                raise objections(wrong)
        if "icc" in self.model_fields_set and self.level != "1":
            raise objection(
                "icc belongs to a predictor of level 1", "this one varies between groups only", ("icc",)
            )
        if "codes" in self.model_fields_set and self.binary is None:
            raise objection("codes belong to a binary predictor", "give binary: 0.5 too", ("codes",))
        return self

    @property
    def arms(self) -> tuple[str, ...]:
        """The codes of a binary predictor and the levels of a category as text; none for other predictors."""
        if self.binary is not None:
            return tuple(f"{code:g}" for code in self.codes)
        return tuple(self.categories or ())

    @property
    def kind(self) -> Literal["normal", "binary", "values", "category"]:
        """What is drawn."""
        if self.binary is not None:
            return "binary"
        return "values" if self.values else "category" if self.categories else "normal"


class PlanDeriveSpec(SpecBlock):
    """A column that is derived in each simulated study, ``center`` or ``mean``."""

    center: OptionalText = None
    """Predictor to centre at its mean; with ``within``, at the mean of each group."""
    mean: OptionalText = None
    """Predictor whose group mean becomes the column."""
    within: OptionalText = None
    """The factor whose groups are meant."""
    means: Literal["sample", "latent"] = "sample"
    """The means: of the rows of the study, or those of the population that a study does not know."""

    @model_validator(mode="after")
    def _does_one_thing(self) -> PlanDeriveSpec:
        if (self.center is None) == (self.mean is None):
            what = "has center and mean together" if self.center else "does not say what to derive"
            raise objection(what, "for example {center: ses, within: school}")
        if self.mean is not None and self.within is None:
            raise objection("mean needs within", "for example {mean: ses, within: school}")
        return self


def _two_names(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) != PAIR or names[0] == names[1]:
        raise objection("needs two different predictors", "for example [ses, motivation]")
    return names


class CorrelationSpec(SpecBlock):
    """The correlation of two predictors of one level."""

    between: Annotated[Texts, AfterValidator(_two_names)]
    """The two predictors, ``[ses, motivation]``."""
    r: Annotated[float, *number(-0.999, 0.999)]
    """Their correlation; of a binary predictor, that of the normal variable behind it."""


Lost = Annotated[float, *number(0, 0.99)]


def _number_or_arms(value: object) -> str:
    return "number" if _form_of(value) == "number" else "arms"


class AttritionSpec(SpecBlock):
    """Groups that leave a longitudinal study for good, by a Weibull curve."""

    share: Annotated[
        Annotated[Lost, Tag("number")] | Annotated[dict[ColumnName, Lost], Tag("arms")],
        Discriminator(_number_or_arms),
    ]
    """Share of the groups that has left at the last time, ``0.3``; with ``arm``, one share per arm,
    ``{0: 0.2, 1: 0.4}``."""
    arm: OptionalText = None
    """The binary predictor or category whose arms lose different shares, ``treated``."""
    time: Text
    """The predictor of time."""
    shape: Annotated[float, *number(0.05, 20)] = 1.0
    """``1`` for a constant rate; below it most leave early, above it late."""


def _some_factor(groups: dict[str, object]) -> dict[str, object]:
    if not groups:
        raise objection("names no grouping factor", "for example {school: 60}")
    if len(groups) > 3:
        raise objection(
            "has more than three grouping factors", "two crossed or three nested ones are possible"
        )
    return groups


class PlanDesignSpec(SpecBlock):
    """Who is studied: groups, rows and predictors."""

    groups: Annotated[dict[ColumnName, GroupSpec], AfterValidator(_some_factor)]
    """Number of levels of each grouping factor, ``{school: 60}``; the outermost first. Nested:
    ``{school: 20, class: {n: 3, within: school}}``. Two without ``within`` are crossed:
    ``{participant: 40, item: 20}``."""
    rows: Sizes
    """Rows per group of the innermost factor, ``20``; a list, ``[15, 20, 25]``, is repeated; or
    ``{mean: 20, cv: 0.5}``. Of crossed factors: rows per pair."""
    predictors: Annotated[dict[ColumnName, PredictorSpec], BeforeValidator(nothing_is_empty)] = Field(
        default_factory=dict
    )
    """The predictors by name, ``{ses: {level: 1, icc: 0.2}, public: {level: 2, binary: 0.5}}``."""
    derive: Annotated[dict[ColumnName, PlanDeriveSpec], BeforeValidator(nothing_is_empty)] = Field(
        default_factory=dict
    )
    """Columns that are made from the predictors of each study, ``{ses_w: {center: ses, within: school}}``."""
    correlations: Annotated[tuple[CorrelationSpec, ...], BeforeValidator(nothing_is_empty)] = ()
    """Correlations of predictors, ``[{between: [ses, motivation], r: 0.3}]``; others are 0."""
    missing: Annotated[float, *number(0, 0.95)] = 0.0
    """Share of the rows that are missing at random."""
    attrition: Annotated[AttritionSpec | None, NothingIsNone] = None
    """Groups that leave before the end of a longitudinal study."""

    @model_validator(mode="after")
    def _names_agree(self) -> PlanDesignSpec:
        wrong = [
            *self._factor_faults(),
            *self._predictor_faults(),
            *self._derive_faults(),
            *self._correlation_faults(),
            *self._attrition_faults(),
        ]
        if wrong:
            raise objections(wrong)
        return self

    def _factor_faults(self) -> Iterator[Objection]:
        factors = list(self.groups)
        for name, group in self.groups.items():
            outer = getattr(group, "within", None)
            if outer is not None and (outer not in factors or factors.index(outer) >= factors.index(name)):
                yield ("groups", name, "within"), f"no factor {quoted(outer)} stands above", None

    def _predictor_faults(self) -> Iterator[Objection]:
        factors = list(self.groups)
        for name, predictor in self.predictors.items():
            if name in factors:
                yield ("predictors", name), "is the name of a grouping factor", "choose another"
            counted = predictor.level.isdigit() and 1 <= int(predictor.level) <= len(factors) + 1
            if predictor.level not in factors and not counted:
                hint = f"1 to {len(factors) + 1}, or one of {', '.join(factors)}"
                yield ("predictors", name, "level"), f"{quoted(predictor.level)} is no level", hint

    def _derive_faults(self) -> Iterator[Objection]:
        for name, derived in self.derive.items():
            source = derived.center or derived.mean
            if source not in self.predictors:
                yield ("derive", name), f"there is no predictor {quoted(source)}", _among(self.predictors)
            if derived.within is not None and derived.within not in self.groups:
                yield ("derive", name, "within"), f"no factor {quoted(derived.within)}", _among(self.groups)
            if name in self.predictors:
                yield ("derive", name), "is a predictor already", "choose another name"

    def _correlation_faults(self) -> Iterator[Objection]:
        for i, pair in enumerate(self.correlations):
            for k, name in enumerate(pair.between):
                if name not in self.predictors:
                    at = ("correlations", i, "between", k)
                    yield at, f"there is no predictor {quoted(name)}", _among(self.predictors)
            yield from self._of_one_level(i, pair)

    def _attrition_faults(self) -> Iterator[Objection]:
        if self.attrition is None:
            return
        time, known = self.attrition.time, [*self.predictors, *self.derive]
        if time not in known:
            yield ("attrition", "time"), f"there is no predictor {quoted(time)}", _among(known)
        elif not self._is_time(time):
            what = f"{quoted(time)} has no values that tell the occasions apart"
            yield ("attrition", "time"), what, "a predictor of level 1 such as {values: [0, 1, 2, 3]}"
        yield from self._arm_faults(self.attrition)

    def _arm_faults(self, attrition: AttritionSpec) -> Iterator[Objection]:
        """Yield what is wrong with shares of attrition per arm."""
        arm, share = attrition.arm, attrition.share
        if isinstance(share, float):
            if arm is not None:
                yield ("attrition", "arm"), "has one share for all arms", "give share: {0: 0.2, 1: 0.4}"
            return
        if arm is None:
            yield ("attrition", "share"), "shares per arm need arm", "name the predictor: arm: treated"
            return
        own = self.predictors.get(arm)
        if own is None:
            yield ("attrition", "arm"), f"there is no predictor {quoted(arm)}", _among(self.predictors)
        elif not own.arms or own.level == "1":
            what = f"{quoted(arm)} does not divide the groups into arms"
            yield ("attrition", "arm"), what, "a predictor of level 2, binary or with categories"
        elif {*share} != {*own.arms}:
            what = f"has shares for {', '.join(share) or 'no arm'}; {quoted(arm)} has {', '.join(own.arms)}"
            yield ("attrition", "share"), what, "give one share for each arm"

    def _is_time(self, name: str) -> bool:
        own = self.derive.get(name)
        source = self.predictors.get(str(own.center or own.mean) if own is not None else name)
        return source is None or (source.level == "1" and bool(source.values))

    def _of_one_level(self, i: int, pair: CorrelationSpec) -> list[Objection]:
        """Return what keeps two predictors from being correlated."""
        both = [self.predictors[name] for name in pair.between if name in self.predictors]
        wrong: list[Objection] = [
            (
                ("correlations", i, "between", k),
                f"{quoted(name)} has fixed values or categories",
                "correlations are between normal and binary predictors",
            )
            for k, name in enumerate(pair.between)
            if name in self.predictors and self.predictors[name].kind in ("values", "category")
        ]
        if wrong or len(both) < PAIR:
            return wrong
        levels = {self._factor_of(each.level) for each in both}
        if len(levels) > 1:
            what = f"{quoted(pair.between[0])} and {quoted(pair.between[1])} vary at different levels"
            wrong.append(
                (("correlations", i, "between"), what, "only predictors of one level can be correlated")
            )
        elif len({each.fixed for each in both if each.kind == "normal"}) > 1:
            what = f"only one of {quoted(pair.between[0])} and {quoted(pair.between[1])} is fixed"
            wrong.append((("correlations", i, "between"), what, "make both fixed or none"))
        return wrong

    def _factor_of(self, level: str) -> str:
        """Return the factor of a level; "1" for the rows."""
        factors = [*self.groups]
        known = level.isdigit() and 2 <= int(level) <= len(factors) + 1 and level not in factors
        return factors[-(int(level) - 1)] if known else level


def _among(names: object) -> str | None:
    listed = ", ".join(map(str, names))  # type: ignore[call-overload]  # any iterable of names
    return f"there are {listed}" if listed else None
