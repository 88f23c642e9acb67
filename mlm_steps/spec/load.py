"""Read a spec and report all its faults together, each with line and column."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from mlm_steps.errors import DesignError, Fault, FormulaError, SpecError, printable
from mlm_steps.language.parser import parse_expression
from mlm_steps.spec.compared import is_formula
from mlm_steps.spec.names import preset_of
from mlm_steps.spec.paths import Refused, data_file, place_beside
from mlm_steps.spec.pipeline import PipelineSpec
from mlm_steps.spec.salvage import derived_at, without
from mlm_steps.spec.sentences import found_in, place_of
from mlm_steps.spec.source import SpecSource, key_path
from mlm_steps.spec.syntax import LARGEST_FILE, UnreadableSpec, decoded
from mlm_steps.spec.tree import read_tree, value_of
from mlm_steps.spec.types import slugified
from mlm_steps.spec.written import Block, Items, SpecFault, Written, is_nothing, kind_of
from mlm_steps.spec.written import Path as Way

__all__ = ["LoadedSpec", "inspect_spec", "load_spec", "spec_in"]

CheckFormula = Callable[[str], None]

RUN_FILE = "/provenance.json"
"""The file by which a run that the report is compared with is known to have changed."""


@dataclass(frozen=True, slots=True, eq=False)
class LoadedSpec:
    """A spec that was read from a file.

    Attributes
    ----------
    spec : PipelineSpec
    path : Path
        The spec's file, as given.
    source : SpecSource
        The text of the spec and the places of its keys.
    paths : mapping of str to Path
        For each file of the data, as the spec writes it, its absolute path without links; it exists and is
        readable.
    unread : frozenset of str
        Derived columns whose definition could not be read.
    faults : tuple of Fault
        Faults of the parts that were left out of the spec; empty if the spec can be run.
    """

    spec: PipelineSpec
    path: Path
    source: SpecSource
    paths: Mapping[str, Path]
    unread: frozenset[str] = frozenset()
    faults: tuple[Fault, ...] = ()
    beside: Mapping[str, Path] = field(default_factory=dict)
    """For each other file that the spec names, its absolute path; it need not exist.

    These are baselines, and the provenance of the run that the report is compared with."""
    varied: Mapping[str, Path] = field(default_factory=dict)
    """The same as ``paths`` for the files of ``vary``."""

    @property
    def run_beside(self) -> Path | None:
        """The output folder of the run that the report is compared with; None if the spec names none."""
        other = self.spec.report.compare_with
        place = self.beside.get(f"{other}{RUN_FILE}")
        return None if place is None else place.parent

    @property
    def data_path(self) -> Path:
        """The path of the first data file."""
        return self.paths[self.spec.data.files[0]]


def load_spec(
    path: Path, *, allow_outside: bool = False, check_formula: CheckFormula | None = None
) -> LoadedSpec:
    """Return the spec in a file.

    Parameters
    ----------
    path : Path
        The YAML file.
    allow_outside : bool
        Whether the data file may be anywhere.
    check_formula : callable, optional
        Gets the formula of a model; any FormulaError or DesignError becomes a fault of the file.

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
    """Return as much of a spec as can be read, and all its faults in the order of the file.

    Unknown keys, repeated keys and invalid parts that are not essential are left out, so that the rest can be
    checked. If essential parts are invalid, or there is no data file to read, the result has no spec.
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
        what = f"the file is {kind_of(values)}, but a spec is a block of keys"
        return None, (
            *_in_order(source, found),
            Fault(f"{path}:1:1", what, "a spec begins with the line 'version: 1'"),
        )
    spec, wrong, unread = _validated(values)
    paths, missing = _data_paths(_data_files(values.get("data")), path, allow_outside=allow_outside)
    varied, absent = _data_paths(_varied(values, "files", "file"), path, allow_outside=allow_outside)
    beside, outside = _beside(values, path, allow_outside=allow_outside)
    formulas = _formula_faults(values, check_formula) if check_formula else ()
    placed = [*found, *wrong, *missing, *absent, *outside, *_expression_faults(values), *formulas]
    faults = _in_order(source, placed)
    complete = spec is not None and (paths or spec.planned_alone) and all(f in paths for f in spec.data.files)
    if spec is None or not complete:
        return None, faults
    return LoadedSpec(spec, path, source, paths, unread, faults, beside, varied), faults


def spec_in(written: str | Block, path: Path) -> PipelineSpec:
    """Return the spec in a text or in written values; raise SpecError with all faults.

    The data files need not exist. ``path`` gives the spec its name, and messages their place.
    """
    root, found = read_tree(written) if isinstance(written, str) else (None, [])
    values = _named(value_of(root) if root is not None else written, path)
    spec = None
    if isinstance(values, Block):
        spec, wrong, _ = _validated(values)
        found = [*found, *wrong]
    if spec is None or found:
        raise SpecError(*(_unplaced(path, each) for each in found or [SpecFault((), "is no block of keys")]))
    return spec


def _content(path: Path) -> bytes:
    """Return the bytes of a file, at most one more than allowed."""
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
    """Return the fault of a missing spec, with the full path."""
    if path.is_symlink():
        return "is a link to a file that does not exist", f"it points to {printable(str(path.readlink()))}"
    folder = Path(os.path.abspath(path)).parent  # noqa: PTH100 - links stay as they were written
    if not folder.is_dir():
        return "there is no such file", f"there is no folder {printable(str(folder))}"
    return "there is no such file", f"looked in {printable(str(folder))}; mlm init DATA writes a first spec"


def _unplaced(path: Path, found: SpecFault) -> Fault:
    """Return a fault of a file that could not be parsed."""
    where = ":".join(map(str, (path, *(found.place or ()))))
    return _fault(where + (f": {key_path(found.at)}" if found.at else ""), found)


def _fault(where: str, found: SpecFault) -> Fault:
    return Fault(where, found.what, found.hint, found.excerpt)


def _named(values: object, path: Path) -> object:
    """Return the spec; if it has no name, the name of the file is used."""
    name = slugified(path.stem)
    if not isinstance(values, Block) or values.get("name", "") != "" or not name:
        return values
    return Block({**values, "name": Written(name, ("name",))}, values.at)


def _validated(values: Block) -> tuple[PipelineSpec | None, list[SpecFault], frozenset[str]]:
    """Return the spec if it can be read, its faults, and the derived columns left out."""
    found: list[SpecFault] = []
    unread: frozenset[str] = frozenset()
    left: Block | None = values
    strays = found  # only the first validation collects unknown keys; later ones would repeat them
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


def _data_paths(
    files: Iterable[Written], spec: Path, *, allow_outside: bool
) -> tuple[dict[str, Path], list[SpecFault]]:
    """Return the paths of files by their names as written, and the faults of files that cannot be read."""
    paths: dict[str, Path] = {}
    faults: list[SpecFault] = []
    for file in files:
        try:
            paths[str(file)] = data_file(file, spec, allow_outside=allow_outside)
        except Refused as refused:
            faults.append(SpecFault(file.at, refused.what, refused.hint))
    return paths, faults


def _beside(values: Block, spec: Path, *, allow_outside: bool) -> tuple[dict[str, Path], list[SpecFault]]:
    """Return the paths of the other files that a spec names, and the faults of those it must not read."""
    paths: dict[str, Path] = {}
    faults: list[SpecFault] = []
    expected = values.get("expect")
    entries = expected if isinstance(expected, Items) else ()
    named = [(entry.get("baseline"), "") for entry in entries if isinstance(entry, Block)]
    report = values.get("report")
    named += [(report.get("compare_with"), RUN_FILE)] if isinstance(report, Block) else []
    for file, inside in named:
        if isinstance(file, Written) and file.strip() and not is_nothing(file):
            try:
                place = place_beside(file, spec, allow_outside=allow_outside)
                paths[f"{file}{inside}"] = place / inside.lstrip("/") if inside else place
            except Refused as refused:
                faults.append(SpecFault(file.at, refused.what, refused.hint))
    return paths, faults


def _data_files(data: object) -> Iterator[Written]:
    """Yield the names of files in a data block as written."""
    if not isinstance(data, Block):
        return
    listed = [data.get(key) for key in ("stack", "join")]
    entries = [entry for items in listed if isinstance(items, Items) for entry in items]
    named = [entry.get("file") if isinstance(entry, Block) else entry for entry in entries]
    for file in (data.get("file"), *named):
        if isinstance(file, Written) and file.strip():
            yield file


def _varied(values: Block, axis: str, key: str, *, blank: bool = False) -> Iterator[Written]:
    """Yield the texts of a key in the values of an axis of ``vary`` as written, on request blank ones too."""
    vary = values.get("vary")
    listed = vary.get(axis) if isinstance(vary, Block) else None
    for entry in listed if isinstance(listed, Items) else ():
        value = entry.get(key) if isinstance(entry, Block) else entry
        for text in value if isinstance(value, Items) else (value,):
            if isinstance(text, Written) and (blank or text.strip()) and not is_nothing(text):
                yield text


def _formula_faults(values: Block, check: CheckFormula) -> Iterator[SpecFault]:
    """Yield the faults of each formula; the place of a formula from a preset is that of the preset."""
    outcomes = ((text.at, f"{text} ~ 1") for text in _varied(values, "outcomes", "outcome"))
    for at, formula in (*_formulas(values), *outcomes):
        try:
            check(formula)
        except DesignError as error:
            offset = error.offset if isinstance(error, FormulaError) else None
            for fault in error.faults:
                yield SpecFault(at, fault.what, fault.hint, offset=offset, excerpt=fault.excerpt)


def _expression_faults(values: Block) -> Iterator[SpecFault]:
    """Yield the faults of syntax in filters and derived columns."""
    for expression in (*_expressions(values.get("data")), *_varied(values, "subsets", "filter", blank=True)):
        try:
            parse_expression(expression)
        except FormulaError as error:
            (fault,) = error.faults
            yield SpecFault(expression.at, fault.what, fault.hint, offset=error.offset, excerpt=fault.excerpt)


def _expressions(data: object) -> Iterator[Written]:
    """Yield the expressions of a data block as written."""
    if not isinstance(data, Block):
        return
    filters, derive = data.get("filter"), data.get("derive")
    if isinstance(filters, Items):  # an item that is empty without quotes has a fault already
        yield from (text for text in filters if isinstance(text, Written) and (text or not text.plain))
    elif isinstance(filters, Written) and not is_nothing(filters):
        yield filters
    for entry in derive.values() if isinstance(derive, Block) else ():
        text = entry.get("expr") if isinstance(entry, Block) else None
        if isinstance(text, Written) and text and not is_nothing(text):
            yield text


def _formulas(values: Block) -> Iterator[tuple[Way, str]]:
    for key in ("ladder", "prelude"):
        entries = values.get(key)
        for entry in entries if isinstance(entries, Items) else ():
            formula = entry.get("formula") if isinstance(entry, Block) else None
            if isinstance(formula, Written) and formula.strip():
                yield formula.at, formula
    pairs = values.get("compare")
    for pair in pairs if isinstance(pairs, Items) else ():
        smaller = pair.get("smaller") if isinstance(pair, Block) else None
        if isinstance(smaller, Written) and is_formula(smaller):
            yield smaller.at, smaller
    power = values.get("power")
    planned = power.get("model") if isinstance(power, Block) else None
    if isinstance(planned, Written) and planned.strip():
        yield planned.at, planned
    preset = preset_of(values.get("ladder"))
    for rung in preset.rungs if preset else ():
        yield ("ladder",), rung.formula


def _in_order(source: SpecSource, found: Iterable[SpecFault]) -> tuple[Fault, ...]:
    """Return distinct faults with their places, in the order of the file."""
    placed = [
        (each.place or source.place(each.at, is_key=each.is_key, offset=each.offset), each) for each in found
    ]
    placed.sort(key=lambda pair: pair[0])
    return tuple(dict.fromkeys(_fault(source.labelled(place, each.at), each) for place, each in placed))
