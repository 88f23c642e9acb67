"""The sensitivity analysis of the small run: one conclusion changes twice, one variant has no numbers."""

from __future__ import annotations

from mlm_steps.records.sensitivity import SensitivityRecord, Variation, VariedCoefficient

__all__ = ["variants"]

SES, SECTOR = "ses", "sectorCatholic"


def coefficient(column, estimate, p, **more):
    term = "sector" if column == SECTOR else column
    given = {"column_there": column, "quantity": "same", "changed": False, "code": None} | more
    return VariedCoefficient(
        term=term, column=column, estimate=estimate, se=0.5, df=17.0, df_method="satterthwaite", p=p,
        ci_low=0.0, ci_high=1.0, **given,
    )  # fmt: skip


def variation(name, what, *coefficients, ending="converged", **more):
    return Variation(name=name, what=what, formula="f", ending=ending, coefficients=coefficients, **more)


def variants() -> dict[str, SensitivityRecord]:
    """Return the records by their jobs."""
    own = (coefficient(SES, 2.8, 0.0001), coefficient(SECTOR, 1.0, 0.04))
    centred = variation(
        "cwc", "with level-1 predictors centred within {group} ({columns})",
        coefficient(SES, 2.1, 0.0002, quantity="within"),
        coefficient(SECTOR, 0.7, 0.21, changed=True, quantity="unadjusted"),
        fitted=True, group="school", columns=("ses",),
    )  # fmt: skip
    z = variation("z", "by the normal approximation", *own)
    fewer = variation(
        "rows", "without 3 rows",
        coefficient(SES, 2.7, 0.0001), coefficient(SECTOR, -1.3, 0.03, changed=True),
        ending="singular", fitted=True,
    )  # fmt: skip
    nothing = [
        each.model_copy(update=dict.fromkeys(("estimate", "se", "df", "p", "ci_low", "ci_high", "changed")))
        for each in own
    ]
    failed = variation(
        "maximal", "with random slopes of all level-1 terms", *nothing,
        ending="failed", reasons=("the scaled gradient is 11",), fitted=True,
    )  # fmt: skip
    kinds = {
        "df": (z,),
        "centring": (centred,),
        "random_structure": (failed,),
        "exclude_influential": (fewer,),
    }
    return {
        f"sensitivity/{kind}": SensitivityRecord(
            model="slope", kind=kind, confidence=0.95, selected=False, own=own, variations=found
        )
        for kind, found in kinds.items()
    }
