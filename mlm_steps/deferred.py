"""Names that a package imports from its modules when they are first used (PEP 562).

A process that needs one module of a package then loads this module and no other. For type checkers and for
the import contracts, the package imports the same names under ``TYPE_CHECKING``; a test compares the lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from sys import modules

__all__ = ["deferred_names"]


def deferred_names(package: str, table: Mapping[str, Sequence[str]]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a package whose names come from its modules.

    Parameters
    ----------
    package : str
        The package's ``__name__``.
    table : mapping of str to sequence of str
        Per module, relative to the package, the names that it gives to the package.
    """
    origin = {name: f"{package}.{module}" for module, names in table.items() for name in names}

    def find(name: str) -> object:
        if name not in origin:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found: object = getattr(import_module(origin[name]), name)
        setattr(modules[package], name, found)  # the next use of the name does not come here
        return found

    return find
