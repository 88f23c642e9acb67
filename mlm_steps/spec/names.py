"""Check names across the keys of a spec.

The checks use the values as written, so that they work even if another key of a rung is invalid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from pydantic import TypeAdapter, ValidationError

from mlm_steps.errors import did_you_mean, listing
from mlm_steps.spec.compared import is_formula
from mlm_steps.spec.preset import PresetLadder
from mlm_steps.spec.presets import AnyPreset
from mlm_steps.spec.written import Path, SpecFault, quoted

__all__ = ["faults_between_keys", "preset_of"]

Named = tuple[Path, str]


def faults_between_keys(spec: object) -> Iterator[SpecFault]:
    """Yield faults across keys: names used twice, comparisons of rungs that do not exist."""
    preset = preset_of(_item(spec, "ladder"))
    rungs = [*_names(spec, "ladder")]
    if preset is not None:
        rungs = [(("ladder",), rung.name) for rung in preset.rungs]
        yield from _level_faults(_item(_item(spec, "data"), "columns"), preset.declared_levels)
    prelude = [*_names(spec, "prelude")]
    yield from _twice([*rungs, *prelude])
    if rungs or _item(spec, "ladder") in (None, ()):
        yield from _truth_faults(_item(_item(spec, "power"), "truth"), [name for _, name in rungs])
    if rungs:
        yield from _pair_faults(_item(spec, "compare"), [name for _, name in rungs], [n for _, n in prelude])
        for position, entry in enumerate(_entries(_item(spec, "hypotheses"))):
            at = ("hypotheses", position, "rung")
            yield from _rung_faults(at, _item(entry, "rung"), [name for _, name in rungs])
        for position, entry in enumerate(_entries(_item(spec, "expect"))):
            at = ("expect", position, "model")
            yield from _rung_faults(at, _item(entry, "model"), [name for _, name in rungs])
        headline = _item(_item(spec, "report"), "headline")
        if headline != "auto":
            yield from _rung_faults(("report", "headline"), headline, [name for _, name in rungs])


def _rung_faults(at: Path, name: object, rungs: Sequence[str]) -> Iterator[SpecFault]:
    """Yield a fault for a rung that does not exist."""
    if isinstance(name, str) and name.strip() and name not in rungs:
        hint = did_you_mean(name, rungs) or f"the ladder has {listing(rungs)}"
        yield SpecFault(at, f"no rung {quoted(name)} in the ladder", hint)


def _truth_faults(truth: object, rungs: Sequence[str]) -> Iterator[SpecFault]:
    """Yield a fault for planned studies with the estimates of a rung that does not exist."""
    source = _item(truth, "from") if isinstance(truth, Mapping) else getattr(truth, "from_", None)
    name = _item(source, "rung")
    if isinstance(name, str) and name.strip() and name not in rungs:
        hint = did_you_mean(name, rungs) or (f"the ladder has {listing(rungs)}" if rungs else None)
        what = f"no rung {quoted(name)} in the ladder" if rungs else "the spec has no ladder"
        yield SpecFault(("power", "truth", "from", "rung"), what, hint)


def preset_of(ladder: object) -> PresetLadder | None:
    """Return the preset of a ladder; None for a list of rungs or an invalid preset."""
    if isinstance(ladder, PresetLadder) or not isinstance(ladder, Mapping):
        return ladder if isinstance(ladder, PresetLadder) else None
    try:
        preset: PresetLadder = _adapter().validate_python(ladder, context=[])
    except ValidationError:
        return None
    return preset


@cache
def _adapter() -> TypeAdapter[PresetLadder]:
    return TypeAdapter(AnyPreset)


def _item(value: object, key: str) -> object:
    """Return the value of a key in a written block or in a model; None if there is none."""
    return value.get(key) if isinstance(value, Mapping) else getattr(value, key, None)


def _entries(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()


def _names(spec: object, key: str) -> Iterator[Named]:
    for position, entry in enumerate(_entries(_item(spec, key))):
        name = _item(entry, "name")
        if isinstance(name, str) and name.strip():
            yield (key, position, "name"), name


def _twice(named: Sequence[Named]) -> Iterator[SpecFault]:
    """Yield a fault for each repeated name; case is ignored."""
    first: dict[str, Named] = {}
    for at, name in named:
        place, before = first.setdefault(name.lower(), (at, name))
        if place is not at:
            yield SpecFault(at, *_clash(name, before, place))


def _clash(name: str, before: str, place: Path) -> tuple[str, str]:
    owner = "a rung" if place[0] == "ladder" else "a model of the prelude"
    if place == ("ladder",):
        owner = "a rung of the preset"
    differ = "" if name == before else ": files are named by models, and some systems ignore case"
    return f"{quoted(name)} already names {owner}", f"choose another name{differ}"


def _pair_faults(pairs: object, rungs: Sequence[str], prelude: Sequence[str]) -> Iterator[SpecFault]:
    seen: set[tuple[str, str]] = set()
    for position, pair in enumerate(_entries(pairs)):
        names = []
        for key in ("smaller", "larger"):
            name = _item(pair, key)
            if isinstance(name, str) and name.strip():
                names.append(str(name))
                if name not in rungs and (key == "larger" or not (is_formula(name) or name in prelude)):
                    known = rungs if key == "larger" else [*rungs, *prelude]
                    yield SpecFault(("compare", position, key), *_no_rung(name, known, rungs, prelude))
        if len(names) == 2 and names[0] == names[1]:
            yield SpecFault(("compare", position, "larger"), f"compares {quoted(names[0])} with itself")
        elif len(names) == 2 and (names[0], names[1]) in seen:
            yield SpecFault(
                ("compare", position), f"compares {quoted(names[0])} with {quoted(names[1])} a second time"
            )
        if len(names) == 2:
            seen.add((names[0], names[1]))


def _no_rung(
    name: str, known: Sequence[str], rungs: Sequence[str], prelude: Sequence[str]
) -> tuple[str, str]:
    what = f"no rung {quoted(name)} in the ladder"
    if name in prelude or is_formula(name):
        return what, "a model without random effects is compared as the smaller one"
    return what, did_you_mean(name, known) or f"the ladder has {listing(rungs)}"


def _level_faults(columns: object, declared: Mapping[str, int]) -> Iterator[SpecFault]:
    """Yield a fault for each column whose declared level differs from its level in the preset."""
    for name, rank in declared.items():
        level = _item(_item(columns, name), "level") if isinstance(columns, Mapping) else None
        if level is not None and str(level) in ("1", "2", "3") and str(level) != str(rank):
            what = f"{quoted(name)} is declared at level {level}, but the ladder lists it under level {rank}"
            yield SpecFault(("data", "columns", name, "level"), what)
