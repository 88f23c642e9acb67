"""The spec's data file, read."""

from __future__ import annotations

from pathlib import Path

from mlm_steps.data.raw import RawTable, Unreadable
from mlm_steps.data.readers import READERS
from mlm_steps.errors import DataError, Fault
from mlm_steps.spec import LoadedSpec

__all__ = ["file_hash", "format_of", "read_file"]

_PACKED = (".gz", ".zst")


def format_of(path: Path) -> str | None:
    """Return the key of the reader for a file by its name, or None.

    >>> format_of(Path("a/B.CSV.gz")), format_of(Path("notes.docx"))
    ('csv', None)
    """
    name = path.name.lower()
    for packed in _PACKED:
        if name.endswith((f".csv{packed}", f".tsv{packed}")):
            name = name.removesuffix(packed)
    ending = name.rpartition(".")[2]
    return ending if "." in name and ending in READERS else None


def read_file(loaded: LoadedSpec) -> RawTable:
    """Return the columns of the data file.

    Raises
    ------
    DataError
        The file is missing, a folder, of an unknown format, broken, empty or irregular.
    """
    path, shown = loaded.data_path, loaded.spec.data.file

    def refuse(what: str, hint: str | None = None, key: str = "file") -> DataError:
        key = key if getattr(loaded.spec.data, key) is not None else "file"
        return DataError(Fault(loaded.source.where("data", key), f"{shown} {what}", hint))

    if not path.exists():
        raise refuse("does not exist", "the path is relative to the spec")
    if path.is_dir():
        raise refuse("is a folder, not a file")
    kind = format_of(path)
    if kind is None:
        raise refuse("is of no known format", f"known are {', '.join('.' + ending for ending in READERS)}")
    try:
        return READERS[kind](path, loaded.spec.data)
    except Unreadable as found:
        raise refuse(found.what, found.hint, found.key) from None
    except PermissionError:
        raise refuse("may not be read", "you lack the permission") from None
    except MemoryError:
        raise
    except Exception as error:  # what a format's library raises on a broken file is nowhere listed
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise refuse(
            f"cannot be read as .{kind}: {reason}", "the file may be damaged or of another format"
        ) from error


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    import hashlib

    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
