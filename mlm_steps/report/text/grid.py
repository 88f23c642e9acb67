"""Tables of the report, with the alignment of columns and the sources of numbers.

The sources also tell what the script of the page needs: rows and columns of standard errors, intervals and p
values, which a reader may hide (``data-col``), and rows of a fixed effect or of a group, which are marked in
all tables, equations and figures at once (``data-term``: the coefficient's column, as in the table ``fixed``;
``data-group``: the group as in the data).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import unquote

from mlm_steps.report.text.text import Number, Part, Phrase, Piece, Quantity

__all__ = ["Align", "Cell", "Column", "Grid", "Row", "cell", "columns", "heading", "parts_of", "row"]

Align = Literal["text", "number", "middle"]
LAST_KEY = 3
"""The number of parts of a source that has no key behind the model: table, model and column."""
RowKind = Literal["body", "heading", "detail", "first"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes
    ----------
    content : Phrase
        The text of the cell, including characters around a number such as brackets.
    """

    content: Phrase = ()

    @property
    def number(self) -> Number | None:
        """The number, if the cell holds exactly one."""
        numbers = [piece for piece in self.content if isinstance(piece, Number)]
        return numbers[0] if len(numbers) == 1 else None

    @property
    def numbers(self) -> tuple[Number, ...]:
        """All numbers of the cell."""
        return tuple(_numbers(self.content))

    @property
    def quantity(self) -> Quantity | None:
        """The quantity of which all numbers of the cell are, if there is one."""
        found = {_quantity(number) for number in self.numbers}
        return found.pop() if len(found) == 1 else None

    @property
    def before(self) -> str:
        """The text before the decimal point."""
        return self._text.partition(".")[0]

    @property
    def after(self) -> str:
        """The decimal point and the text after it."""
        _, point, rest = self._text.partition(".")
        return point + rest

    @property
    def lines_up(self) -> bool:
        """Whether the cell is one number, with at most plain characters around it."""
        return self.number is not None and all(isinstance(piece, str | Number) for piece in self.content)

    @property
    def numeric(self) -> bool:
        """Whether the cell is empty or contains a number."""
        return not self.content or any(isinstance(piece, Number) for piece in self.content)

    @property
    def _text(self) -> str:
        return "".join(piece.text if isinstance(piece, Number) else str(piece) for piece in self.content)


@dataclass(frozen=True, slots=True)
class Column:
    """The head of one column; ``hover`` is shown when a pointer is over it."""

    label: Phrase
    align: Align = "number"
    hover: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its head and its cells."""

    head: Phrase
    cells: tuple[Cell, ...] = ()
    kind: RowKind = "body"

    @property
    def quantity(self) -> Quantity | None:
        """The quantity of which all cells with numbers are, if there is one."""
        return _common(self.cells)

    @property
    def term(self) -> str | None:
        """The column of the fixed effect that all numbers of the row are about, if there is one."""
        return self._shared("fixed")

    @property
    def group(self) -> str | None:
        """The group that all numbers of the row are about, if there is one."""
        return self._shared("influence")

    def _shared(self, table: str) -> str | None:
        keys = {_key(number, table) for item in self.cells for number in item.numbers}
        return keys.pop() if len(keys) == 1 else None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with its caption and its notes."""

    caption: Phrase
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[Phrase, ...] = ()
    wide: bool = False
    fractions: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Find the longest part after a decimal point in each column."""
        width = len(self.columns) - 1
        longest = [0] * width
        for line in self.rows:
            for index, item in enumerate(line.cells):
                if item.lines_up:
                    longest[index] = max(longest[index], len(item.after))
        object.__setattr__(self, "fractions", tuple(longest))

    @property
    def quantities(self) -> tuple[Quantity | None, ...]:
        """The quantity of each column, without the heads of the rows."""
        cells = [line.cells for line in self.rows if line.cells]
        width = len(self.columns) - 1
        return tuple(_common([c[i] for c in cells if i < len(c)]) for i in range(width))

    @property
    def bodies(self) -> tuple[tuple[Row, ...], ...]:
        """The rows in blocks; each heading starts a block."""
        blocks: list[list[Row]] = []
        for line in self.rows:
            if line.kind == "heading" or not blocks:
                blocks.append([])
            blocks[-1].append(line)
        return tuple(tuple(block) for block in blocks)


def _numbers(phrase: Phrase) -> Iterator[Number]:
    for piece in phrase:
        if isinstance(piece, Number):
            yield piece
        elif isinstance(piece, Part):
            yield from _numbers(piece.phrase)


def _common(cells: Iterable[Cell]) -> Quantity | None:
    found = {item.quantity for item in cells if item.numbers}
    return found.pop() if len(found) == 1 else None


def _quantity(number: Number) -> Quantity | None:
    """Return the quantity of a number, by the column of its table."""
    column = number.source.rsplit(":", 1)[-1].rsplit("/", 1)[-1]
    if column in ("ci_low", "ci_high"):
        return "ci"
    if column == "p" or column.startswith("p_"):
        return "p"
    if column == "se":
        return "se"
    return "estimate" if column == "estimate" else None


def _key(number: Number, table: str) -> str | None:
    """Return the key behind the model in a source such as ``fixed:slope:ses:estimate``."""
    parts = number.source.split(":")
    return unquote(parts[2]) if parts[0] == table and len(parts) > LAST_KEY else None


def parts_of(grid: Grid, most: int, width: int) -> list[Grid]:
    """Return a table of more than ``most`` columns as tables of ``width`` columns, without empty rows."""
    count = len(grid.columns) - 1
    if count <= most:
        return [grid]
    parts = []
    for start in range(0, count, width):
        cut = slice(start, start + width)
        rows = [replace(line, cells=line.cells[cut]) for line in grid.rows]
        own = tuple(line for line in rows if not line.cells or any(item.content for item in line.cells))
        heads = grid.columns[1:][cut]
        span: Phrase = (*heads[0].label, *((" to ", *heads[-1].label) if len(heads) > 1 else ()))
        caption = (*grid.caption, ", ", *span)
        notes = () if start else grid.notes
        parts.append(replace(grid, caption=caption, columns=(grid.columns[0], *heads), rows=own, notes=notes))
    return parts


def cell(content: Piece | Phrase | None) -> Cell:
    """Return a cell; None leaves it empty."""
    if content is None:
        return Cell()
    return Cell(content if isinstance(content, tuple) else (content,))


def row(head: Piece | Phrase, cells: Iterable[Piece | Phrase | Cell | None], kind: RowKind = "body") -> Row:
    """Return a row of a table."""
    filled = tuple(item if isinstance(item, Cell) else cell(item) for item in cells)
    return Row(head if isinstance(head, tuple) else (head,), filled, kind)


def heading(text: Piece | Phrase) -> Row:
    """Return a row that is the heading of a block."""
    return Row(text if isinstance(text, tuple) else (text,), (), "heading")


def columns(*labels: Piece | Phrase, align: Sequence[Align] = ()) -> tuple[Column, ...]:
    """Return column heads; the first is text, the others numbers unless ``align`` says otherwise."""
    numbers: list[Align] = ["number"] * (len(labels) - 1)
    aligns = tuple(align) or ("text", *numbers)
    phrases = [label if isinstance(label, tuple) else (label,) for label in labels]
    return tuple(Column(phrase, how) for phrase, how in zip(phrases, aligns, strict=True))
