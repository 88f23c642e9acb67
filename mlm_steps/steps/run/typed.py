"""Convert the arguments of a command to values, with messages for invalid ones."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NoReturn

from mlm_steps.errors import printable

__all__ = ["Parser", "names", "path", "positive"]


class Parser(argparse.ArgumentParser):
    """A parser whose messages are safe to print on a terminal."""

    def error(self, message: str) -> NoReturn:
        """Print a message with control characters as escapes and end with exit code 2."""
        super().error("\n".join(map(printable, message.split("\n"))))


def path(text: str) -> Path:
    """Return a file or folder; an empty text, most often a variable that is not set, is refused."""
    if not text.strip():
        raise argparse.ArgumentTypeError("is empty, but a file or folder is needed")
    return Path(text)


def positive(text: str) -> int:
    """Return a whole number from 1 up."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 up")
    return number


def names(text: str) -> tuple[str, ...]:
    """Return names between commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
