"""The influence of the schools of the small run: one conclusion depends on a school, one school is needed."""

from __future__ import annotations

from mlm_steps.records.influence import (
    Change,
    FactorInfluence,
    InfluenceRecord,
    ModelInfluence,
    RowInfluence,
)

__all__ = ["influence", "schools"]

COLUMNS = ("(Intercept)", "ses", "sectorCatholic")


def schools(**changes) -> FactorInfluence:
    """Return the influence of three schools."""
    change = Change(level="s2", column="ses", what=("significance",), estimate=2.1, se=1.1, p=0.061)
    found = FactorInfluence(
        grouping_factor="school",
        n_levels=3,
        levels=("s1", "s2", "s3"),
        n=(20, 30, 10),
        cook=(0.2, 1.4, None),
        covratio=(1.1, 0.8, None),
        dfbetas=((0.1, -0.4, 0.2), (0.3, 1.3, -0.1), (None, None, None)),
        estimate=((12.0, 2.9, 1.1), (11.8, 2.1, 1.2), (None, None, None)),
        se=((0.3, 0.5, 0.4), (0.3, 1.1, 0.4), (None, None, None)),
        p=((0.001, 0.001, 0.01), (0.001, 0.061, 0.01), (None, None, None)),
        rvc=((0.02, None, 0.1, 0.01), (-0.5, None, 0.2, 0.01), (None, None, None, None)),
        reasons={"s3": "columns of X are linear combinations of others: sectorCatholic"},
        cook_line=4 / 3,
        dfbetas_line=2 / 3**0.5,
        above=1,
        changes=(change,),
    )
    return found.model_copy(update=changes)


def influence(*factors: FactorInfluence) -> InfluenceRecord:
    """Return the record of the last rung."""
    return InfluenceRecord(
        models=(
            ModelInfluence(
                model="slope",
                df_method="satterthwaite",
                alpha=0.05,
                columns=COLUMNS,
                components=(
                    "var_(Intercept)|school", "cov_ses.(Intercept)|school", "var_ses|school", "sigma2",
                ),
                factors=factors or (schools(),),
                rows=(RowInfluence(row=17, cook=0.2, leverage=0.1),),
            ),
        )
    )  # fmt: skip
