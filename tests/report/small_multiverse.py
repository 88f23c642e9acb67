"""The variants of the small run: one is singular, one has no numbers for the last rungs, one has no rows."""

from __future__ import annotations

from mlm_steps.records import Coefficient
from mlm_steps.records.variants import Variant, VariantRung, VariantsRecord, VariantValue

__all__ = ["multiverse"]

NO_ROWS = "no row is left: none of 160 rows meets the condition"
ONE_LEVEL = "sector: it has the one level Catholic in the rows used, and contrasts need two"


def coefficient(column, term, estimate, low, high):
    return Coefficient(
        term=term, column=column, level="2", symbol="γ01", estimate=estimate, se=0.5, df=17.0,
        df_method="satterthwaite", statistic=estimate / 0.5, p=0.02, ci_low=low, ci_high=high,
        ci_method="wald",
    )  # fmt: skip


def rung(model, status="converged", *coefficients, **more):
    return VariantRung(model=model, formula="f", status=status, coefficients=coefficients, **more)


def variant(outcome, subset, *rungs):
    values = (
        VariantValue(axis="outcome", name=outcome, label=outcome.title(), what=outcome),
        VariantValue(axis="subset", name=subset, label=f"{subset.title()} <schools> | all", what="ses > 0"),
    )
    return Variant(name=f"{outcome}--{subset}", key=f"{outcome}{subset}", values=values, rungs=rungs)


def multiverse(fits) -> dict[str, VariantsRecord]:
    """Return the record by its job; the variants have the rungs of the run."""
    own = fits[-1].coefficients[-1]
    before, last = [fit.model for fit in fits[:-1]], fits[-1].model
    below = [rung(model, n=160) for model in before]

    def filled(status, *numbers):
        return rung(last, status, coefficient(own.column, own.term, *numbers), n=160)

    found = (
        variant("math", "all", *below, filled("converged", 1.0, 0.1, 1.9)),
        variant("math", "large", *below, filled("singular", -0.2, -1.2, 0.8)),
        variant("math", "catholic", *below, rung(last, "failed", reason=ONE_LEVEL)),
        variant("reading", "all", *below, filled("converged", 1.4, 0.4, 2.4)),
        variant("reading", "none", *(rung(model, "failed", reason=NO_ROWS) for model in (*before, last))),
    )
    return {"variants/0-5": VariantsRecord(confidence=0.95, coefficient=None, rung=None, variants=found)}
