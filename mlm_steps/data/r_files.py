"""Find the data frames of a file that R has written with ``save`` or ``saveRDS``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlm_steps.data.limits import unpacked
from mlm_steps.data.r_frames import attributes_of, classes_of, from_data_frame, strings_of
from mlm_steps.data.r_parser import saved_objects, single_object
from mlm_steps.data.raw import RawTable, UnreadableFile
from mlm_steps.errors import did_you_mean, listing
from mlm_steps.spec.written import quoted

__all__ = ["read_r"]

_SAVED = (b"RDX2\n", b"RDX3\n", b"RDA2\n", b"RDA3\n", b"RDB2\n", b"RDB3\n")
"""The first bytes of a file that holds named objects; a file of ``saveRDS`` has none of them."""
_SERIALIZED = (b"X\n", b"A\n", b"A\r\n", b"B\n")
"""The first bytes of a file of ``saveRDS``: big-endian, text, or little-endian."""
_PACKED = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zst"}
"""The first bytes of packed files."""
_KINDS = {
    "LGL": "a logical vector",
    "INT": "an integer vector",
    "REAL": "a numeric vector",
    "CPLX": "a complex vector",
    "STR": "a character vector",
    "VEC": "a list",
    "CLO": "a function",
    "ENV": "an environment",
    "S4": "an S4 object",
    "NILVALUE": "NULL",
}


def read_r(path: Path, name: str | None) -> RawTable:
    """Return the columns of a data frame in a file of R.

    Parameters
    ----------
    path : Path
        Text or binary, of format version 2 or 3, plain or compressed by gzip, bzip2, xz or zstandard.
    name : str or None
        The data frame, if the file holds several.

    Raises
    ------
    UnreadableFile
        The file is not of R, has no data frame, has none of that name, or has several and no name is given.
    """
    content = _unpacked(path.read_bytes())
    if content.startswith(_SAVED):
        objects, unread, encoding = saved_objects(content[len(_SAVED[0]) :])
        return from_data_frame(_chosen(objects, name, unread), encoding)
    if not content.startswith(_SERIALIZED):
        raise UnreadableFile("is not a file of R's save or saveRDS", "its first bytes are of another format")
    top, encoding = single_object(content)
    if not _is_frame(top):
        return from_data_frame(_chosen(_elements(top, encoding), name, ()), encoding)
    if name is not None:
        raise UnreadableFile("holds one data frame, which has no name", "leave the key out", key="object")
    return from_data_frame(top, encoding)


def _elements(found: Any, encoding: str | None) -> dict[str, Any]:
    """Return the elements of a list by name, or one other object without a name."""
    if found.info.type.name != "VEC":
        return {"": found}
    names = strings_of(attributes_of(found).get("names"), encoding) or [""] * len(found.value)
    return {name or "": each for name, each in zip(names, found.value, strict=True)}


def _unpacked(content: bytes) -> bytes:
    kind = next((kind for start, kind in _PACKED.items() if content.startswith(start)), None)
    return content if kind is None else unpacked(content, kind)


def _is_frame(found: Any) -> bool:
    return found.info.type.name == "VEC" and "data.frame" in classes_of(found)


def _chosen(objects: Mapping[str, Any], name: str | None, unread: Sequence[str]) -> Any:
    """Return the data frame of a name, or the only one; ``unread`` names an object that cannot be read."""
    frames = {key: each for key, each in objects.items() if _is_frame(each)}
    if unread and (name not in frames if name is not None else len(frames) != 1):
        raise UnreadableFile(
            f"holds {unread[0]}, an object that cannot be read, and what follows it is out of reach",
            "save the data frame alone in R, by saveRDS",
        )
    if not frames:
        others = listing(f"{key} ({_kind(each)})" if key else _kind(each) for key, each in objects.items())
        hint = f"it holds {others}" if objects else "it is empty"
        raise UnreadableFile("holds no data frame", hint)
    if name is None and len(frames) > 1:
        raise UnreadableFile(
            f"holds {len(frames)} data frames: {listing(frames)}", f"name one, object: {next(iter(frames))}"
        )
    if name is not None and name not in frames:
        known = did_you_mean(name, frames) or f"its data frames are {listing(frames)}"
        hint = f"it is {_kind(objects[name])}; {known}" if name in objects else known
        raise UnreadableFile(f"holds no data frame {quoted(name)}", hint, key="object")
    return frames[name if name is not None else next(iter(frames))]


def _kind(found: Any) -> str:
    """Return what an object is, in words."""
    classes = classes_of(found)
    if classes:
        return f"of class {classes[0]}"
    shape = attributes_of(found).get("dim")
    if shape is not None and np.size(shape.value) == 2:
        return "a matrix"
    return _KINDS.get(found.info.type.name, "another kind of object")
