"""The codebook of a saved analysis sample: every column with its meaning and how it was made."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from mlm_steps.data import Analysis
from mlm_steps.records.data_profile import ColumnProfile
from mlm_steps.report.text.text import markdown_escape
from mlm_steps.spec import LoadedSpec

__all__ = ["codebook"]

MOST_LEVELS = 50
"""Largest number of levels that the codebook lists for a column; grouping factors often have more."""
DIGITS = 6
"""Significant digits of means, standard deviations and ranges in the codebook."""
NOTE = (
    "In text files, missing values are NA. Missing counts the rows of the sample; missing before counts the "
    "rows from which the complete rows were taken. The reference level of a category is listed first."
)
HEADS = ("Column", "Label", "Unit", "Type", "Values", "Missing", "Missing before", "Used", "Source")


def codebook(loaded: LoadedSpec, analysis: Analysis, name: str) -> str:
    """Return the codebook as Markdown.

    Parameters
    ----------
    loaded : LoadedSpec
    analysis : Analysis
    name : str
        The name of the file with the sample.
    """
    profile = analysis.profile
    lines = [f"# Codebook of {markdown_escape(name)}", ""]
    size = f"{profile.rows} rows, {len(profile.columns)} columns"
    lines += [f"{size}: the analysis sample of `{loaded.path.name}`."]
    lines += [f"Hash of the sample: `{profile.sample_hash}`.", "", "## Files", ""]
    lines += [f"- `{file.file}`, SHA-256 `{file.sha256}`" for file in profile.files]
    lines += ["", "## Preparation", ""]
    lines += [f"{i}. {markdown_escape(words)}" for i, words in enumerate(_steps(analysis), start=1)]
    lines += ["", "## Columns", "", _line(HEADS), _line(["---"] * len(HEADS))]
    lines += [_line(_cells(loaded, analysis, column)) for column in profile.columns]
    lines += ["", NOTE]
    return "\n".join(lines) + "\n"


def _steps(analysis: Analysis) -> Iterator[str]:
    """Yield what was done between the files and the sample."""
    profile = analysis.profile
    for step in profile.preparation:
        yield step.line
    dropped = profile.rows_file - profile.rows
    rows = f"{profile.rows_file} → {profile.rows} rows"
    yield f"rows without a missing value in any variable of any model: {rows}"
    if dropped:
        lost = ", ".join(f"{loss.variable} {loss.rows}" for loss in profile.lost)
        yield f"rows with missing values, by variable: {lost}"


def _line(cells: tuple[str, ...] | list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(loaded: LoadedSpec, analysis: Analysis, column: ColumnProfile) -> list[str]:
    values = analysis.frame[column.name]
    declared = loaded.spec.data.columns.get(column.name)
    label = (declared.label if declared else None) or column.label or ""
    unit = (declared.unit if declared else None) or ""
    words = (column.name, label, unit, column.kind, _values(values, column))
    counts = (str(int(values.isna().sum())), str(column.n_missing), "yes" if column.used else "no")
    return [*map(_in_cell, words), *counts, _in_cell(column.derived or "as in the data")]


def _in_cell(text: str) -> str:
    """Return text for a cell of a Markdown table."""
    return markdown_escape(" ".join(text.split())).replace("|", "\\|").replace("\\\\|", "\\|")


def _values(values: pd.Series, column: ColumnProfile) -> str:
    """Return the range of numbers, or the levels with their rows."""
    if column.kind == "number":
        if column.mean is None:
            return ""
        spread = "" if column.sd is None else f", SD {column.sd:.{DIGITS}g}"
        low, high = f"{column.minimum:.{DIGITS}g}", f"{column.maximum:.{DIGITS}g}"
        return f"{low} to {high}, mean {column.mean:.{DIGITS}g}{spread}"
    counts = values.value_counts(sort=False)
    if not isinstance(values.dtype, pd.CategoricalDtype):
        counts = counts.sort_index()
    if len(counts) > MOST_LEVELS:
        return f"{len(counts)} different values"
    listed = ", ".join(f"{level} ({rows})" for level, rows in counts.items())
    contrast = f"; {column.contrast} contrasts" if column.levels and column.contrast else ""
    return listed + contrast
