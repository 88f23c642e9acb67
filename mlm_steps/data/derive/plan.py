"""Plan the derived columns: in which order, from which columns, and what cannot be derived."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from mlm_steps.data.derive.base import Need, NotDerived, Way
from mlm_steps.data.derive.kinds import WAYS
from mlm_steps.data.places import Places, nearest
from mlm_steps.data.types import TypedColumn
from mlm_steps.errors import Fault, FormulaError
from mlm_steps.spec import DeriveSpec

__all__ = ["Derivation", "Plan", "objection_to", "plan_derivations"]

MOST_FAULTS = 40
"""After this many faults no further derived column is checked: each check searches all names."""


@dataclass(frozen=True, slots=True, eq=False)
class Derivation:
    """One derived column.

    Attributes
    ----------
    name : str
    spec : DeriveSpec
    needs : tuple of Need
        Columns that it is made from, without the grouping factor.
    within : tuple of str
        Columns of the grouping factor; empty if there is none.
    sources : frozenset of str
        Columns of the file on which it depends, directly or through other derived columns.
    roots : frozenset of str
        Columns that decide where it is missing: columns of the file, and derived columns that can be missing
        although their sources are present.
    from_basis : bool
        Whether its values depend on the rows from which means are computed.
    """

    name: str
    spec: DeriveSpec
    needs: tuple[Need, ...]
    within: tuple[str, ...]
    sources: frozenset[str]
    roots: frozenset[str]
    from_basis: bool

    @property
    def way(self) -> Way:
        """How it is derived."""
        return WAYS[self.spec.kind]

    @property
    def words(self) -> str:
        """How it was made, for example ``ses centred within school``."""
        return self.way.words(self.spec)

    @property
    def parts(self) -> tuple[str, ...]:
        """All columns that it is made from directly."""
        return (*(need.name for need in self.needs), *self.within)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The derived columns in order, the faults, and the names of columns that cannot be made."""

    planned: tuple[Derivation, ...]
    faults: tuple[Fault, ...]
    broken: frozenset[str]

    def needed_by(self, names: Iterable[str]) -> tuple[Derivation, ...]:
        """Return the derivations that some columns need, directly or not, in order."""
        wanted = set(names)
        for step in reversed(self.planned):
            if step.name in wanted:
                wanted.update(step.parts)
        return tuple(step for step in self.planned if step.name in wanted)

    def bases(self, names: Iterable[str]) -> frozenset[str]:
        """Return some columns, and all that they are made from."""
        names = tuple(names)
        steps = self.needed_by(names)
        return frozenset(names).union(*({step.name, *step.sources} for step in steps))

    def roots(self, name: str) -> frozenset[str]:
        """Return the columns that decide where a column is missing."""
        return next((step.roots for step in self.planned if step.name == name), frozenset({name}))


def plan_derivations(
    derive: Mapping[str, DeriveSpec],
    columns: Mapping[str, TypedColumn],
    places: Places,
    unread: Collection[str] = (),
) -> Plan:
    """Return the derivations in order, and their faults.

    ``unread`` are derived columns whose entries the reader of the spec has refused.
    """
    needs, unparsed = _all_needs(derive)
    circles = _circles(derive, needs, columns)
    planner = _Planner(columns, places, set(derive), {name for circle in circles for name in circle})
    planner.broken |= {*unread, *unparsed}
    planner.faults += [_circle_fault(circle, derive, places) for circle in circles]
    for name, spec in derive.items():
        if len(planner.faults) >= MOST_FAULTS:
            planner.broken.add(name)
        elif name in needs:
            planner.add(name, spec, needs[name])
    return Plan(tuple(planner.planned.values()), tuple(planner.faults), frozenset(planner.broken))


def _all_needs(derive: Mapping[str, DeriveSpec]) -> tuple[dict[str, tuple[Need, ...]], list[str]]:
    """Return what each derived column is made from, and the columns whose expression cannot be parsed."""
    needs: dict[str, tuple[Need, ...]] = {}
    unparsed = []
    for name, spec in derive.items():
        try:
            needs[name] = WAYS[spec.kind].needs(spec)
        except FormulaError:  # the reader of the spec has reported it
            unparsed.append(name)
    return needs, unparsed


def _circles(
    derive: Mapping[str, DeriveSpec],
    needs: Mapping[str, tuple[Need, ...]],
    columns: Mapping[str, TypedColumn],
) -> list[tuple[str, ...]]:
    """Return the circles of derived columns, each once, from its first member on."""
    links = {
        name: [
            part
            for part in (*(need.name for need in needs[name]), *_factor(spec.within, {**columns, **derive}))
            if part in needs and part not in columns and part != name
        ]
        for name, spec in derive.items()
        if name in needs
    }
    found: list[tuple[str, ...]] = []
    done: set[str] = set()
    for start in links:
        path, rest = [start], [iter(links[start])]
        while path and start not in done:
            following = next(rest[-1], None)
            if following is None:
                done.add(path.pop())
                rest.pop()
            elif following in path:
                found.append(_turned(path[path.index(following) :], list(links)))
            elif following not in done:
                path.append(following)
                rest.append(iter(links[following]))
    return list(dict.fromkeys(found))


def _turned(circle: list[str], order: list[str]) -> tuple[str, ...]:
    """Return a circle from its member that comes first in the spec."""
    start = min(range(len(circle)), key=lambda i: order.index(circle[i]))
    return (*circle[start:], *circle[:start])


def _circle_fault(circle: tuple[str, ...], derive: Mapping[str, DeriveSpec], places: Places) -> Fault:
    pairs = zip(circle, (*circle[1:], circle[0]), strict=True)
    what = ", ".join(f"'{name}' is derived from '{other}'" for name, other in pairs)
    at = places.data("derive", circle[0], derive[circle[0]].kind)
    return Fault(at, f"{what}: a circle", "derive one of them from columns of the file")


def _factor(within: str | None, columns: Collection[str]) -> tuple[str, ...]:
    """Return the columns of a grouping factor; ``class:school`` has two, unless a column has that name."""
    if within is None:
        return ()
    return (within,) if within in columns else tuple(part.strip() for part in within.split(":"))


class _Planner:
    """Collects derivations and faults, in the order of the spec."""

    def __init__(
        self,
        columns: Mapping[str, TypedColumn],
        places: Places,
        asked: set[str],
        circular: set[str],
    ) -> None:
        self.columns = columns
        self.places = places
        self.asked = asked
        self.circular = circular
        self.planned: dict[str, Derivation] = {}
        self.faults: list[Fault] = []
        self.broken: set[str] = set(circular)

    def add(self, name: str, spec: DeriveSpec, needs: tuple[Need, ...]) -> None:
        within = _factor(spec.within, [*self.columns, *self.planned])
        faults = [] if name in self.circular else self._faults(name, needs, within)
        if name in self.columns:
            what, hint = f"the file has a column '{name}' already", "give the derived column another name"
            faults.insert(0, Fault(self.places.data("derive", name), what, hint))
        self.faults += faults
        parts = (*(need.name for need in needs), *within)
        if faults or any(part in self.broken for part in parts):
            self.broken.add(name)
        if name not in self.columns:
            self.planned[name] = self._derivation(name, spec, needs, within)

    def _derivation(
        self, name: str, spec: DeriveSpec, needs: tuple[Need, ...], within: tuple[str, ...]
    ) -> Derivation:
        parts = (*(need.name for need in needs), *within)
        before = [self.planned[part] for part in parts if part in self.planned]
        file = frozenset(part for part in parts if part not in self.planned)
        sources = file.union(*(step.sources for step in before))
        way = WAYS[spec.kind]
        roots = file.union(*(step.roots for step in before)) if way.inherits else frozenset({name})
        from_basis = way.from_basis or any(step.from_basis for step in before)
        return Derivation(name, spec, needs, within, sources, roots, from_basis)

    def _faults(self, name: str, needs: tuple[Need, ...], within: tuple[str, ...]) -> list[Fault]:
        """Return the faults of one derived column."""
        faults = []
        known = [*self.columns, *self.planned]
        for need in (*needs, *(Need("within", part) for part in within)):
            at = self.places.data("derive", name, need.key, offset=need.offset)
            if need.name in self.broken and need.name not in self.columns:
                continue
            if need.name not in known:
                hint = self._unknown(need.name, name, known)
                faults.append(Fault(at, f"there is no column '{need.name}'", hint))
            elif need.name in self.columns:
                found = objection_to(need, self.columns[need.name])
                if found:
                    faults.append(Fault(at, found.what, found.hint))
        return faults

    def _unknown(self, source: str, name: str, known: list[str]) -> str | None:
        if source == name:
            return "a column cannot be derived from itself"
        if source in self.asked:
            return f"'{source}' is derived below: move it above '{name}'"
        return nearest(source, known)


def objection_to(need: Need, column: TypedColumn) -> NotDerived | None:
    """Return why a column cannot serve; None if it can."""
    if not need.kinds or column.kind in need.kinds:
        return None
    kinds = {"text": "text", "group": "a group"}
    wanted = "neither a number nor an ordered category" if "ordered" in need.kinds else "not a number"
    what = f"'{need.name}' is {kinds.get(column.kind, 'a category')}, {wanted}"
    detail = f": it holds {column.strays}" if column.strays else ""
    hint = column.strays.hint if column.strays else "declare type: number if its values are numbers"
    return NotDerived(what + detail, hint, keys=(need.key,))
