"""Read the data file of a spec."""

from __future__ import annotations

from pathlib import Path

from mlm_steps.data.limits import require_few_columns, require_short_cells
from mlm_steps.data.raw import RawTable, ReadOptions, UnreadableFile
from mlm_steps.data.readers import READERS
from mlm_steps.errors import DataError, Fault
from mlm_steps.spec import LoadedSpec

__all__ = ["file_hash", "format_of", "read_file", "read_table"]

_PACKED = (".gz", ".zst")


def format_of(path: Path) -> str | None:
    """Return the key of the reader for a file by its name, or None.

    >>> format_of(Path("a/B.CSV.gz")), format_of(Path("notes.docx"))
    ('csv', None)
    """
    name = path.name.lower()
    for packed in _PACKED:
        if name.endswith((f".csv{packed}", f".tsv{packed}", f".txt{packed}")):
            name = name.removesuffix(packed)
    ending = name.rpartition(".")[2]
    return ending if "." in name and ending in READERS else None


def read_table(path: Path, options: ReadOptions) -> RawTable:
    """Return the columns of a data file.

    Raises
    ------
    UnreadableFile
        The file is missing, a folder, of an unknown format, broken, empty or irregular.
    """
    if path.is_dir():
        raise UnreadableFile("is a folder, not a file")
    if path.exists() and not path.is_file():
        raise UnreadableFile("is not a regular file", "devices and pipes are not read")
    kind = format_of(path)
    if kind is None:
        raise UnreadableFile(
            "has an unknown format", f"known formats are {', '.join(f'.{name}' for name in READERS)}"
        )
    try:
        table = READERS[kind](path, options)
        require_few_columns(len(table.columns))
        require_short_cells(table.columns)
        return table
    except UnreadableFile:
        raise
    except MemoryError:
        hint = "the file may be damaged; else save the columns that the analysis uses in a file of their own"
        raise UnreadableFile("needs more memory than there is", hint) from None
    except FileNotFoundError:
        raise UnreadableFile("does not exist") from None
    except PermissionError:
        raise UnreadableFile("cannot be read", "you have no permission to read it") from None
    except Exception as error:  # the libraries do not document what they raise for a damaged file
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        hint = "the file may be damaged, or its format may not be that of its name"
        raise UnreadableFile(f"cannot be read as .{kind}: {reason}", hint) from error


def read_file(loaded: LoadedSpec) -> RawTable:
    """Return the columns of a spec's data file; raise DataError at the key that caused the fault."""
    data = loaded.spec.data
    try:
        return read_table(loaded.data_path, data)
    except UnreadableFile as found:
        key = found.key if getattr(data, found.key) is not None else "file"
        raise DataError(
            Fault(loaded.source.where("data", key), f"{data.file} {found.what}", found.hint)
        ) from None


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    import hashlib

    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
