"""Save the analysis sample as a data file with a codebook, so that others can check it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from mlm_steps.errors import Fault, UsageError
from mlm_steps.records import write_whole
from mlm_steps.records.csv_text import WRITTEN_END, CsvText
from mlm_steps.steps.parts.codebook import codebook
from mlm_steps.steps.run.parquet import write_parquet
from mlm_steps.steps.validate import check_with_data

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FORMATS", "codebook_path", "prepare"]

FORMATS = (".csv", ".tsv", ".parquet")
MISSING = "NA"
"""The missing value in text files, as R and this program read it."""
_WHOLE = 2.0**53
"""Below this size, float64 represents every whole number, which is then written without a decimal point."""


def codebook_path(saved: Path) -> Path:
    """Return the file of the codebook of a saved data file.

    >>> print(codebook_path(Path("out/sample.csv")).name)
    sample.codebook.md
    """
    return saved.parent / f"{saved.stem}.codebook.md"


def prepare(spec: Path, saved: Path, *, allow_outside: bool = False, force: bool = False) -> tuple[str, ...]:
    """Write the analysis sample of a spec and its codebook; return what was done, a line each.

    Parameters
    ----------
    spec : Path
    saved : Path
        The file to write; its ending gives the format.
    allow_outside : bool
        Whether the data may lie outside the folders that a spec may read.
    force : bool
        Whether existing files are replaced. Files that the spec reads are never replaced.

    Raises
    ------
    MlmError
        With all faults of the options, or of spec, data and designs; nothing is written then.
    """
    book = codebook_path(saved)
    _require_free(saved, book, force=force)
    loaded, analysis = check_with_data(spec, allow_outside=allow_outside)
    read = {spec.resolve(), *loaded.paths.values()}
    taken = [path for path in (saved, book) if path.resolve() in read]
    if taken:
        raise UsageError(
            Fault(str(taken[0]), "the spec reads this file", "save the sample under another name")
        )
    text = codebook(loaded, analysis, saved.name)
    _write(analysis.frame, saved)
    write_whole(book, text.encode())
    frame = analysis.frame
    return (
        *(step.line for step in analysis.profile.preparation),
        f"wrote {saved}: {len(frame)} rows of {analysis.profile.rows_file}, {len(frame.columns)} columns",
        f"wrote {book}",
    )


def _require_free(saved: Path, book: Path, *, force: bool) -> None:
    """Raise UsageError for an unknown format, a missing folder, or a file that exists."""
    faults = []
    if saved.suffix.lower() not in FORMATS:
        what = f"the format {saved.suffix} cannot be written" if saved.suffix else "it has no ending"
        faults.append(Fault(str(saved), what, f"the formats are {', '.join(FORMATS)}"))
    if not saved.parent.is_dir():
        faults.append(Fault(str(saved), "its folder does not exist", "make it first"))
    for path in (saved, book):
        if path.is_dir():
            faults.append(Fault(str(path), "is a folder"))
        elif path.exists() and not force:
            faults.append(Fault(str(path), "there is a file of this name", "replace it by --force"))
    if faults:
        raise UsageError(*faults)


def _write(frame: pd.DataFrame, saved: Path) -> None:
    if saved.suffix.lower() == ".parquet":
        write_parquet(frame, saved)
        return
    stream = CsvText()
    whole = {name: frame[name].astype("Int64") for name in frame.columns if _is_whole(frame[name])}
    delimiter = "\t" if saved.suffix.lower() == ".tsv" else ","
    frame.assign(**whole).to_csv(
        stream,
        sep=delimiter,
        index=False,
        na_rep=MISSING,
        lineterminator=WRITTEN_END,
        quoting=csv.QUOTE_MINIMAL,
    )
    write_whole(saved, stream.getvalue().encode())


def _is_whole(values: pd.Series) -> bool:
    """Return whether a column holds whole numbers only, missing values aside."""
    if values.dtype.kind != "f":
        return False
    present = values.dropna().to_numpy()
    return bool(len(present)) and bool(((present == present.round()) & (abs(present) < _WHOLE)).all())
