"""The registry of cases: one line each."""

from __future__ import annotations

from functools import partial

from benchmarks import data
from benchmarks.base import Case

SLOPE = "y ~ x + (x | g)"
WORKSHOP = {
    "null": "1 + (1 | schcode)",
    "ses": "ses + (1 | schcode)",
    "uncorrelated": "ses + (ses || schcode)",
    "slope": "ses + (ses | schcode)",
    "public": "ses + public + (ses | schcode)",
    "cross": "ses * public + (ses | schcode)",
}
"""The rungs of ``config/examples/workshop.yaml``, whose slope variances are estimated at or near 0."""

CASES: dict[str, Case] = {
    "sleepstudy": Case(
        "sleepstudy, slope",
        "Reaction ~ Days + (Days | Subject)",
        data.sleepstudy,
        targets={"lme4": 1 / 30, "glmm": 1.0},
    ),
    **{
        f"workshop_{name}": Case(
            f"workshop 6871 × 419, {name}",
            f"math ~ {formula}",
            data.workshop,
            targets={"lme4": 1 / 40} | ({} if "||" in formula else {"glmm": 1.0}),
        )
        for name, formula in WORKSHOP.items()
    },
    "crossed": Case(
        "crossed 5000 (100 × 50), slope",
        "rt ~ x + (x | participant) + (1 | item)",
        data.crossed,
        targets={"lme4": 1 / 8, "mixedlm": 1.0, "glmm": 1.0},
    ),
    "large": Case(
        "200 000 × 5000, slope",
        SLOPE,
        partial(data.slopes, 200_000, 5000),
        targets={"lme4": 1 / 100, "mixedlm_rs": 1.5, "glmm": 1.0},
    ),
    "insteval": Case(
        "InstEval 73 421 × (2972 + 1128 + 28)",
        "y ~ service + (1 | s) + (1 | d) + (1 | dept:service)",
        data.insteval,
        "fit",
        {"lme4": 1 / 5, "glmm": 1.0},
    ),
    "million": Case(
        "1 000 000 × 10 000, slope",
        SLOPE,
        partial(data.slopes, 1_000_000, 10_000),
        targets={"lme4": 1 / 100, "glmm": 1.0},
    ),
    "nested": Case(
        "nested 31 022 × 2410 in 131",
        "score ~ gcse + (1 | lea/school)",
        data.nested,
        targets={"lme4": 1 / 10, "glmm": 1.0},
    ),
    "maximal": Case(
        "maximal crossed 1792 (56 × 32), 4 + 4 correlated",
        "rt ~ a * b + (a * b | subject) + (a * b | item)",
        data.maximal,
    ),
    "growth_1e4": Case("10⁴ rows × 100 groups", SLOPE, partial(data.slopes, 10**4, 100), group="growth"),
    "growth_1e5": Case("10⁵ rows × 1000 groups", SLOPE, partial(data.slopes, 10**5, 1000), group="growth"),
    "growth_1e6": Case("10⁶ rows × 10 000 groups", SLOPE, partial(data.slopes, 10**6, 10**4), group="growth"),
    "growth_1e7": Case(
        "10⁷ rows × 100 000 groups", SLOPE, partial(data.slopes, 10**7, 10**5), group="growth"
    ),
    "cbpp": Case(
        "cbpp 56 × 15",
        "cbind(incidence, size - incidence) ~ period + (1 | herd)",
        data.cbpp,
        "binomial",
        {"lme4": 1 / 10, "glmmtmb": 1 / 40, "glmm": 5.0},
        "generalized",
    ),
    "contraception": Case(
        "Contraception 1934 × 60, intercept",
        "used ~ age + age2 + urban + livch + (1 | district)",
        data.contraception,
        "binomial",
        {"lme4": 1 / 30, "glmmtmb": 1 / 40, "glmm": 2.0},
        "generalized",
    ),
    "contraception_slope": Case(
        "Contraception 1934 × 60, slope",
        "used ~ age + age2 + urban + livch + (urban | district)",
        data.contraception,
        "binomial",
        {"lme4": 1 / 50, "glmmtmb": 1 / 25, "glmm": 1.5},
        "generalized",
    ),
    "ticks": Case(
        "grouseticks 403, three nested terms, counts",
        "TICKS ~ YEAR + cHEIGHT + (1 | BROOD) + (1 | INDEX) + (1 | LOCATION)",
        data.ticks,
        "poisson",
        {"lme4": 1 / 8, "glmmtmb": 1 / 5, "glmm": 1.5},
        "generalized",
    ),
    "verbagg": Case(
        "VerbAgg 7584 (316 × 24), crossed",
        "yes ~ Anger * Gender + Anger * btype + Anger * situ + Gender * btype + Gender * situ + btype * situ"
        " + (1 | id) + (1 | item)",
        data.verbal_aggression,
        "binomial",
        {"lme4": 1 / 100, "glmmtmb": 1 / 10, "glmm": 1.2},
        "generalized",
    ),
    "binary": Case(
        "yes/no 50 000 × 1000, intercept",
        "y ~ x + w + (1 | g)",
        partial(data.binary, 50_000, 1000),
        "binomial",
        {"lme4": 1 / 50, "glmmtmb": 1 / 40, "glmm": 1.0},
        "generalized",
    ),
    "binary_slope": Case(
        "yes/no 50 000 × 1000, slope",
        "y ~ x + w + (x | g)",
        partial(data.binary, 50_000, 1000),
        "binomial",
        {"lme4": 1 / 70, "glmmtmb": 1 / 40, "glmm": 1.0},
        "generalized",
    ),
    "binary_crossed": Case(
        "yes/no 50 000 (2500 × 40), crossed",
        "y ~ x + (1 | g) + (1 | h)",
        partial(data.binary_crossed, 50_000, 2500, 40),
        "binomial",
        {"lme4": 1 / 80, "glmmtmb": 1 / 25, "glmm": 0.5},
        "generalized",
    ),
    "good_lecturers": Case(
        "InstEval ≥ 4, 73 421 × (2972 + 1128)",
        "y ~ service + (1 | s) + (1 | d)",
        data.good_lecturers,
        "binomial",
        {"glmmtmb": 1 / 5, "glmm": 0.4},
        "generalized",
    ),
    "kenward_roger": Case(
        "Kenward–Roger tests, Hsb82 7185 × 160, slope",
        "mAch ~ cses + (cses | school)",
        data.high_school,
        "kenward-roger",
        {"lme4": 1 / 50},
        "inference",
    ),
    "bootstrap": Case(
        "parametric bootstrap, 1000 replicates, sleepstudy, slope",
        "Reaction ~ Days + (Days | Subject)",
        data.sleepstudy,
        "bootstrap",
        {"lme4": 1 / 30},
        "inference",
    ),
    "profile": Case(
        "profile of all parameters, 6871 × 419, random intercept",
        "math ~ ses + (1 | schcode)",
        data.workshop,
        "profile",
        {"lme4": 1 / 20},
        "inference",
    ),
}
