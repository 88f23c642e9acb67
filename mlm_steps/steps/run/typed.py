"""Convert the arguments of a command to values, with messages for invalid ones."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NoReturn

from mlm_steps.errors import printable

__all__ = ["Parser", "names", "path", "positive"]


class Parser(argparse.ArgumentParser):
    """A parser whose messages contain no control characters."""

    def error(self, message: str) -> NoReturn:
        """Print a message with control characters as escapes and end with exit code 2."""
        super().error("\n".join(map(printable, message.split("\n"))))


def path(text: str) -> Path:
    """Return a path; raise an error for an empty text, which usually comes from an unset variable."""
    if not text.strip():
        raise argparse.ArgumentTypeError("is empty, but a file or folder is needed")
    return Path(text)


def positive(text: str) -> int:
    """Return a positive whole number."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 up")
    return number


def names(text: str) -> tuple[str, ...]:
    """Return the names in a list that is separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
