"""Convert the arguments of a command to values, with messages for invalid ones."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from mlm_steps.errors import printable

__all__ = ["Parser", "names", "path", "positive"]


class Parser(argparse.ArgumentParser):
    """A parser that refuses a repeated option and whose messages contain no control characters.

    An option that may be repeated says so with ``action="append"``.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.register("action", None, _StoreOnce)
        self.register("action", "store", _StoreOnce)

    def error(self, message: str) -> NoReturn:
        """Print a message with control characters as escapes and end with exit code 2."""
        super().error("\n".join(map(printable, message.split("\n"))))


class _StoreOnce(argparse.Action):
    """Store the value of an option; a second value is an error, since one of the two would be ignored."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        if option_string is not None:
            given = vars(namespace).setdefault("given_options", set())
            if self.dest in given:
                parser.error(f"argument {option_string}: is given twice, but takes one value")
            given.add(self.dest)
        setattr(namespace, self.dest, values)


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
