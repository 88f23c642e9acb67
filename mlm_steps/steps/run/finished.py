"""Read the results of a finished run from its folder alone, without its spec or its data."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path

from mlm_steps.errors import Fault, UsageError
from mlm_steps.expectations.finished import FinishedRun
from mlm_steps.records.checks import ChecksRecord
from mlm_steps.records.comparison import ComparisonRecord
from mlm_steps.records.data_profile import DataProfile
from mlm_steps.records.failure import Absence, read_outcome
from mlm_steps.records.fit import FitRecord
from mlm_steps.records.hypotheses import judged
from mlm_steps.records.run import RunRecords
from mlm_steps.records.variance import VarianceRecord
from mlm_steps.records.variants import Variant, VariantsRecord, variants_of
from mlm_steps.steps.run.layout import Layout

__all__ = ["finished_of", "read_finished"]

NO_RUN = "holds no finished run"
HINT = "name the output folder of mlm run, such as results/NAME"


def read_finished(folder: Path) -> FinishedRun:
    """Return the results in an output folder; UsageError if it holds no run that can be read."""
    layout = Layout(folder)
    content = _provenance(layout)
    steps, told = content.get("steps"), content.get("run")
    if not isinstance(steps, dict) or "data" not in steps:
        raise UsageError(Fault(str(folder), f"{NO_RUN} of a ladder", HINT))
    names = _jobs(layout, steps)
    fits = [read_outcome(FitRecord, layout.output(name)) for name in names["fit"]]
    pairs = [read_outcome(ComparisonRecord, layout.output(name)) for name in names["compare"]]
    shares = [read_outcome(VarianceRecord, layout.output(name)) for name in names["variance"]]
    profile = read_outcome(DataProfile, layout.output("data"))
    if isinstance(profile, Absence):
        raise UsageError(Fault(str(folder), f"{NO_RUN}: {profile.reason}", HINT))
    found = [fit for fit in fits if isinstance(fit, FitRecord)]
    return FinishedRun(
        told=told if isinstance(told, dict) else {},
        profile=profile,
        fits=tuple(sorted(found, key=lambda fit: (fit.npar, fit.model))),
        failed={a.step.partition("/")[2]: a.reason for a in fits if isinstance(a, Absence)},
        comparisons=tuple(record for record in pairs if isinstance(record, ComparisonRecord)),
        variance=tuple(record for record in shares if isinstance(record, VarianceRecord)),
        variants=_variants(layout, steps),
        verdicts=_hypotheses(layout) | _expectations(layout, steps),
    )


def _provenance(layout: Layout) -> Mapping[str, object]:
    try:
        content = json.loads(layout.provenance.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        there = "is a file, not a folder" if layout.out.exists() else "there is no such folder"
        what = NO_RUN if layout.out.is_dir() else there
        raise UsageError(Fault(str(layout.out), what, HINT)) from None
    except (OSError, ValueError, RecursionError):
        raise UsageError(Fault(str(layout.provenance), "cannot be read", HINT)) from None
    if not isinstance(content, dict):
        raise UsageError(Fault(str(layout.provenance), "cannot be read", HINT))
    return content


def _jobs(layout: Layout, steps: Mapping[str, object]) -> dict[str, list[str]]:
    """Return the names of the jobs of each step, also of those that failed, which are not in the ledger."""
    found: dict[str, list[str]] = {}
    for step in ("fit", "compare", "variance"):
        folder = layout.output(f"{step}/x").parent
        files = sorted(path.stem for path in folder.glob("*.json") if not path.name.endswith(".optima.json"))
        named = [name for name in steps if name.startswith(f"{step}/")]
        found[step] = list(dict.fromkeys((*named, *(f"{step}/{stem}" for stem in files))))
    return found


def _variants(layout: Layout, steps: Mapping[str, object]) -> tuple[Variant, ...]:
    """Return the variants of all jobs, in the order of their names."""
    names = [name for name in steps if name.startswith("variants/")]
    records = [read_outcome(VariantsRecord, layout.output(name)) for name in names]
    found = [variant for each in records if isinstance(each, VariantsRecord) for variant in each.variants]
    return tuple(sorted(found, key=lambda variant: variant.name))


def _hypotheses(layout: Layout) -> dict[str, str]:
    try:
        with (layout.tables / "hypotheses.csv").open(encoding="utf-8", newline="") as stream:
            return {f"hypothesis {row['name']}": row["verdict"] for row in csv.DictReader(stream)}
    except (OSError, KeyError, ValueError, csv.Error):
        return {}


def _expectations(layout: Layout, steps: Mapping[str, object]) -> dict[str, str]:
    if "checks" not in steps:
        return {}
    record = read_outcome(ChecksRecord, layout.output("checks"))
    return _of_checks(record) if isinstance(record, ChecksRecord) else {}


def _of_checks(record: ChecksRecord) -> dict[str, str]:
    return {f"expectation {each.title}": "holds" if each.holds else "fails" for each in record.expectations}


def finished_of(run: RunRecords, rungs: tuple[str, ...], told: Mapping[str, object]) -> FinishedRun:
    """Return the results of the present run.

    Parameters
    ----------
    run : RunRecords
    rungs : tuple of str
        The names of all rungs.
    told : mapping
        The facts on the run, with the text of its spec.
    """
    record = run.result(ChecksRecord, "checks")
    hypotheses = {f"hypothesis {each.name}": judged(each, run.fits).verdict for each in run.hypotheses}
    return FinishedRun(
        told=told,
        profile=run.data_profile,
        fits=(*run.fits, *run.unreliable),
        failed={name: why for name, why in run.failed.items() if name in rungs},
        comparisons=run.comparisons,
        variance=run.variance,
        variants=variants_of(run),
        verdicts={**hypotheses, **(_of_checks(record) if isinstance(record, ChecksRecord) else {})},
    )
