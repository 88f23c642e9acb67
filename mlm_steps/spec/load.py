"""Read a spec: all its faults at once, each with line and column."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from mlm_steps.errors import DesignError, Fault, FormulaError, SpecError, printable
from mlm_steps.spec.names import preset_of
from mlm_steps.spec.paths import Refused, data_file
from mlm_steps.spec.pipeline import PipelineSpec
from mlm_steps.spec.salvage import derived_at, without
from mlm_steps.spec.sentences import found_in, place_of
from mlm_steps.spec.source import SpecSource, key_path
from mlm_steps.spec.syntax import LARGEST_FILE, UnreadableSpec, decoded
from mlm_steps.spec.tree import read_tree, value_of
from mlm_steps.spec.types import slugified
from mlm_steps.spec.written import Block, Items, SpecFault, Written, kind_of
from mlm_steps.spec.written import Path as Way

__all__ = ["LoadedSpec", "inspect_spec", "load_spec"]

CheckFormula = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class LoadedSpec:
    """A spec that was read from a file.

    Attributes
    ----------
    spec : PipelineSpec
    path : Path
        The spec's file, as given.
    source : SpecSource
        Where its keys stand.
    data_path : Path
        The data file, absolute and links resolved; it exists and may be read.
    unread : frozenset of str
        Columns that the spec derives in a way that could not be read: they exist, but nobody knows how.
    faults : tuple of Fault
        What is wrong with the spec and was left out of it; empty in a spec that may be run.
    """

    spec: PipelineSpec
    path: Path
    source: SpecSource
    data_path: Path
    unread: frozenset[str] = frozenset()
    faults: tuple[Fault, ...] = ()


def load_spec(
    path: Path, *, allow_outside: bool = False, check_formula: CheckFormula | None = None
) -> LoadedSpec:
    """Return the spec in a file.

    Parameters
    ----------
    path : Path
        The YAML file.
    allow_outside : bool
        Whether the data file may lie anywhere.
    check_formula : callable, optional
        Takes each model's formula and raises FormulaError or DesignError; those are placed into the file.

    Raises
    ------
    SpecError
        With all faults, in the order of the file.
    """
    loaded, faults = inspect_spec(path, allow_outside=allow_outside, check_formula=check_formula)
    if faults or loaded is None:
        raise SpecError(*faults)
    return loaded


def inspect_spec(
    path: Path, *, allow_outside: bool = False, check_formula: CheckFormula | None = None
) -> tuple[LoadedSpec | None, tuple[Fault, ...]]:
    """Return as much of a spec as can be had, and all its faults in the order of the file.

    Unknown keys, second keys of one name and what is at fault but can be spared are left out of the spec, so
    that it can be checked further. There is no spec where more is wrong than that, or where there is
    no data file to read.
    """
    try:
        text = decoded(_content(path))
    except UnreadableSpec as error:
        return None, (_unplaced(path, error.found),)
    root, found = read_tree(text)
    if root is None:
        return None, tuple(_unplaced(path, each) for each in found)
    source = SpecSource(str(path), text, root)
    values = _named(value_of(root), path)
    if not isinstance(values, Block):
        what = f"this is {kind_of(values)}, but a spec is a block of keys"
        return None, (
            *_in_order(source, found),
            Fault(f"{path}:1:1", what, "it begins with the line 'version: 1'"),
        )
    spec, wrong, unread = _validated(values)
    data_path, missing = _data_path(values, path, allow_outside=allow_outside)
    formulas = _formula_faults(values, check_formula) if check_formula else ()
    faults = _in_order(source, [*found, *wrong, *missing, *formulas])
    loaded = LoadedSpec(spec, path, source, data_path, unread, faults) if spec and data_path else None
    return loaded, faults


def _content(path: Path) -> bytes:
    """Return the bytes of a file, as many as show that it is too large."""
    try:
        if not path.is_file() and path.exists() and not path.is_dir():
            raise UnreadableSpec(SpecFault((), "is not a regular file", "devices and pipes are not read"))
        with path.open("rb") as stream:
            return stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise UnreadableSpec(SpecFault((), *_missing(path))) from None
    except IsADirectoryError:
        raise UnreadableSpec(SpecFault((), "is a folder, not a spec", "name the YAML file in it")) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableSpec(SpecFault((), f"cannot be read: {reason}")) from error


def _missing(path: Path) -> tuple[str, str]:
    """Return what is said of a spec that is not there, with the whole path that was looked for."""
    if path.is_symlink():
        return "is a link to a file that is not there", f"it leads to {printable(str(path.readlink()))}"
    folder = Path(os.path.abspath(path)).parent  # noqa: PTH100 - links stay as they were written
    if not folder.is_dir():
        return "there is no such file", f"there is no folder {printable(str(folder))}"
    return "there is no such file", f"looked in {printable(str(folder))}; mlm init DATA writes a first spec"


def _unplaced(path: Path, found: SpecFault) -> Fault:
    """Return a fault of a file that has no tree to find places in."""
    where = ":".join(map(str, (path, *(found.place or ()))))
    return _fault(where + (f": {key_path(found.at)}" if found.at else ""), found)


def _fault(where: str, found: SpecFault) -> Fault:
    return Fault(where, found.what, found.hint, found.excerpt)


def _named(values: object, path: Path) -> object:
    """Return the spec with the file's name as its name, where it has none."""
    name = slugified(path.stem)
    if not isinstance(values, Block) or values.get("name", "") != "" or not name:
        return values
    return Block({**values, "name": Written(name, ("name",))}, values.at)


def _validated(values: Block) -> tuple[PipelineSpec | None, list[SpecFault], frozenset[str]]:
    """Return the spec, if it can be had, what is wrong with it, and the derived columns it leaves out."""
    found: list[SpecFault] = []
    unread: frozenset[str] = frozenset()
    left: Block | None = values
    strays = found  # what the first reading leaves aside; later ones would only say it again
    while left is not None:
        try:
            return PipelineSpec.model_validate(left, context=strays), found, unread
        except ValidationError as error:
            new = [*found_in(error, found)]
            found += new
            faults = [place_of(detail) for detail in error.errors(include_url=False)]
            faults += [each.at for each in new]
        unread |= derived_at(left, faults)
        left, strays = without(left, faults), []
    return None, found, unread


def _data_path(values: Block, spec: Path, *, allow_outside: bool) -> tuple[Path | None, list[SpecFault]]:
    data = values.get("data")
    file = data.get("file") if isinstance(data, Block) else None
    if not isinstance(file, Written) or not file.strip():
        return None, []
    try:
        return data_file(file, spec, allow_outside=allow_outside), []
    except Refused as refused:
        return None, [SpecFault(file.at, refused.what, refused.hint)]


def _formula_faults(values: Block, check: CheckFormula) -> Iterator[SpecFault]:
    """Yield what is wrong with each formula; one that a preset made is placed at the preset."""
    for at, formula in _formulas(values):
        try:
            check(formula)
        except DesignError as error:
            offset = error.offset if isinstance(error, FormulaError) else None
            for fault in error.faults:
                yield SpecFault(at, fault.what, fault.hint, offset=offset, excerpt=fault.excerpt)


def _formulas(values: Block) -> Iterator[tuple[Way, str]]:
    for key in ("ladder", "prelude"):
        entries = values.get(key)
        for entry in entries if isinstance(entries, Items) else ():
            formula = entry.get("formula") if isinstance(entry, Block) else None
            if isinstance(formula, Written) and formula.strip():
                yield formula.at, formula
    preset = preset_of(values.get("ladder"))
    for rung in preset.rungs if preset else ():
        yield ("ladder",), rung.formula


def _in_order(source: SpecSource, found: Iterable[SpecFault]) -> tuple[Fault, ...]:
    """Return faults with their places, in the order of the file, each once."""
    placed = [
        (each.place or source.place(each.at, is_key=each.is_key, offset=each.offset), each) for each in found
    ]
    placed.sort(key=lambda pair: pair[0])
    return tuple(dict.fromkeys(_fault(source.labelled(place, each.at), each) for place, each in placed))
