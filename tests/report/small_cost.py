"""The cost of ignoring clusters in the small run: least squares would claim one association and miss one."""

from __future__ import annotations

from mlm_steps.records.cost import ClusterCost, CostRecord, CostRow, SeparateFits

__all__ = ["cost"]

NAMES = ("ols_estimate", "ols_se", "ols_p", "cr1_se", "cr2_se", "cr2_df", "cr2_p", "mixed_estimate")


def coefficient(term, column, *numbers, mixed_p, se_ratio, rho_x=None, moulton=None, naive_rate=None):
    return CostRow(
        term=term, column=column, ols_df=7181.0, **dict(zip(NAMES, numbers, strict=True)), mixed_se=0.46,
        mixed_df=153.7, mixed_p=mixed_p, mixed_cr2_se=0.44, mixed_cr2_df=149.2, mixed_cr2_p=mixed_p,
        se_ratio=se_ratio, rho_x=rho_x, moulton=moulton, naive_rate=naive_rate,
    )  # fmt: skip


def cost() -> CostRecord:
    """Return the record of the rung ``slope``."""
    rows = (
        coefficient(
            "(Intercept)", "(Intercept)", 11.4, 0.11, 0.0, 0.28, 0.28, 82.9, 0.0, 11.4, mixed_p=0.0,
            se_ratio=0.37,
        ),
        coefficient(
            "ses", "ses", 2.78, 0.16, 0.06, 0.159, 0.16, 75.8, 0.03, 2.8, mixed_p=0.02, se_ratio=1.01,
            rho_x=-0.02, moulton=0.85, naive_rate=0.033,
        ),
        coefficient(
            "sector", "sectorCatholic", 0.9, 0.15, 1e-8, 0.42, 0.42, 146.7, 0.03, 0.9, mixed_p=0.051,
            se_ratio=0.35, rho_x=1.0, moulton=8.3, naive_rate=0.496,
        ),
    )  # fmt: skip
    rung = ClusterCost(
        model="slope", formula="math ~ ses * sector + (ses | school)", cluster="school",
        mixed="(ses | school)", confidence=0.95, n=7185, n_clusters=160, weighted_size=48.0, icc=0.18,
        residual_icc=0.155, design_effect=9.48, effective_n=757.9, se_ratio=3.08, rows=rows,
    )  # fmt: skip
    prelude = rung.model_copy(
        update={"model": "ols", "mixed": "(1 | school)", "mixed_cr2_code": "too_large", "rows": rows[:1]}
    )
    separate = SeparateFits(
        model="slope", cluster="school", columns=("(Intercept)", "ses"), terms=("(Intercept)", "ses"),
        sigma=6.06, df=40, n_clusters=2, n_estimable=(2, 1), mean=(11.0, 2.0), sd=(1.0, None),
        levels=("a|b", "c"), sizes=(40, 4), ranks=(2, 1), estimates=((10.0, 12.0), (2.0, None)),
        se=((1.0, 3.0), (0.2, None)), own_se=((1.1, 2.9), (0.3, None)),
        failures=("c: ses constant in 4 rows",),
    )  # fmt: skip
    return CostRecord(costs=(rung, prelude), separate=separate)
