"""Render the report, and remove files of steps that the spec no longer asks for."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Sequence

from mlm_steps.engine.result.lmm_fit import BOUNDARY
from mlm_steps.engine.search.convergence import GRADIENT_TOLERANCE
from mlm_steps.engine.structures.compiled import form
from mlm_steps.records import FiguresRecord, write_whole
from mlm_steps.records.data_profile import DataProfile, FileProfile
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.render import compile_templates, keep_bytecode, render_report
from mlm_steps.steps.run.collect import collect
from mlm_steps.steps.run.dates import report_date
from mlm_steps.steps.run.identity import code_identity, numerical_versions
from mlm_steps.steps.run.ledger import describe_run, forget
from mlm_steps.steps.run.origin import origin
from mlm_steps.steps.run.session import Session
from mlm_steps.steps.run.versions import installed_version

__all__ = ["compiled_templates", "report"]

COMPILERS = ("jinja2", "markupsafe")
"""The libraries whose code turns a template into bytecode."""


def report(session: Session) -> None:
    """Write the report in each declared format."""
    layout = session.layout
    _keep_bytecode()  # for a process in which the templates are not compiled
    with session.recorded("report") as recorder:
        drawn = session.outcome(FiguresRecord, "figures")
        figures = drawn.figures if isinstance(drawn, FiguresRecord) else ()
        given = ReportInput(
            run=collect(session, figures=figures),
            formulas=session.formulas,
            svgs={figure.name: layout.figure(figure.name, "svg").read_text() for figure in figures},
            provenance=facts(session),
            formats=session.spec.report.formats,
        )
        for form, text in render_report(given).items():
            write_whole(layout.report(form), text.encode())
            recorder.add(layout.report(form))
        # Before the entry of this step: a run that is killed in between does them when it makes the report.
        profile = None if session.spec.planned_alone else session.profile
        describe_run(layout, facts(session) | origin(session.loaded, layout, profile))
        forget(layout, [step.name for step in session.plan.steps])


def compiled_templates() -> Iterator[None]:
    """Compile the templates, one per iteration; they are compiled again if a line of this package changes."""
    _keep_bytecode()
    yield from compile_templates()


def _keep_bytecode() -> None:
    keep_bytecode("\0".join((code_identity(), *map(installed_version, COMPILERS))))


def _files(files: Sequence[FileProfile]) -> dict[str, object]:
    """Return the hash and the name of each data file if there are several."""
    return {"files": [f"{file.sha256} {file.file}" for file in files]} if len(files) > 1 else {}


def _data(profile: DataProfile) -> dict[str, object]:
    """Return the names and the hashes of the data."""
    return {
        "file": profile.file,
        "sha256": profile.file_hash,
        "sample": profile.sample_hash,
        **_files(profile.files),
    }


def facts(session: Session) -> dict[str, object]:
    """Return the versions, the hashes and the platform of the run, without times."""
    spec, estimation = session.loaded.path, session.spec.estimation
    return {
        **report_date(spec),
        "estimation": {
            "optimizer": estimation.optimizer,
            "tolerance": estimation.tolerance,
            "max_evaluations": estimation.max_evaluations,
            "largest_gradient": GRADIENT_TOLERANCE,
            "singular_below": BOUNDARY,
        },
        "spec": {"file": spec.name, "sha256": hashlib.sha256(spec.read_bytes()).hexdigest()},
        **({} if session.spec.planned_alone else {"data": _data(session.profile)}),
        "versions": {
            "python": platform.python_version(),
            **numerical_versions(),
            "snakemake": installed_version("snakemake"),
        },
        "kernel": form(),
        "platform": f"{platform.system()} {platform.machine()}",
        "seed": session.spec.seed,
    }
