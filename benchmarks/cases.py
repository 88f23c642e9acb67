"""The registry of cases: one line each."""

from __future__ import annotations

from functools import partial

from benchmarks import data
from benchmarks.base import Case

SLOPE = "y ~ x + (x | g)"

CASES: dict[str, Case] = {
    "workshop": Case(
        "6871 × 419, slope, singular",
        "math ~ ses + (ses | schcode)",
        data.workshop,
        targets={"lme4": 1 / 40, "glmm": 1.5},
    ),
    "sleepstudy": Case(
        "sleepstudy, slope", "Reaction ~ Days + (Days | Subject)", data.sleepstudy, targets={"lme4": 1 / 30}
    ),
    "crossed": Case(
        "crossed 5000 (100 × 50), slope",
        "rt ~ x + (x | participant) + (1 | item)",
        data.crossed,
        targets={"lme4": 1 / 8, "mixedlm": 1.0},
    ),
    "large": Case(
        "200 000 × 5000, slope",
        SLOPE,
        partial(data.slopes, 200_000, 5000),
        targets={"lme4": 1 / 100, "mixedlm_rs": 1.5},
    ),
    "insteval": Case(
        "InstEval 73 421 × (2972 + 1128 + 28)",
        "y ~ service + (1 | s) + (1 | d) + (1 | dept:service)",
        data.insteval,
        "fit",
        {"lme4": 1 / 5, "glmm": 1.2},
    ),
    "million": Case(
        "1 000 000 × 10 000, slope", SLOPE, partial(data.slopes, 1_000_000, 10_000), targets={"lme4": 1 / 100}
    ),
    "nested": Case("nested 31 022 × 2410 in 131", "score ~ gcse + (1 | lea/school)", data.nested),
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
