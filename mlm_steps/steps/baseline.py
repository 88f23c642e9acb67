"""Write the numbers of a finished run as a baseline, which later runs have to find again."""

from __future__ import annotations

from pathlib import Path

from mlm_steps.errors import Fault, UsageError
from mlm_steps.expectations.baseline import baseline_text
from mlm_steps.expectations.quantities import quantities_of
from mlm_steps.records import write_whole
from mlm_steps.records.variants import variants_of
from mlm_steps.steps.report import facts
from mlm_steps.steps.run.collect import collect
from mlm_steps.steps.run.session import Session

__all__ = ["default_place", "write_baseline"]

MADE_FROM = ("spec", "data", "versions", "platform", "seed")
"""The facts on the run that a baseline tells its readers."""
FILE = "baseline.json"
"""The name of the file if the spec expects no baseline."""
NEEDED = ("data", "fit", "compare", "variance", "variants")
"""The steps whose results a baseline has."""


def default_place(session: Session) -> Path:
    """Return the file of the first baseline that the spec expects, else ``baseline.json`` beside the spec."""
    named = next((each.baseline for each in session.spec.expect if each.baseline is not None), None)
    return session.loaded.path.parent / FILE if named is None else session.loaded.beside[named]


def write_baseline(session: Session, place: Path, *, force: bool) -> list[str]:
    """Write the baseline and return lines for the terminal.

    UsageError is raised if the run is not current, or if the file exists and ``force`` is not set.
    """
    _require_results(session)
    if place.resolve() in {session.loaded.path.resolve(), *session.loaded.paths.values()}:
        raise UsageError(
            Fault(str(place), "the spec reads this file", "save the baseline under another name")
        )
    if place.exists() and not force:
        hint = "--force replaces it; review the difference before you commit it"
        raise UsageError(Fault(str(place), "there is a file of this name", hint))
    if not place.parent.is_dir():
        raise UsageError(Fault(str(place), "its folder does not exist", "make it first"))
    run = collect(session)
    failed = [rung.name for rung in session.spec.rungs if rung.name in run.failed]
    fits = (*run.fits, *run.unreliable)
    quantities = quantities_of(fits, run.comparisons, run.variance, failed, variants_of(run))
    told = facts(session)
    made_from: dict[str, object] = {key: told[key] for key in MADE_FROM if key in told}
    write_whole(place, baseline_text(quantities, made_from).encode())
    doubtful = [*failed, *(fit.model for fit in run.unreliable)]
    remarks = [f"of {name} it has the status alone: it has no reliable numbers" for name in doubtful]
    return [*remarks, f"wrote {place}: {len(quantities)} numbers; review and commit it"]


def _require_results(session: Session) -> None:
    waiting = [s for s in session.plan.steps if s.name.partition("/")[0] in NEEDED and not s.current]
    if waiting:
        what = f"the results are not current: {waiting[0].name}: {waiting[0].why}"
        hint = f"run 'mlm run {session.loaded.path}' first"
        raise UsageError(Fault(str(session.layout.out), what, hint))
