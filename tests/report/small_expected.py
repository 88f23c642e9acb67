"""Expectations of the small run, and what has changed since an earlier run."""

from mlm_steps.records.changes import Change, ChangesRecord
from mlm_steps.records.checks import CheckedExpectation, ChecksRecord, Finding


def _finding(what: str, quantity: str, found: float | None, shown: str, expected: str, *, holds: bool):
    message = f"the {what} is {shown}; {expected} was expected"
    return Finding(
        what=what,
        quantity=quantity,
        found=found,
        shown=shown,
        expected=expected,
        holds=holds,
        message=message,
    )


def expected() -> ChecksRecord:
    """Return an expectation that fails, one that warns, and one about all rungs that holds."""
    shared = {"line": 40, "column": 5}
    slope = _finding(
        "estimate of ses in rung slope", "estimate", -1.641, "-1.641", "between -1 and -0.2", holds=False
    )
    icc = _finding("intraclass correlation in rung null", "icc", 0.18, "0.18", "at least 0.2", holds=False)
    rungs = tuple(
        _finding(f"rung {name}", "converged", None, "converged", "converged", holds=True)
        for name in ("null", "slope")
    )
    return ChecksRecord(
        name="small",
        expectations=(
            CheckedExpectation(position=0, kind="coefficient", title="flatter <in> | Catholic",
                               severity="error", findings=(slope,), **shared),
            CheckedExpectation(position=1, kind="model", title="null: icc at least 0.2", severity="warn",
                               findings=(icc,), **shared),
            CheckedExpectation(position=2, kind="everywhere", title="all rungs: converged", severity="error",
                               findings=rungs, **shared),
        ),
    )  # fmt: skip


def changed() -> ChangesRecord:
    """Return a change of the spec, of an estimate and of a test, and another version of a library."""
    return ChangesRecord(
        other="results/before",
        changes=(
            Change(area="spec", what="seed", before="1", after="2"),
            Change(area="estimates", what="slope, estimate of ses", before="2.1", after="-1.64",
                   before_value=2.1, after_value=-1.64,
                   remark="the difference is 3.74, and 1e-05 is allowed"),
            Change(area="tests", what="p of ses in slope", before="0.02", after="0.08", before_value=0.02,
                   after_value=0.08, remark="no longer significant at 0.05"),
        ),
        software=("numpy: 2.3 → 2.4",),
        compared=40,
    )  # fmt: skip
