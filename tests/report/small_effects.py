"""Slopes, means and contrasts of the small report, written by hand."""

from __future__ import annotations

from mlm_steps.records import EffectsRecord
from mlm_steps.records.effects import (
    Condition,
    ContrastTest,
    FactorMeans,
    Hypothesis,
    LevelMean,
    Pairwise,
    Region,
    SimpleSlopes,
    SlopeAt,
    Stretch,
    Tested,
)


def tested(*numbers: float) -> Tested:
    names = ("estimate", "se", "df", "statistic", "p", "ci_low", "ci_high")
    return Tested(**dict(zip(names, numbers, strict=True)))


PUBLIC = tested(2.8, 0.155, 10.1, 18.1, 1e-9, 2.45, 3.15)
CATHOLIC = tested(2.46, 0.175, 9.9, 14.1, 1e-8, 2.07, 2.85)
LESS = tested(-0.34, 0.234, 9.8, -1.45, 0.178, -0.86, 0.18)
SHARED = {
    "model": "slope",
    "df_method": "satterthwaite",
    "confidence": 0.95,
}


def by_sector() -> SimpleSlopes:
    return SimpleSlopes(
        **SHARED,
        focal="ses",
        moderator="sector",
        moderator_kind="category",
        declared=False,
        conditions=(),
        adjust="tukey",
        slopes=(
            SlopeAt(value="Public", place="level", slope=PUBLIC, intercept=tested(*[1.0] * 7)),
            SlopeAt(value="Catholic", place="level", slope=CATHOLIC, intercept=tested(*[1.0] * 7)),
        ),
        differences=(Pairwise(first="Catholic", second="Public", test=LESS, p_unadjusted=0.178),),
        region=None,
        lines=(),
    )


def along_ses() -> SimpleSlopes:
    return SimpleSlopes(
        **SHARED,
        focal="sector",
        focal_contrast="Catholic - Public",
        moderator="ses",
        moderator_kind="number",
        unit="school",
        declared=True,
        conditions=(Condition(variable="math", value=12.75, at_mean=True),),
        adjust="tukey",
        slopes=(
            SlopeAt(value=-0.66, place="mean - SD", slope=LESS, intercept=Tested(code="too_large")),
            SlopeAt(value=0.0, place="mean", slope=Tested(code="not_estimable"), intercept=LESS),
        ),
        differences=(),
        region=Region(
            bounds=(-1.25, 4.5), region="outside", observed_low=-3.65, observed_high=2.86,
            stretches=(Stretch(low=-3.65, high=-1.25, sign=-1),), share=0.25, unit="school", n_units=12,
            curve=(),
        ),
        lines=(),
    )  # fmt: skip


def effects() -> EffectsRecord:
    levels = (
        LevelMean(level="Public", levels=("Public",), test=PUBLIC),
        LevelMean(level="Catholic", levels=("Catholic",), test=CATHOLIC),
    )
    means = FactorMeans(
        **SHARED, factor="sector", factors=("sector",),
        conditions=(), averaged=(), held=(), interacts=("ses",), adjust="holm",
        means=levels, differences=by_sector().differences * 2,
    )  # fmt: skip
    hypotheses = (
        Hypothesis(text="ses - 2*sectorCatholic = 0", weights={"ses": 1.0}, value=0.0, test=LESS),
        Hypothesis(text="ses = 3", weights={"ses": 1.0}, value=3.0, test=PUBLIC),
    )
    contrast = ContrastTest(
        **SHARED, name="Two | *at once*", rows=hypotheses, num_df=2, den_df=9.75, statistic=3.21, p=0.0843
    )
    return EffectsRecord(contrasts=(contrast,), slopes=(by_sector(), along_ses()), means=(means,))
