"""How results appear in a notebook."""

from __future__ import annotations

from html import escape

__all__ = ["Shown"]


class Shown:
    """A result with a printed form, which a notebook shows as it stands.

    Its class defines ``__repr__``, and ``table`` for its numbers as a DataFrame.
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        """Return the printed form for a notebook, columns aligned."""
        return f"<pre>{escape(repr(self))}</pre>"
