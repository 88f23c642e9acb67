"""Recognise a file by its size and the hash of its content. The module loads no library."""

from __future__ import annotations

import hashlib
import os
import stat
from functools import lru_cache
from pathlib import Path

__all__ = ["HASHED_BYTES", "file_hash", "is_unchanged"]

HASHED_BYTES = 2**20
"""Largest size of files that are hashed whenever they are compared.

A process hashes a larger file once, and again if its times, size or inode have changed; hashing one mebibyte
takes less than a millisecond.
"""
MOST_LARGE = 256
"""The hashes of this many large files are kept; of more files, some are hashed again."""


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_unchanged(path: Path, *, size: int, sha256: str) -> bool:
    """Return whether a file has the size and the hash that were recorded, whatever its times are.

    Another step may delete it while it is read.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size != size:
            return False
        found = file_hash(path) if size <= HASHED_BYTES else _large_hash(path, _state(status))
    except OSError:
        return False
    return found == sha256


def _state(status: os.stat_result) -> tuple[int, ...]:
    """Return what changes with every write; the time of the inode cannot be set by a program."""
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_dev


@lru_cache(maxsize=MOST_LARGE)
def _large_hash(path: Path, _: tuple[int, ...]) -> str:
    return file_hash(path)
