"""One plot: points, lines, bands, bars and words in the coordinates of the data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlm_steps.figures.svg.axes import MEDIUM, SMALL, WIDE, Axes, Point
from mlm_steps.figures.svg.colours import BLUE, GREY, GRID, INK, PALE, PAPER
from mlm_steps.figures.svg.hatches import hatch_id
from mlm_steps.figures.svg.key import TICK, Key
from mlm_steps.figures.svg.lettering import escaped, shorten
from mlm_steps.figures.svg.look import grouped, stroke, term_of
from mlm_steps.figures.svg.marks import shape

__all__ = ["MEDIUM", "SMALL", "WIDE", "Key", "Plane", "Point"]

WIDE_NAME, HIGH_NAME = 46.0, 11.0
"""Pixels that a name beside a point takes; a name that would cover another is written above it."""


class Plane(Axes):
    """A plot with its marks; the axes are given their limits before anything is drawn."""

    def points(
        self,
        points: Iterable[Point],
        *,
        colour: str = BLUE,
        size: float = 3.0,
        opacity: float = 0.5,
    ) -> None:
        """Draw round points; one path holds all of them."""
        steps = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in (self.at(*point) for point in points))
        if steps:
            self.parts.append(
                f'<path d="{steps}" stroke="{colour}" stroke-width="{size:g}" stroke-linecap="round" '
                f'stroke-opacity="{opacity:g}" fill="none"/>'
            )

    def marks(
        self,
        points: Sequence[Point],
        *,
        colour: str = BLUE,
        size: float | Sequence[float] = 6.0,
        kind: str = "o",
        hollow: bool = False,
        groups: Sequence[str] = (),
        term: str = "",
    ) -> None:
        """Draw marks of a shape; with ``groups``, each is an element that bears the name of its group."""
        sizes = [float(size)] * len(points) if isinstance(size, int | float) else size
        steps = [shape(kind, *self.at(*point), each) for point, each in zip(points, sizes, strict=True)]
        bare = kind in "x+|"
        width = 2.0 if kind == "+" else 1.4 if bare else 1.2 if hollow else 0.8
        fill = "none" if bare else PAPER if hollow else colour
        look = f'fill="{fill}" stroke="{colour}" stroke-width="{width:g}"'
        self.parts += grouped("path", "d", steps, look, groups, term)

    def line(
        self,
        points: Sequence[Point],
        *,
        colour: str = INK,
        width: float = 1.4,
        dash: str = "",
        opacity: float = 1.0,
        halo: bool = False,
        term: str = "",
    ) -> None:
        """Draw a line through points; a halo parts it from what lies below."""
        if len(points) < 2:
            return
        steps = self._steps(points)
        if halo:
            self.parts.append(
                f'<polyline points="{steps}" fill="none" stroke="{PAPER}" stroke-width="{width + 2.4:g}"/>'
            )
        self.parts.append(
            f'<polyline points="{steps}" {stroke(colour, width, dash, opacity)}{term_of(term)}/>'
        )

    def lines(
        self,
        lines: Sequence[Sequence[Point]],
        *,
        colour: str,
        width: float = 0.9,
        opacity: float = 1.0,
        dash: str = "",
        groups: Sequence[str] = (),
        term: str = "",
    ) -> None:
        """Draw many lines; with ``groups``, each is an element that bears the name of its group."""
        steps = [self._steps(points) for points in lines]
        if not groups and steps:
            d = "".join(f"M{each}" for each in steps)
            self.parts.append(f'<path d="{d}" {stroke(colour, width, dash, opacity)}{term_of(term)}/>')
            return
        self.parts += grouped("polyline", "points", steps, stroke(colour, width, dash, opacity), groups, term)

    def band(
        self, lower: Sequence[Point], upper: Sequence[Point], *, colour: str = PALE, opacity: float = 0.7
    ) -> None:
        """Fill the area between two lines."""
        if len(lower) < 2:
            return
        steps = self._steps((*lower, *reversed(upper)))
        self.parts.append(
            f'<polygon points="{steps}" fill="{colour}" fill-opacity="{opacity:g}" stroke="none"/>'
        )

    def level(self, y: float, *, dash: str = "4 3", colour: str = GREY, width: float = 0.9) -> None:
        """Draw a horizontal line across the plot, if it is inside."""
        if self.y[0] <= y <= self.y[1]:
            self.line([(self.x[0], y), (self.x[1], y)], colour=colour, width=width, dash=dash)

    def upright(self, x: float, *, dash: str = "", colour: str = GREY, width: float = 0.9) -> None:
        """Draw a vertical line across the plot, if it is inside."""
        if self.x[0] <= x <= self.x[1]:
            self.line([(x, self.y[0]), (x, self.y[1])], colour=colour, width=width, dash=dash)

    def box(
        self,
        low: Point,
        high: Point,
        *,
        colour: str,
        opacity: float = 1.0,
        hatch: str = "",
        edge: bool = False,
    ) -> None:
        """Draw a rectangle between two corners, with a pattern on it."""
        (left, bottom), (right, top) = self.at(*low), self.at(*high)
        left, right, top, bottom = min(left, right), max(left, right), min(top, bottom), max(top, bottom)
        place = f'x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}"'
        faint = f' fill-opacity="{opacity:g}"' if opacity < 1 else ""
        line = f' stroke="{PAPER}" stroke-width="1"' if edge else ""
        self.parts.append(f'<rect {place} fill="{colour}"{faint}{line}/>')
        if hatch:
            self.patterns.add(hatch)
            self.parts.append(f'<rect {place} fill="url(#{hatch_id(self.name, hatch)})"/>')

    def rug(self, values: Iterable[float]) -> None:
        """Draw a mark on the horizontal axis for each value."""
        steps = "".join(f"M{self.at(x, 0)[0]:.1f} {self.height:.1f}v-7" for x in values)
        self.parts.append(f'<path d="{steps}" stroke="{GREY}" stroke-width="0.7" stroke-opacity="0.55"/>')

    def shade(self, low: float, high: float) -> None:
        """Shade the plot between two heights, behind everything else."""
        (left, top), (right, bottom) = (
            self.at(self.x[0], min(high, self.y[1])),
            self.at(self.x[1], max(low, self.y[0])),
        )
        place = f'x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}"'
        self.under.append(f'<rect {place} fill="{GRID}"/>')

    def grid(self) -> None:
        """Draw pale horizontal lines at the ticks or the rows, behind everything else."""
        heights = [y for y, _ in self.rows] or list(self._y_named())
        steps = "".join(f"M{self.left:.1f} {self.at(0, y)[1]:.1f}H{self.right:.1f}" for y in heights)
        self.under.append(f'<path d="{steps}" stroke="{GRID}" stroke-width="1"/>')

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        move: Point = (0.0, 0.0),
        anchor: str = "start",
        size: float = TICK,
        colour: str = INK,
        bold: bool = False,
        halo: bool = True,
    ) -> None:
        """Write text at a point, moved by pixels to the right and downwards."""
        across, down = self.at(x, y)
        end = "" if anchor == "start" else f' text-anchor="{anchor}"'
        weight = ' font-weight="600"' if bold else ""
        edge = f' stroke="{PAPER}" stroke-width="3" paint-order="stroke"' if halo else ""
        place = f'x="{across + move[0]:.1f}" y="{down + move[1]:.1f}"'
        look = f'font-size="{size:g}"{end}{weight}{edge} fill="{colour}"'
        self.parts.append(f"<text {place} {look}>{escaped(text)}</text>")

    def note(self, x: float, y: float, text: str) -> None:
        """Write a name beside a point, on the side where there is room."""
        across, up = self.at(x, y)
        name, ends = shorten(text, 20), across > (self.left + self.right) / 2
        while any(
            abs(across - other) < WIDE_NAME and abs(up - above) < HIGH_NAME for other, above in self.noted
        ):
            up -= HIGH_NAME
        self.noted.append((across, up))
        place = f'x="{across + (-5 if ends else 5):.1f}" y="{up + 3:.1f}"'
        anchor = ' text-anchor="end"' if ends else ""
        self.parts.append(f'<text {place} font-size="9.5"{anchor} fill="{INK}">{escaped(name)}</text>')

    def _steps(self, points: Sequence[Point]) -> str:
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.at(*point) for point in points))
