"""Convert the arguments of a command to values, with messages for invalid ones."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from mlm_steps.errors import printable
from mlm_steps.steps.run.versions import installed_version

__all__ = ["Parser", "Version", "names", "path", "port", "positive", "share"]

LONGEST_PART, LONGEST_PATH = 230, 4000
"""Most bytes of a name in a path, and of a path. Systems allow 255 and 4096; the names of temporary files and
codebooks are longer than those of their files."""


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


class Version(argparse.Action):
    """Print the program's name and the version of a distribution, and end with exit code 0.

    The version is looked up when it is asked for, since all other commands would wait for it.
    """

    def __init__(self, option_strings: Sequence[str], dest: str, *, distribution: str) -> None:  # noqa: ARG002 - argparse's signature
        super().__init__(
            option_strings, argparse.SUPPRESS, nargs=0, help="show program's version number and exit"
        )
        self.distribution = distribution

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,  # noqa: ARG002 - argparse prescribes the arguments
        values: str | Sequence[Any] | None,  # noqa: ARG002 - argparse's signature
        option_string: str | None = None,  # noqa: ARG002 - argparse's signature
    ) -> None:
        """Print name and version."""
        print(f"{parser.prog} {installed_version(self.distribution)}")
        parser.exit()


def path(text: str) -> Path:
    """Return a path; raise an error for text that cannot be one.

    Empty text usually comes from an unset variable.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError("is empty, but a file or folder is needed")
    if "\0" in text:
        raise argparse.ArgumentTypeError("holds a zero byte, which no path can have")
    sizes = [len(os.fsencode(part)) for part in Path(text).parts]
    if max(sizes, default=0) > LONGEST_PART or sum(sizes) > LONGEST_PATH:
        raise argparse.ArgumentTypeError(f"is too long for a path: {text[:40]}…")
    return Path(text)


def positive(text: str) -> int:
    """Return a positive whole number."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 up")
    return number


def port(text: str) -> int:
    """Return the number of a port that a user may open, or 0 for a free one."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if number != 0 and not 1024 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port from 1024 to 65535")
    return number


def names(text: str) -> tuple[str, ...]:
    """Return the names in a list that is separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def share(text: str) -> float:
    """Return a number from 0 to 1; argparse reports other text as an error."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0.0 <= number <= 1.0:
        raise argparse.ArgumentTypeError(f"'{printable(text)}' is not a number from 0 to 1")
    return number
