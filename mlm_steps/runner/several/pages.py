"""Make the verdicts on all specs of a run, and write the pages of the summary."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from mlm_steps.errors import MlmError, printable
from mlm_steps.records.whole import write_whole
from mlm_steps.report.summary import VERDICTS, SpecVerdict, render_summary
from mlm_steps.runner.several.notes import Kept, state_of_note
from mlm_steps.runner.several.spec_run import SpecRun
from mlm_steps.runner.several.verdicts import unread, verdict_of
from mlm_steps.steps.run.tabular import text_table

__all__ = ["make_rows", "text_of", "write_pages"]

SCHEMA_VERSION = 1
"""Version of the format of summary.json."""


def make_rows(specs: Sequence[SpecRun], kept: Kept, root: Path) -> list[dict[str, Any]]:
    """Return the verdict on each spec as JSON; those on unchanged specs are kept from the run before."""
    rows = []
    for spec in specs:
        state = state_of_note(spec.request) if spec.noted else None
        before = kept.rows.get(state) if state is not None else None
        rows.append(dict(before) if before is not None else asdict(_verdict(spec, root)))
    return rows


def _verdict(spec: SpecRun, root: Path) -> SpecVerdict:
    if spec.out is None:
        return unread(spec.request, spec.said)
    try:
        return verdict_of(spec.request, spec.code or 0, spec.said, root)
    except MlmError as error:  # the spec was changed while its run went on
        return unread(spec.request, f"{spec.said}{error}\n")


def write_pages(rows: Sequence[Mapping[str, Any]], root: Path) -> None:
    """Write the summary as HTML, Markdown and JSON; equal verdicts give equal bytes."""
    specs = TypeAdapter(list[SpecVerdict]).validate_python(list(rows))
    content = {"schema_version": SCHEMA_VERSION, "code": max(each.code for each in specs), "specs": rows}
    text = json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False)
    for form, page in {**render_summary(specs), "json": text + "\n"}.items():
        write_whole(root / f"summary.{form}", page.encode())


def text_of(rows: Sequence[Mapping[str, Any]], root: Path) -> str:
    """Return the verdicts as a table for the terminal, with the path of the page."""
    most = max((len(row["rungs"]) for row in rows), default=0)
    header = ("spec", "exit code", *(f"rung {k}" for k in range(1, most + 1)))
    lines = []
    for row in rows:
        cells = [f"{rung['name']}: {VERDICTS[rung['verdict']]}" for rung in row["rungs"]]
        lines.append((row["spec"], str(row["code"]), *cells, *[""] * (most - len(cells))))
    table = text_table(header, lines, right=(1,))
    return "\n".join(map(printable, [*table, f"summary: {root / 'summary.html'}"])) + "\n"
