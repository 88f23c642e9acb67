"""Small plots written as SVG directly: axes, points, lines, bands and bars.

A panel of a dozen small plots takes matplotlib half a second; these marks need none of what it adds. Text
is real text, colours and fonts are those of the other figures.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from mlm_steps.figures.base import BLUE, GREY, INK, PALE, VERMILION, safe, shorten, svg_document

__all__ = ["Plane", "document"]

LEFT, RIGHT, TOP, BOTTOM = 52.0, 10.0, 34.0, 40.0
"""Margins of a plot for ticks, title and labels, in pixels."""
TICKS = 4
"""Number of intervals between ticks that is aimed at."""
LONGEST_TITLE, LONGEST_LABEL = 42, 46
"""Characters that fit over and beside a plot."""
WIDE, HIGH = 46.0, 10.0
"""Pixels that a name beside a point takes; a name that would cover another is written above it."""
Point = tuple[float, float]


class Plane:
    """One plot at a place of the figure, with linear axes.

    Parameters
    ----------
    box : tuple of float
        Left, top, width and height, margins included.
    title, across, up : str
        Title and labels of the axes.
    mark : str
        A word beside the title, such as the flag of a check.
    """

    def __init__(
        self, box: tuple[float, float, float, float], title: str, across: str, up: str, mark: str = ""
    ) -> None:
        left, top, width, height = box
        self.left, self.right = left + LEFT, left + width - RIGHT
        self.top, self.bottom = top + TOP, top + height - BOTTOM
        self.words = (title, across, up, mark)
        self.parts: list[str] = []
        self.names: dict[float, str] = {}
        self.noted: list[Point] = []
        self.x = self.y = (0.0, 1.0)

    def limits(self, x: Iterable[float], y: Iterable[float], *, zero: bool = False) -> None:
        """Set the limits of the axes so that all finite values are inside; ``zero`` includes 0 upwards."""
        self.x = _range([value for value in x if math.isfinite(value)])
        inside = [value for value in y if math.isfinite(value)]
        self.y = _range([*inside, 0.0] if zero else inside)
        if zero:
            self.y = (0.0, self.y[1])

    def at(self, x: float, y: float) -> Point:
        """Return the pixels of a point."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return self.left + across * (self.right - self.left), self.bottom - up * (self.bottom - self.top)

    def points(
        self, points: Iterable[Point], *, colour: str = BLUE, size: float = 3.0, opacity: float = 0.5
    ) -> None:
        """Draw points; one path holds all of them."""
        steps = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in (self.at(*point) for point in points))
        if steps:
            self.parts.append(
                f'<path d="{steps}" stroke="{colour}" stroke-width="{size:g}" stroke-linecap="round" '
                f'stroke-opacity="{opacity:g}" fill="none"/>'
            )

    def line(
        self,
        points: Sequence[Point],
        *,
        colour: str = INK,
        width: float = 1.4,
        dash: str = "",
        opacity: float = 1.0,
    ) -> None:
        """Draw a line through points."""
        if len(points) < 2:
            return
        steps = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.at(*point) for point in points))
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        faint = f' stroke-opacity="{opacity:g}"' if opacity < 1 else ""
        self.parts.append(
            f'<polyline points="{steps}" fill="none" stroke="{colour}" stroke-width="{width:g}"'
            f"{dashed}{faint}/>"
        )

    def band(self, lower: Sequence[Point], upper: Sequence[Point], *, colour: str = PALE) -> None:
        """Fill the area between two lines."""
        steps = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.at(*p) for p in (*lower, *reversed(upper))))
        self.parts.append(f'<polygon points="{steps}" fill="{colour}" fill-opacity="0.7" stroke="none"/>')

    def level(self, y: float, *, dash: str = "4 3", colour: str = GREY) -> None:
        """Draw a horizontal line across the plot, if it is inside."""
        if self.y[0] <= y <= self.y[1]:
            self.line([(self.x[0], y), (self.x[1], y)], colour=colour, width=0.9, dash=dash)

    def note(self, x: float, y: float, text: str) -> None:
        """Write a name beside a point, on the side where there is room."""
        across, up = self.at(x, y)
        while any(abs(across - other) < WIDE and abs(up - above) < HIGH for other, above in self.noted):
            up -= HIGH
        self.noted.append((across, up))
        end = across > (self.left + self.right) / 2
        place = f'x="{across + (-5 if end else 5):.1f}" y="{up + 3:.1f}"'
        anchor = ' text-anchor="end"' if end else ""
        self.parts.append(
            f'<text {place} font-size="9"{anchor} fill="{INK}">{_text(shorten(text, 24))}</text>'
        )

    def bars(self, values: Sequence[float], names: Sequence[str], *, colour: str = BLUE) -> None:
        """Draw a vertical bar per value, with names instead of ticks."""
        half = 0.36
        for index, value in enumerate(values):
            (left, top), (right, bottom) = self.at(index - half, value), self.at(index + half, 0.0)
            top, height = min(top, bottom), abs(bottom - top)
            self.parts.append(
                f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{height:.1f}" '
                f'fill="{colour}" fill-opacity="0.75"/>'
            )
            self.names[index] = names[index]

    def svg(self) -> str:
        """Return the plot as elements."""
        title, across, up, mark = self.words
        middle, height = (self.left + self.right) / 2, (self.top + self.bottom) / 2
        ink = f'text-anchor="middle" font-size="10" fill="{INK}"'
        flag = f'<tspan fill="{VERMILION}" font-weight="bold"> ▲ {_text(mark)}</tspan>' if mark else ""
        place = f'x="{self.left - 42:.1f}" y="{self.top - 14:.1f}"'
        head = (
            f'<text {place} font-size="11.5" fill="{INK}">{_text(shorten(title, LONGEST_TITLE))}{flag}</text>'
        )
        below = (
            f'<text x="{middle:.1f}" y="{self.bottom + 31:.1f}" {ink}>{_text(shorten(across, LONGEST_LABEL))}'
        )
        turned = f'transform="translate({self.left - 42:.1f} {height:.1f}) rotate(-90)"'
        beside = f"<text {turned} {ink}>{_text(shorten(up, LONGEST_LABEL - 10))}"
        return "\n".join([head, *self._axes(), *self.parts, f"{below}</text>", f"{beside}</text>"])

    def _axes(self) -> Iterable[str]:
        yield (
            f'<path d="M{self.left:.1f} {self.top:.1f}V{self.bottom:.1f}H{self.right:.1f}" fill="none" '
            f'stroke="{GREY}" stroke-width="0.9"/>'
        )
        named: dict[float, str] = self.names or {value: _number(value) for value in _ticks(*self.x)}
        longest = max(4, int(34 / max(len(self.names), 1)) + 2)
        for value, text in named.items():
            x, y = self.at(float(value), self.y[0])
            yield (
                f'<path d="M{x:.1f} {y:.1f}v4" stroke="{GREY}"/><text x="{x:.1f}" y="{y + 15:.1f}" '
                f'font-size="9" text-anchor="middle" fill="{INK}">{_text(shorten(text, longest))}</text>'
            )
        for value in _ticks(*self.y):
            x, y = self.at(self.x[0], value)
            yield (
                f'<path d="M{x:.1f} {y:.1f}h-4" stroke="{GREY}"/><text x="{x - 6:.1f}" y="{y + 3:.1f}" '
                f'font-size="9" text-anchor="end" fill="{INK}">{_number(value)}</text>'
            )


def document(planes: Sequence[Plane], name: str, title: str, width: float, height: float) -> bytes:
    """Return the plots as one SVG document that a page can embed."""
    return svg_document("\n".join(plane.svg() for plane in planes), name, title, width, height)


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if not high > low:
        low, high = low - 0.5, high + 0.5
    room = 0.04 * (high - low)
    return low - room, high + room


def _ticks(low: float, high: float) -> list[float]:
    """Return round numbers between two limits."""
    raw = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(each * power for each in (1.0, 2.0, 2.5, 5.0, 10.0) if each * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(index * step, 12) for index in range(first, math.floor(high / step + 1e-9) + 1)]


def _number(value: float) -> str:
    return f"{value:.6g}".replace("-", "\N{MINUS SIGN}")


def _text(text: str) -> str:
    return escape(safe(text))
