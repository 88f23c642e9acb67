"""False-alarm rates and power of the checks of assumptions, by simulation.

``python -m benchmarks.false_alarms [--replicates 500] [--workers 2]`` writes ``docs/checks.md``. Data set i
draws from a stream of its own, so that the table depends neither on the number of workers nor on their
order.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded: processes share the work

import argparse
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd

from mlm_steps.design.build import build_design
from mlm_steps.diagnose.assumptions import CHECKS, check_assumptions
from mlm_steps.diagnose.parts.flags import LOOK
from mlm_steps.diagnose.parts.subject import AnyFit, Model
from mlm_steps.diagnose.parts.variables import variables_of
from mlm_steps.engine import fit_lmm
from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.engine.fit.generalized import fit_generalized
from mlm_steps.engine.fit.ols import fit_ols
from mlm_steps.records.diagnostics import DiagnosticsRecord
from mlm_steps.records.response import Response

SEED = 14
TARGET = Path(__file__).resolve().parents[1] / "docs" / "checks.md"
REPLICATES = 500
HEAD = """# False alarms and power of the checks

Made by `python -m benchmarks.false_alarms`: {replicates} data sets of each model, seed {seed}. The checks are
defined in `docs/statistics.md`, section 13.

## Models that hold

Share of data sets in which a check has a flag, `look` or `concern`, in percent. A dash: the check does not
apply. A result has a flag if its adjusted p value is below {look}; a check with several results adjusts for
their number. Predictive checks and collinearity have no such p value: limits decide. The largest rate is
{worst:.1f} %; the target is 5 % + 2 SE = {limit:.1f} %. The last column is the share of data sets with any
flag at all.
"""
ALTERNATIVE = """
## Models that do not hold

One alternative per check, in percent of data sets: how often the check has a flag, how often a `concern`, and
how often its flag is the strongest of all checks. The model fitted is `{form}` on 50 groups of
20 rows; for autocorrelation, growth curves of 60 persons at 6 occasions. A departure that several checks
show, such as heavy tails, which are outliers too, divides the last column among them.
"""
PREDICTORS = ("x", "w", "z", "t")
Array = np.ndarray
Draw = Callable[[np.random.Generator], pd.DataFrame]


@dataclass(frozen=True)
class Design:
    """A true model: its formula, the data that it describes, and how many predictors it leaves out.

    Attributes
    ----------
    words : str
    formula : str
    draw : callable
        Returns the data of one replicate.
    others : tuple of str
        Columns that the formula leaves out and that have no effect.
    family : str
    """

    words: str
    formula: str
    draw: Draw
    others: tuple[str, ...] = ("v",)
    family: str = "gaussian"


def grouped(
    rng: np.random.Generator,
    sizes: Iterable[int],
    *,
    slope: float = 0.0,
    tau: float = 0.5,
    u: Array | None = None,
    sd: Array | float = 1.0,
    e: Array | None = None,
) -> pd.DataFrame:
    """Return rows in groups: x mixes levels, z is within groups, w and v are constant in groups."""
    sizes = np.fromiter(sizes, dtype=int)
    J, n = sizes.size, int(sizes.sum())
    g = np.repeat(np.arange(J), sizes)
    w, v, xb = (rng.normal(size=J) for _ in range(3))
    x = rng.normal(size=n) + 0.6 * xb[g]
    z = rng.exponential(size=n)
    u = rng.normal(size=J) if u is None else u
    e = rng.normal(size=n) if e is None else e
    y = 1 + 0.4 * x + 0.3 * w[g] + 0.2 * z + tau * u[g] + slope * rng.normal(size=J)[g] * z
    y = y + (sd[g] if isinstance(sd, np.ndarray) else sd) * e
    return pd.DataFrame({"y": y, "x": x, "w": w[g], "z": z, "v": v[g], "g": [f"g{j}" for j in g]})


def _uneven(rng: np.random.Generator, J: int = 80) -> Array:
    return np.asarray(np.clip(np.round(rng.gamma(1.2, 12.0, J)), 2, 80).astype(int))


def _growth(rng: np.random.Generator, phi: float = 0.0) -> pd.DataFrame:
    J, T = 60, 6
    g, t = np.repeat(np.arange(J), T), np.tile(np.arange(T), J)
    w = rng.normal(size=J)
    e = rng.normal(size=(J, T))
    for k in range(1, T):
        e[:, k] = phi * e[:, k - 1] + np.sqrt(1 - phi**2) * e[:, k]
    b = rng.normal(size=(J, 2)) @ np.array([[0.8, 0.1], [0.0, 0.3]])
    y = 2 + 0.5 * t + 0.3 * w[g] + b[g, 0] + b[g, 1] * t + e.ravel()
    return pd.DataFrame({"y": y, "t": t.astype(float), "w": w[g], "g": [f"g{j}" for j in g]})


def _three_levels(rng: np.random.Generator) -> pd.DataFrame:
    schools, classes, pupils = 20, 5, 8
    c = np.repeat(np.arange(schools * classes), pupils)
    s = c // classes
    x, w, v = rng.normal(size=c.size), rng.normal(size=schools), rng.normal(size=schools)
    y = 1 + 0.4 * x + 0.3 * w[s] + 0.6 * rng.normal(size=schools)[s] + 0.5 * rng.normal(size=c.max() + 1)[c]
    y = y + rng.normal(size=c.size)
    names = {"s": [f"s{k}" for k in s], "c": [f"c{k}" for k in c]}
    return pd.DataFrame({"y": y, "x": x, "w": w[s], "v": v[s], **names})


def _crossed(rng: np.random.Generator) -> pd.DataFrame:
    subjects, items = 30, 20
    s, i = np.repeat(np.arange(subjects), items), np.tile(np.arange(items), subjects)
    w, v, x = rng.normal(size=items), rng.normal(size=subjects), rng.normal(size=s.size)
    y = 1 + 0.3 * x + 0.2 * w[i] + 0.6 * rng.normal(size=subjects)[s] + 0.4 * rng.normal(size=items)[i]
    y = y + rng.normal(size=s.size)
    names = {"s": [f"s{k}" for k in s], "i": [f"i{k}" for k in i]}
    return pd.DataFrame({"y": y, "x": x, "w": w[i], "v": v[s], **names})


def _single(rng: np.random.Generator) -> pd.DataFrame:
    x, w = rng.normal(size=200), rng.exponential(size=200)
    return pd.DataFrame({"y": 1 + 0.5 * x + 0.2 * w + rng.normal(size=200), "x": x, "w": w})


def _counts(rng: np.random.Generator) -> pd.DataFrame:
    J, each = 60, 12
    g = np.repeat(np.arange(J), each)
    x, w, v = rng.normal(size=g.size), rng.normal(size=J), rng.normal(size=J)
    y = rng.poisson(np.exp(0.7 + 0.3 * x + 0.2 * w[g] + 0.4 * rng.normal(size=J)[g]))
    return pd.DataFrame({"y": y, "x": x, "w": w[g], "v": v[g], "g": [f"g{j}" for j in g]})


def _yes_no(rng: np.random.Generator) -> pd.DataFrame:
    data = _counts(rng)
    eta = 0.6 * data["x"] + 0.8 * rng.normal(size=60)[np.repeat(np.arange(60), 12)]
    return data.assign(y=rng.binomial(1, 1 / (1 + np.exp(-eta))))


DESIGNS = {
    "balanced": Design(
        "50 groups of 20, random intercept", "y ~ x + w + z + (1 | g)", lambda r: grouped(r, [20] * 50)
    ),
    "unbalanced": Design(
        "80 groups of 2 to 80, random intercept",
        "y ~ x + w + z + (1 | g)",
        lambda r: grouped(r, _uneven(r)),
    ),
    "few groups": Design(
        "8 groups of 15, random intercept", "y ~ x + w + (1 | g)", lambda r: grouped(r, [15] * 8)
    ),
    "small groups": Design(
        "100 groups of 3, random intercept", "y ~ x + w + (1 | g)", lambda r: grouped(r, [3] * 100)
    ),
    "random slopes": Design(
        "60 groups of 15, random intercept and slope",
        "y ~ x + w + z + (z | g)",
        lambda r: grouped(r, [15] * 60, slope=0.4),
    ),
    "growth": Design("60 persons at 6 occasions, slopes of time", "y ~ t + w + (t | g)", _growth, ()),
    "three levels": Design("20 schools of 5 classes of 8", "y ~ x + w + (1 | s) + (1 | c)", _three_levels),
    "crossed": Design("30 subjects by 20 items", "y ~ x + w + (1 | s) + (1 | i)", _crossed),
    "single level": Design("200 rows, ordinary regression", "y ~ x + w", _single, ()),
    "counts": Design("60 groups of 12 counts, Poisson", "y ~ x + w + (1 | g)", _counts, family="poisson"),
    "yes/no": Design("60 groups of 12 yes/no outcomes", "y ~ x + (1 | g)", _yes_no, family="binomial"),
}
"""The true models."""


def _bent(rng: np.random.Generator) -> pd.DataFrame:
    data = grouped(rng, [20] * 50)
    return data.assign(y=data["y"] + 0.15 * data["x"] ** 2)


def _spread(rng: np.random.Generator) -> pd.DataFrame:
    data = grouped(rng, [20] * 50, e=np.zeros(1000))
    return data.assign(y=data["y"] + np.exp(0.25 * data["y"]) * rng.normal(size=1000))


def _spiked(rng: np.random.Generator) -> pd.DataFrame:
    u = rng.normal(size=50)
    u[7] = 7.0
    return grouped(rng, [20] * 50, u=u)


def _skewed(rng: np.random.Generator) -> pd.DataFrame:
    return grouped(rng, [20] * 50, u=(rng.chisquare(1, size=50) - 1) / np.sqrt(2), tau=1.0)


def _omitted(rng: np.random.Generator) -> pd.DataFrame:
    data = grouped(rng, [20] * 50)
    return data.assign(y=data["y"] + 0.4 * data["v"])


def _one_row(rng: np.random.Generator) -> pd.DataFrame:
    data = grouped(rng, [20] * 50)
    y = data["y"].to_numpy(copy=True)
    y[321] += 7.0
    return data.assign(y=y)


def _floor(rng: np.random.Generator) -> pd.DataFrame:
    data = grouped(rng, [20] * 50)
    return data.assign(y=np.maximum(data["y"], 0.8))


def _twins(rng: np.random.Generator) -> pd.DataFrame:
    data = grouped(rng, [20] * 50)
    return data.assign(z=data["x"] + 0.3 * rng.normal(size=1000))


_FORM = "y ~ x + w + z + (1 | g)"
ALTERNATIVES = {
    "posterior_predictive": Design("a floor at .8, which a third of the rows reach", _FORM, _floor),
    "linearity": Design("0.15 x² left out", _FORM, _bent),
    "homogeneity": Design("residual SD grows with the mean, exp(0.25 y)", _FORM, _spread),
    "group_variances": Design(
        "residual SD of groups lognormal, SD of logs .3",
        _FORM,
        lambda r: grouped(r, [20] * 50, sd=np.exp(0.3 * r.normal(size=50))),
    ),
    "collinearity": Design("two predictors with correlation .96", _FORM, _twins),
    "residual_normality": Design(
        "residuals from t on 4 df", _FORM, lambda r: grouped(r, [20] * 50, e=r.standard_t(4, size=1000))
    ),
    "random_effects_normality": Design("random intercepts from χ² on 1 df", _FORM, _skewed),
    "level_2_predictors": Design("0.4 v left out, constant in groups", _FORM, _omitted),
    "autocorrelation": Design("AR(1) errors, φ = .4", "y ~ t + w + (t | g)", partial(_growth, phi=0.4), ()),
    "outliers": Design("one group 7 SD away", _FORM, _spiked),
    "outliers of rows": Design("one row 7 SD away", _FORM, _one_row),
}
"""One alternative per check, by the name of the check."""


@cache
def _all() -> dict[str, Design]:
    return {**DESIGNS, **{f"against {name}": each for name, each in ALTERNATIVES.items()}}


def checked(name: str, number: int) -> DiagnosticsRecord:
    """Return the checks of one data set of a design."""
    design = _all()[name]
    data = design.draw(stream(SEED, f"false-alarms/{name}", number))
    fit = _fitted(design, data)
    variables = variables_of(data, fit.design.rows, [c for c in PREDICTORS if c in design.formula])
    others = variables_of(data, fit.design.rows, design.others)
    return check_assumptions(Model(name, fit, variables, others, seed=number))


def _fitted(design: Design, data: pd.DataFrame) -> AnyFit:
    if "|" not in design.formula:
        return fit_ols(build_design(design.formula, data, mixed=False), {})
    if design.family == "gaussian":
        return fit_lmm(build_design(design.formula, data), method="REML")
    link = "log" if design.family == "poisson" else "logit"
    response = Response(design.family, link, None, None)
    return fit_generalized(build_design(design.formula, data, response=response))


def _count(name: str, number: int) -> Counter[str]:
    """Return which checks applied, which had a flag, and which had the strongest one."""
    record = checked(name, number)
    found: Counter[str] = Counter({f"has {check}" for check in {each.check for each in record.checks}})
    flags = {each.check for each in record.checks if each.flagged}
    found.update(f"flag {check}" for check in flags)
    found.update({f"concern {each.check}" for each in record.checks if each.flag == "concern"})
    found["any"] = bool(flags)
    if flags:
        found[f"first {max(record.checks, key=lambda each: each.strength).check}"] += 1
    return found


def counts(name: str, replicates: int, pool: ProcessPoolExecutor) -> Counter[str]:
    """Return the counts over all data sets of a design."""
    total: Counter[str] = Counter()
    for each in pool.map(partial(_count, name), range(replicates), chunksize=10):
        total.update(each)
    return total


def main() -> None:
    """Simulate and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.false_alarms")
    parser.add_argument("--replicates", type=int, default=REPLICATES)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=TARGET)
    asked = parser.parse_args()
    with ProcessPoolExecutor(asked.workers) as pool:
        true = {name: counts(name, asked.replicates, pool) for name in DESIGNS}
        false = {name: counts(f"against {name}", asked.replicates, pool) for name in ALTERNATIVES}
    asked.out.write_text(_page(true, false, asked.replicates), encoding="utf-8")


def _page(true: dict[str, Counter[str]], false: dict[str, Counter[str]], replicates: int) -> str:
    limit = 0.05 + 2 * np.sqrt(0.05 * 0.95 / replicates)
    worst = max(each[f"flag {check}"] / replicates for each in true.values() for check in CHECKS)
    lines = [
        HEAD.format(replicates=replicates, seed=SEED, look=LOOK, worst=100 * worst, limit=100 * limit),
        "| model | " + " | ".join(check.replace("_", " ") for check in CHECKS) + " | any |",
        "| --- |" + " ---: |" * (len(CHECKS) + 1),
    ]
    for name, found in true.items():
        cells = [f"{100 * found[f'flag {c}'] / replicates:.1f}" if found[f"has {c}"] else "–" for c in CHECKS]
        lines.append(
            f"| {DESIGNS[name].words} | {' | '.join(cells)} | {100 * found['any'] / replicates:.1f} |"
        )
    lines += [
        ALTERNATIVE.format(form=_FORM),
        "| check | what is wrong | flag | concern | strongest |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for name, found in false.items():
        check = name.split(" ", 1)[0]
        cells = [
            f"{100 * found[f'{kind} {check}'] / replicates:.1f}" for kind in ("flag", "concern", "first")
        ]
        lines.append(f"| {name.replace('_', ' ')} | {ALTERNATIVES[name].words} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
