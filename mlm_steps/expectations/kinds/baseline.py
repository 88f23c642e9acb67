"""Expectations that the numbers of a baseline are found again."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.expectations.base import Checked, Kind, Known, NameFault, stated
from mlm_steps.expectations.baseline import Baseline
from mlm_steps.expectations.quantities import Deviation, Quantity, deviations, quantities_of, shown
from mlm_steps.records.checks import Finding
from mlm_steps.records.run import RunRecords
from mlm_steps.records.variants import variants_of
from mlm_steps.spec.expect import DEFAULT_RTOL, ExpectationSpec

__all__ = ["BASELINE"]


def _subject(expected: ExpectationSpec) -> str:
    return f"the numbers of {expected.baseline}"


def _faults(expected: ExpectationSpec, known: Known) -> Iterator[NameFault]:
    why = known.baselines.get(expected.baseline or "")
    if why is not None:
        yield ("baseline",), f"'{expected.baseline}' {why}", "mlm baseline --force writes it anew"


def _findings(expected: ExpectationSpec, checked: Checked) -> list[Finding]:
    file = expected.baseline or ""
    baseline = checked.baselines.get(file, "does not exist")
    if isinstance(baseline, str):
        message = f"{file} {baseline}; 'mlm baseline' writes it from this run"
        return [stated(file, "baseline", "none", "a baseline", message, holds=False)]
    before, after = baseline.quantities, _of_run(checked)
    rtol = DEFAULT_RTOL if expected.rtol is None else expected.rtol
    found = deviations(before, after, rtol)
    if not found:
        message = f"all {len(before)} numbers of {file} were found again"
        return [stated(file, "baseline", f"{len(before)} numbers", "the same", message, holds=True)]
    return [*_other_data(baseline, checked.run, file), *(_failure(each, file) for each in found)]


def _of_run(checked: Checked) -> list[Quantity]:
    run = checked.run
    failed = [name for name in checked.rungs if name in run.failed]
    fits = (*run.fits, *run.unreliable)
    return quantities_of(fits, run.comparisons, run.variance, failed, variants_of(run))


def _other_data(baseline: Baseline, run: RunRecords, file: str) -> list[Finding]:
    """Return a finding that says that the data are not those of the baseline, which explains the others."""
    profile = run.data_profile
    if baseline.data_hash in (None, profile.file_hash):
        return []
    message = f"{profile.file} has changed since {file} was written"
    return [stated(profile.file, "data", "changed", "unchanged", message, holds=False)]


def _failure(deviation: Deviation, file: str) -> Finding:
    after = deviation.after
    return Finding(
        what=f"{deviation.of}, {deviation.name}",
        quantity=f"{deviation.of}: {deviation.name}",
        found=after if isinstance(after, float) else None,
        shown=shown(after),
        expected=shown(deviation.before) + (f" ± {deviation.tolerance:.2g}" if deviation.tolerance else ""),
        holds=False,
        message=deviation.sentence(f"in {file}", "now"),
    )


BASELINE = Kind(_subject, _findings, _faults)
