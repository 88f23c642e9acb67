"""Compare the fits of a run with those of lme4 and glmmTMB, within stated tolerances."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlm_steps.errors import Fault, MlmError, UsageError, printable
from mlm_steps.r_script.models import ModelInR
from mlm_steps.records import FitRecord, OlsRecord
from mlm_steps.records.failure import Absence, read_outcome
from mlm_steps.steps.export_r import script_of
from mlm_steps.verify.findings import Finding
from mlm_steps.verify.in_r import InR, ModelFromR, run_in_r
from mlm_steps.verify.recorded import RecordedRun

__all__ = ["TIMEOUT", "Comparison", "compare_with_r"]

TIMEOUT = 600.0
"""Seconds after which R is stopped unless ``--timeout`` says otherwise; many rows may need more."""
CRITERION = 1e-4
"""Difference of two criteria up to which two searches count as ended at the same optimum.

Near an optimum the parameters are then within the square root of this, 0.01, of their standard errors.
"""
IN_STANDARD_ERRORS = 0.02
"""Largest difference of a coefficient, in standard errors: twice what `CRITERION` allows."""
STANDARD_ERROR = 0.01
"""Largest relative difference of a standard error, which depends on the variances that have ended apart."""
STANDARD_DEVIATION = 0.02
"""Largest relative difference of a standard deviation of random effects or residuals."""
FLOOR = 0.002
"""Part of a model's largest standard deviation that is added to this, for variances near 0."""
CORRELATION = 0.03
"""Largest difference of a correlation of random effects."""
DEGREES_OF_FREEDOM = 0.02
"""Largest relative difference of degrees of freedom: lmerTest differentiates numerically."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The findings, and a line on what was compared."""

    findings: tuple[Finding, ...]
    line: str


def compare_with_r(run: RecordedRun, *, timeout: float = TIMEOUT, allow_outside: bool = False) -> Comparison:
    """Run the analysis in R and compare its fits with the records of a run.

    Raises
    ------
    UsageError
        If the spec or a data file is not there, or R or a package is not installed.
    """
    path = run.spec_path
    if path is None or run.spec is None or not run.has_data:
        hint = "mlm verify SPEC --out FOLDER says where they are"
        raise UsageError(
            Fault(str(run.layout.out), "R needs the spec and the data, which are not here", hint)
        )
    script = script_of(path, allow_outside=allow_outside)
    by_kr = run.spec.estimation.df == "kenward-roger"
    result = run_in_r(script, path.resolve().parent, timeout=timeout, kenward_roger=by_kr)
    findings = [*_ended(result), *_compared(run, script.models, result)]
    versions = ", ".join(f"{name} {version}" for name, version in result.versions.items() if name in _NAMED)
    same = sum(each.kind == "agrees_with_r" for each in findings)
    short = sum(each.kind == "stopped_short" for each in findings)
    line = f"R: {same} of {len(script.models)} models agree with {versions}"
    line += f"; in {short} of the others lme4 stopped short of the optimum" if short else ""
    return Comparison(tuple(findings), line)


_NAMED = ("R", "lme4", "lmerTest", "glmmTMB")


def _ended(result: InR) -> Iterator[Finding]:
    """Yield a finding for each error of R."""
    if not result.ended:
        yield Finding("r_ended", "R", "unchecked", result.said or "R ended before the end of the script")
    for line, message in result.errors:
        what = f"the script stops at {printable(line)}: {printable(message)}"
        yield Finding("r_error", "R", "unchecked", what)


def _compared(run: RecordedRun, models: tuple[ModelInR, ...], result: InR) -> Iterator[Finding]:
    """Yield the findings on each model."""
    for each in models:
        name, fitted = printable(each.model), result.models.get(each.variable)
        kind, folder = ("prelude", "prelude") if each.function in ("lm", "glm") else ("fit", "fits")
        path = run.layout.out / folder / f"{each.model}.json"
        if f"{kind}/{each.model}" not in run.steps or not path.is_file():
            yield Finding("not_compared", name, "remark", "was not compared: the run has no record of it")
            continue
        try:
            record = read_outcome(OlsRecord, path) if kind == "prelude" else read_outcome(FitRecord, path)
        except MlmError:
            continue  # the check of the fits has said so
        if isinstance(record, Absence):
            yield Finding("not_compared", name, "remark", "was not compared: this run has no fit of it")
        elif fitted is None or math.isnan(fitted.criterion):
            yield Finding("not_in_r", name, "unchecked", "R has no fit of it")
        elif isinstance(record, OlsRecord):
            yield from _single(name, record, fitted)
        elif isinstance(record, FitRecord):
            yield from _mixed(name, record, each, fitted)


def _single(name: str, record: OlsRecord, fitted: ModelFromR) -> Iterator[Finding]:
    ours = [(c.estimate, c.se, c.df) for c in record.coefficients if not c.dropped]
    wrong = list(_coefficients(ours, fitted, tests=True))
    found, computed = -2 * record.loglik, fitted.criterion
    if abs(found - computed) > CRITERION:
        wrong.insert(0, f"the deviance is {found:.5f} here and {computed:.5f} in R")
    yield from _verdict(name, wrong, found, computed)


def _mixed(name: str, record: FitRecord, model: ModelInR, fitted: ModelFromR) -> Iterator[Finding]:
    """Yield the comparison of a rung; a search of R that stopped short is a remark."""
    found, computed = record.reported.criterion, fitted.criterion
    by_quadrature = model.agq > 1
    apart = 0.0 if by_quadrature else computed - found
    ours = [(c.estimate, c.se, c.df) for c in record.coefficients if not c.dropped]
    tests = record.linear and not record.reported.singular
    if _mistaken_by_pbkrtest(record):
        what = "its standard errors were not compared: pbkrtest takes no account of weights and double bars"
        yield Finding("not_compared", name, "remark", what)
        ours, tests = [(estimate, None, None) for estimate, _, _ in ours], False
    wrong = [*_coefficients(ours, fitted, tests=tests), *_variances(record, fitted)]
    package = "glmmTMB" if model.function == "glmmTMB" else "lme4"
    if record.deviation is not None:
        what = "was not compared: a remedy has replaced its formula"
        yield Finding("not_compared", name, "remark", what)
    elif record.agq != model.agq:
        what = f"was not compared: it has {record.agq} points of quadrature here and {model.agq} in R"
        yield Finding("not_compared", name, "remark", what)
    elif apart > CRITERION:
        yield _short(name, package, found, computed, fitted, wrong)
    elif apart < -CRITERION:
        what = f"{package} found a better fit: {computed:.5f}, {-apart:.3g} below the {found:.5f} of this run"
        yield Finding("worse_than_r", name, "differs", what, _numbers(found, computed))
    else:
        yield from _verdict(name, wrong, found, computed)


def _mistaken_by_pbkrtest(record: FitRecord) -> bool:
    """Return whether pbkrtest's adjustment does not hold for a model (statistics, section 18)."""
    by_kr = any(each.df_method == "kenward-roger" for each in record.coefficients)
    return by_kr and (record.weights is not None or len(record.terms) > len(record.n_levels))


def _short(
    name: str, package: str, found: float, computed: float, fitted: ModelFromR, wrong: list[str]
) -> Finding:
    """Return the remark on a search of R that ended above the optimum of this run."""
    what = f"{package} stopped short of the optimum: {computed:.5f}, {computed - found:.3g} above {found:.5f}"
    what += f"; it warns: {printable(fitted.warnings[0])}" if fitted.warnings else "; it gives no warning"
    what += f"; {wrong[0]}" if wrong else ""
    return Finding("stopped_short", name, "remark", what, _numbers(found, computed))


def _numbers(found: float, computed: float) -> dict[str, object]:
    return {"here": found, "in_r": computed}


def _verdict(name: str, wrong: list[str], found: float, computed: float) -> Iterator[Finding]:
    if not wrong:
        yield Finding("agrees_with_r", name, "agrees", details=_numbers(found, computed))
    for what in wrong:
        yield Finding("differs_from_r", name, "differs", what, _numbers(found, computed))


def _coefficients(
    ours: list[tuple[float | None, float | None, float | None]], fitted: ModelFromR, *, tests: bool
) -> Iterator[str]:
    """Yield in words which coefficients, standard errors and degrees of freedom differ."""
    theirs = [row for row in fitted.coefficients if not math.isnan(row[1])]
    if len(ours) != len(theirs):
        yield f"it has {len(ours)} coefficients here and {len(theirs)} in R"
        return
    for (estimate, se, df), (label, b, s, d) in zip(ours, theirs, strict=True):
        if estimate is None or math.isinf(estimate):
            continue  # separated: R shows where it stopped
        shown = printable(label)
        if se is None:  # not compared: that of R is its scale
            if abs(estimate - b) > IN_STANDARD_ERRORS * s:
                yield f"{shown} is {estimate:.6g} here and {b:.6g} in R"
            continue
        if abs(estimate - b) > IN_STANDARD_ERRORS * se:
            yield f"{shown} is {estimate:.6g} here and {b:.6g} in R ({abs(estimate - b) / se:.2g} SE apart)"
        elif abs(s / se - 1) > STANDARD_ERROR:
            yield f"the standard error of {shown} is {se:.5g} here and {s:.5g} in R"
        elif tests and df is not None and not math.isnan(d) and abs(d / df - 1) > DEGREES_OF_FREEDOM:
            yield f"the degrees of freedom of {shown} are {df:.5g} here and {d:.5g} in R"


def _variances(record: FitRecord, fitted: ModelFromR) -> Iterator[str]:
    """Yield in words which standard deviations and correlations differ."""
    left = list(fitted.terms)
    scale = max([record.reported.sigma or 0.0, *_all_sds(record)], default=0.0)
    for term in record.reported.terms:
        match = next((each for each in left if _is_term(each, term.group, len(term.names))), None)
        if match is None:
            yield f"R has no random effects of {printable(term.group)} with {len(term.names)} coefficients"
            continue
        left.remove(match)
        order = _order(term.names, match[1])
        theirs = [[match[2][i][j] for j in order] for i in order]
        yield from _matrix(term.group, term.names, term.covariance, theirs, scale)
    sigma = record.reported.sigma
    if sigma is not None and fitted.sigma is not None and abs(fitted.sigma / sigma - 1) > STANDARD_DEVIATION:
        yield f"the residual standard deviation is {sigma:.6g} here and {fitted.sigma:.6g} in R"


def _all_sds(record: FitRecord) -> Iterator[float]:
    for term in record.reported.terms:
        yield from (math.sqrt(max(term.covariance[i][i], 0.0)) for i in range(len(term.names)))


def _is_term(each: tuple[str, list[str], list[list[float]]], group: str, size: int) -> bool:
    """Return whether a term of R is that of a grouping factor; further terms of it have numbers there."""
    plain = re.sub(r"\.\d+$", "", each[0])
    return _as_name(group) in (_as_name(each[0]), _as_name(plain)) and len(each[1]) == size


def _as_name(text: str) -> str:
    """Return a text as R makes names of factors that have several terms: other signs become dots."""
    return re.sub(r"\W", ".", text)


def _order(names: tuple[str, ...], theirs: list[str]) -> list[int]:
    """Return the positions of coefficients in R; those of the same order if the names are others."""
    if sorted(names) == sorted(theirs) and len({*names}) == len(names):
        return [theirs.index(name) for name in names]
    return list(range(len(names)))


def _matrix(
    group: str,
    names: tuple[str, ...],
    ours: tuple[tuple[float, ...], ...],
    theirs: list[list[float]],
    scale: float,
) -> Iterator[str]:
    """Yield in words which standard deviations and correlations of one term differ."""
    sds = [(math.sqrt(max(ours[i][i], 0.0)), math.sqrt(max(theirs[i][i], 0.0))) for i in range(len(names))]
    for name, (here, there) in zip(names, sds, strict=True):
        if abs(here - there) > STANDARD_DEVIATION * here + FLOOR * scale:
            yield f"the SD of {printable(f'{name} by {group}')} is {here:.5g} here and {there:.5g} in R"
    for i in range(len(names)):
        for j in range(i):
            if min(*sds[i], *sds[j]) <= FLOOR * scale:
                continue  # a correlation with a variance near 0 is not known
            here = ours[i][j] / (sds[i][0] * sds[j][0])
            there = theirs[i][j] / (sds[i][1] * sds[j][1])
            if abs(here - there) > CORRELATION:
                pair = printable(f"{names[j]} and {names[i]} by {group}")
                yield f"the correlation of {pair} is {here:.4f} here and {there:.4f} in R"
