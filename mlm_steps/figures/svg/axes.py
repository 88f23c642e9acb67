"""The axes of a plot with their ticks, names, title and key."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from mlm_steps.figures.svg.colours import ALERT, GREY, INK
from mlm_steps.figures.svg.hatches import definitions
from mlm_steps.figures.svg.key import LINE, TICK, Key, key_elements, key_rows
from mlm_steps.figures.svg.lettering import escaped, tick_text, width_of, wrap
from mlm_steps.figures.svg.scale import range_of, ticks

__all__ = ["MEDIUM", "SMALL", "WIDE", "Axes", "Point"]

SMALL, MEDIUM, WIDE = 300.0, 380.0, 480.0
"""Widths of a plot in pixels. On a phone, about 350 pixels wide, the text of the widest is still readable."""
RIGHT = 12.0
"""Margin at the right of a plot in pixels."""
TITLE, LABEL, BOLD = 12.0, 11.0, 1.13
"""Sizes of the font of titles and of labels of axes, and how much wider bold letters are."""
LARGEST_SHARE = 0.45
"""Largest share of the width of a plot that the names of its rows take."""
TWO_LINES = 26.0
"""Pixels of the height of a row from which on its name may take two lines."""
NARROWEST = 26.0
"""Pixels that a name below the plot needs at least; names that have less room are left out in turn."""
Point = tuple[float, float]


class Axes:
    """Linear axes with their words. Pixels are counted from the top of the area of the plot.

    Parameters
    ----------
    title, across, up : str
        Title and labels of the axes; long ones take several lines.
    width : float
        Of the whole plot, margins included.
    height : float
        Of the area between the axes.
    flag : str
        A word beside the title, such as the flag of a check.
    name : str
        Beginning of the ids of patterns, unique in a page.
    """

    def __init__(
        self,
        title: str,
        across: str,
        up: str = "",
        *,
        width: float = MEDIUM,
        height: float = 190.0,
        flag: str = "",
        name: str = "",
    ) -> None:
        self.words = (title, across, up, flag)
        self.width, self.height, self.name = width, height, name
        self.left, self.right = 46.0, width - RIGHT
        self.parts: list[str] = []
        self.under: list[str] = []
        self.key: list[Key] = []
        self.noted: list[Point] = []
        self.patterns: set[str] = set()
        self.x = self.y = (0.0, 1.0)
        self.x_ticks: dict[float, str] | None = None
        self.y_ticks: dict[float, str] | None = None
        self.rows: list[tuple[float, str]] = []

    def limits(self, x: Iterable[float], y: Iterable[float], *, zero: bool = False) -> None:
        """Set the limits so that all finite values are inside; ``zero`` lets the vertical axis begin at 0."""
        self.span(range_of(x), range_of(y, zero=zero))

    def span(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Set the limits of both axes, and the margin at the left that the numbers need."""
        self.x, self.y = x, y
        widest = max((width_of(text, TICK) for text in self._y_named().values()), default=0.0)
        self.left = 10 + widest + (LINE + 2 if self.words[2] else 0)

    def name_x(self, names: Mapping[float, str]) -> None:
        """Write names instead of numbers below the plot."""
        self.x_ticks = dict(names)

    def name_y(self, names: Mapping[float, str]) -> None:
        """Write these texts instead of numbers at the left."""
        self.y_ticks = dict(names)

    def name_rows(self, names: Sequence[str], *, share: float = LARGEST_SHARE) -> None:
        """Make the vertical axis one of rows with names, the first at the top; row i has the height -i."""
        widest = max((width_of(name, TICK) for name in names), default=0.0)
        room = min(widest, share * self.width) + 2
        self.y, self.y_ticks = (-len(names) + 0.4, 0.6), {}
        self.left = room + 10
        self.rows = [(-float(index), name) for index, name in enumerate(names)]

    def at(self, x: float, y: float) -> Point:
        """Return the pixels of a point."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return self.left + across * (self.right - self.left), self.height - up * self.height

    def elements(self) -> tuple[float, float, str]:
        """Return top, height and elements of the plot; the top is negative, above the area of the plot."""
        head, foot = list(self._head()), list(self._foot())
        top = -(LINE * len(head) + (key_rows(self.key, self.width) * LINE + 4 if self.key else 0) + 12)
        words = [
            f'<text x="2" y="{top + LINE * (index + 1) - 2:.1f}" font-size="{TITLE:g}" font-weight="600" '
            f'fill="{INK}">{line}</text>'
            for index, line in enumerate(head)
        ]
        depth = self._tick_depth() + LINE * len(foot) + (6 if foot else 2)
        middle = (self.left + self.right) / 2
        below = [
            f'<text x="{middle:.1f}" y="{self.height + self._tick_depth() + LINE * (index + 1) - 1:.1f}" '
            f'text-anchor="middle" font-size="{LABEL:g}" fill="{INK}">{line}</text>'
            for index, line in enumerate(foot)
        ]
        used = {*self.patterns, *(each.hatch for each in self.key if each.hatch)}
        key = key_elements(self.key, self.width, top + LINE * len(head), self.name)
        parts = [definitions(self.name, used), *words, *key, *self.under]
        parts += [*self._axes(), *self.parts, *below, *self._beside()]
        return top, self.height + depth - top, "\n".join(part for part in parts if part)

    def _head(self) -> Iterator[str]:
        title, flag = self.words[0], self.words[3]
        mark = f" ▲ {flag}" if flag else ""
        lines = wrap(title, self.width - 8 - width_of(mark, TITLE), BOLD * TITLE) if title else []
        for index, line in enumerate(lines):
            warn = (
                f'<tspan fill="{ALERT}"> ▲ {escaped(flag)}</tspan>'
                if flag and index == len(lines) - 1
                else ""
            )
            yield f"{escaped(line)}{warn}"

    def _foot(self) -> Iterator[str]:
        if self.words[1]:
            yield from (escaped(line) for line in wrap(self.words[1], self.right - self.left + 24, LABEL))

    def _beside(self) -> Iterator[str]:
        """Write the label of the vertical axis, turned, in one or two lines."""
        if not self.words[2]:
            return
        lines = wrap(self.words[2], self.height + 12, LABEL, most=1)
        for index, line in enumerate(lines):
            place = f"translate({12 + 13 * index:.1f} {self.height / 2:.1f}) rotate(-90)"
            yield (
                f'<text transform="{place}" text-anchor="middle" font-size="{LABEL:g}" fill="{INK}">'
                f"{escaped(line)}</text>"
            )

    def _axes(self) -> Iterator[str]:
        top = f"M{self.left:.1f} 0V{self.height:.1f}H{self.right:.1f}"
        yield f'<path d="{top}" fill="none" stroke="{GREY}" stroke-width="0.9"/>'
        lines = self._x_lines()
        steps = "".join(f"M{self.at(value, 0)[0]:.1f} {self.height:.1f}v4" for value in lines)
        steps += "".join(f"M{self.left:.1f} {self.at(0, value)[1]:.1f}h-4" for value in self._y_named())
        if steps:
            yield f'<path d="{steps}" stroke="{GREY}" stroke-width="0.9"/>'
        yield f'<g font-size="{TICK:g}" fill="{INK}" text-anchor="middle">'
        for value, texts in lines.items():
            x = self.at(value, 0)[0]
            for index, text in enumerate(texts):
                yield f'<text x="{x:.1f}" y="{self.height + 15 + 12 * index:.1f}">{escaped(text)}</text>'
        yield "</g>"
        yield f'<g font-size="{TICK:g}" fill="{INK}" text-anchor="end">'
        for value, text in self._y_named().items():
            yield f'<text x="{self.left - 6:.1f}" y="{self.at(0, value)[1] + 3.5:.1f}">{escaped(text)}</text>'
        for value, text in self.rows:
            yield self._row_name(value, text)
        yield "</g>"

    def _row_name(self, value: float, text: str) -> str:
        """Return the name of a row, in two lines where there is room; a name that is cut has its title."""
        most = 2 if self.height / len(self.rows) >= TWO_LINES else 1
        lines = wrap(text, self.left - 8, TICK, most=most)
        full = f"<title>{escaped(text)}</title>" if lines[-1].endswith("…") else ""
        y = self.at(0, value)[1] + 3.5 - 6.0 * (len(lines) - 1)
        shown = "".join(
            f'<tspan x="{self.left - 6:.1f}" y="{y + 12 * index:.1f}">{escaped(line)}</tspan>'
            for index, line in enumerate(lines)
        )
        return f"<text>{full}{shown}</text>"

    def _x_lines(self) -> dict[float, list[str]]:
        """Return the lines of text below each tick; names that have no room are left out in turn."""
        if self.x_ticks is None:
            return {
                value: [tick_text(value)]
                for value in ticks(*self.x, max(2, int((self.right - self.left) / 60)))
            }
        named = list(self.x_ticks.items())
        if not named:
            return {}
        whole, room = self.x[1] - self.x[0], self.right - self.left
        gap = min((b[0] - a[0] for a, b in pairwise(named)), default=whole) / whole * room
        step = max(1, math.ceil(NARROWEST / gap))
        kept = named[::step]
        return {value: wrap(text, max(gap * step - 5, 20), TICK, most=3) for value, text in kept}

    def _y_named(self) -> dict[float, str]:
        if self.y_ticks is not None:
            return self.y_ticks
        count = max(2, int(self.height / 42))
        return {value: tick_text(value) for value in ticks(*self.y, count)}

    def _tick_depth(self) -> float:
        deepest = max((len(lines) for lines in self._x_lines().values()), default=0)
        return 6.0 + 12 * deepest if deepest else 2.0
