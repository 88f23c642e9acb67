"""Show progress: one line that is rewritten on a terminal, successive lines anywhere else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from mlm_steps.steps.run.plan import Step

__all__ = ["Display", "duration", "is_live"]

CLEAR = "\r\x1b[K"


def is_live(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether a stream is a terminal on which a line can be overwritten."""
    return stream.isatty() and "NO_COLOR" not in environment and environment.get("TERM", "dumb") != "dumb"


class Display:
    """Permanent lines and, on a terminal, one line below them that is rewritten.

    Parameters
    ----------
    stream : TextIO
    live : bool
        Whether the last line can be overwritten.
    """

    def __init__(self, stream: TextIO, *, live: bool) -> None:
        self.live = live
        self._stream = stream
        self._line = ""

    def say(self, *lines: str) -> None:
        """Print permanent lines."""
        clear = CLEAR if self.live and self._line else ""
        for line in lines:
            self._stream.write(f"{clear}{line}\n")
        self._draw()

    def show(self, line: str) -> None:
        """Print a line on the progress of the run."""
        self.say(line)

    def planned(self, steps: Sequence[Step], lines: Sequence[str]) -> None:  # noqa: ARG002 - for other displays
        """Print which steps are to be made and why."""
        self.say(*lines)

    def begun(self, step: str) -> None:
        """Note that a step runs; the line that is rewritten names it."""

    def ended(self, step: str, seconds: float | None) -> None:
        """Note that a step has ended after some seconds; a line on the progress names it."""

    def failed(self, step: str, seconds: float | None) -> None:
        """Note that a step failed after some seconds; a line on the progress names it."""

    def change(self, line: str) -> None:
        """Replace the line that is rewritten; an empty text removes it."""
        if self.live and (line or self._line):
            self._line = line
            self._stream.write(CLEAR)
            self._draw()

    def _draw(self) -> None:
        if self.live:
            self._stream.write(self._line[: shutil.get_terminal_size().columns - 1])
        self._stream.flush()


def duration(seconds: float) -> str:
    """Return a duration in words.

    Examples
    --------
    >>> duration(0.3), duration(42.3), duration(200), duration(9000)
    ('1 s', '42 s', '3 min', '2.5 h')
    """
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
