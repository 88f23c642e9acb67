"""Collinearity of predictors: generalized variance inflation (section 13.5; Fox & Monette 1992)."""

from __future__ import annotations

import numpy as np

from mlm_steps.diagnose.base import Contribution
from mlm_steps.diagnose.parts.subject import Model
from mlm_steps.records.diagnostics import Curve, DiagnosticCheck, Flag, named

__all__ = ["collinearity"]

MODERATE, HIGH = 5.0, 10.0
"""GVIF^(1/df), comparable with the factor of a single column, from which a term has ``look`` and
``concern``."""


def collinearity(model: Model) -> Contribution:
    """Return GVIF of each term from the correlations of the coefficients without the intercept."""
    design = model.design
    assign = np.array(design.assign)
    slopes = np.flatnonzero(assign != 0)
    terms = list(dict.fromkeys(assign[slopes].tolist()))
    covariance = model.fit.vcov[np.ix_(slopes, slopes)]
    if len(terms) < 2 or not np.isfinite(covariance).all():
        return Contribution()
    sd = np.sqrt(np.diag(covariance))
    R = covariance / np.outer(sd, sd)
    own = assign[slopes]
    whole = np.linalg.slogdet(R)[1]
    checks, points, labels = [], [], []
    for term in terms:
        inside = own == term
        parts = [np.linalg.slogdet(R[np.ix_(rows, rows)])[1] for rows in (inside, ~inside)]
        gvif, df = float(np.exp(sum(parts) - whole)), int(inside.sum())
        name = design.term_labels[term - 1]
        factor = gvif ** (1.0 / df)
        found: Flag = "concern" if factor > HIGH else "look" if factor > MODERATE else "ok"
        text = _sentence(name, gvif, df, found, product=len(design.term_variables[term - 1]) > 1)
        checks.append(
            DiagnosticCheck(
                check="collinearity", effect=name, statistic=gvif, df=df, flag=found, sentence=text
            )
        )
        points.append((factor, float(np.sqrt(factor))))
        labels.append(name)
    curve = Curve(
        name="collinearity", columns=("factor", "se_factor"), labels=tuple(labels), points=tuple(points)
    )
    return Contribution(tuple(checks), (curve,) if model.drawn else ())


def _sentence(name: str, gvif: float, df: int, found: Flag, *, product: bool) -> str:
    kind = "VIF" if df == 1 else f"GVIF on {df} df"
    times = gvif ** (1.0 / (2 * df))
    start = (
        f"{named(name)}: {kind} = {gvif:.2f}, standard errors {times:.2f} times as large as without the "
        "other terms"
    )
    if found == "ok":
        return f"{start}."
    todo = (
        "centre the variables of the product"
        if product
        else "its coefficient cannot be separated well from the others: centre variables of products, or "
        "combine or leave out predictors that measure the same"
    )
    return f"{start}; {todo}."
