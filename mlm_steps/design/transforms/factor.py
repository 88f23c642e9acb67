"""``factor()``, ``as.factor()``, ``ordered()``, ``relevel()`` and ``C()``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import numpy as np

from mlm_steps.design.contrast_coding import ContrastCoding
from mlm_steps.design.contrasts import contrast_kind
from mlm_steps.design.deparse import format_label
from mlm_steps.design.transforms.base import Options, State, Transform, flag, whole
from mlm_steps.design.variables import Factor, Value, as_factor, drop_unused
from mlm_steps.language.faults import TransformError, nearest

__all__ = ["FACTORS"]


def _learn(value: Value, options: Options) -> State:
    factor = drop_unused(_factor(value))
    levels = _labels(options, "levels") or list(factor.levels)
    absent = [label for label in factor.levels if label not in levels]
    if absent:
        what = f"the value {absent[0]} is not among the levels given"
        raise TransformError(what, "list every value that occurs")
    present = set(factor.levels)
    labels = _labels(options, "labels") or levels
    if len(labels) != len(levels) or len(set(labels)) != len(labels):
        raise TransformError(f"there are {len(levels)} levels, and labels must be as many and all different")
    kept = [(level, label) for level, label in zip(levels, labels, strict=True) if level in present]
    return {
        "levels": [level for level, _ in kept],
        "labels": [label for _, label in kept],
        "ordered": flag(options, "ordered", factor.ordered),
    }


def _learn_ordered(value: Value, options: Options) -> State:
    return {**_learn(value, options), "ordered": True}


def _learn_relevel(value: Value, options: Options) -> State:
    levels = list(drop_unused(_factor(value)).levels)
    base = levels[_reference(options.get("ref"), tuple(levels), "ref")]
    levels.remove(base)
    return {"levels": [base, *levels], "labels": [base, *levels], "ordered": False}


def _learn_contrast(value: Value, options: Options) -> State:
    factor = drop_unused(_factor(value))
    state: dict[str, object] = {
        "levels": list(factor.levels),
        "labels": list(factor.levels),
        "ordered": factor.ordered,
    }
    kind = options.get("contr")
    if kind is None:
        return state
    if not isinstance(kind, str):
        raise TransformError("its argument contr names contrasts", "treatment, sum, helmert, poly or sdif")
    return {**state, "contrast": _contrast(contrast_kind(kind), options, factor.levels)}


def _contrast(kind: str, options: Options, levels: tuple[str, ...]) -> dict[str, object]:
    given = [name for name in ("base", "ref") if options.get(name) is not None]
    if not given:
        return {"kind": kind, "base": 0, "numbered": False}
    if kind != "treatment" or len(given) > 1:
        raise TransformError("one reference level is given, and to treatment contrasts only")
    if given == ["ref"]:
        return {"kind": kind, "base": _reference(options["ref"], levels, "ref"), "numbered": False}
    base = whole(options, "base") or 0
    if not 1 <= base <= len(levels):
        raise TransformError(f"its argument base is a number from 1 to {len(levels)}")
    return {"kind": kind, "base": base - 1, "numbered": True}


def _reference(option: object, levels: tuple[str, ...], name: str) -> int:
    if isinstance(option, float):
        option = format_label(option)
    if not isinstance(option, str):
        raise TransformError(f"its argument {name} is the label of a level", ", ".join(levels[:10]))
    if option not in levels:
        what = f"there is no level {option}"
        raise TransformError(what, nearest(option, levels) or f"the levels are {', '.join(levels[:10])}")
    return levels.index(option)


def _apply(value: Value, state: State) -> Value:
    factor = _factor(value)
    levels, labels = cast("list[str]", state["levels"]), cast("list[str]", state["labels"])
    position = {level: i for i, level in enumerate(levels)}
    unknown = [label for label in drop_unused(factor).levels if label not in position]
    if unknown:
        raise TransformError(f"the level {unknown[0]} did not occur when the model was fitted")
    rank = np.array([*(position.get(label, -1) for label in factor.levels), -1], dtype=np.intp)
    contrast = state.get("contrast")
    chosen = ContrastCoding(**contrast) if isinstance(contrast, Mapping) else None
    return Factor(rank[factor.codes], tuple(labels), bool(state["ordered"]), chosen)


def _factor(value: Value) -> Factor:
    try:
        return replace(as_factor(value), contrast=None)
    except ValueError as fault:
        raise TransformError(str(fault)) from None


def _labels(options: Options, name: str) -> list[str] | None:
    option = options.get(name)
    if option is None:
        return None
    several = option if isinstance(option, tuple) else (option,)
    labels = [format_label(v) if isinstance(v, float) else str(v) for v in several]
    if len(set(labels)) != len(labels):
        raise TransformError(f"its argument {name} holds a value twice")
    return labels


FACTORS: Mapping[str, Transform] = {
    "factor": Transform(_learn, _apply),
    "as.factor": Transform(_learn, _apply),
    "ordered": Transform(_learn_ordered, _apply),
    "relevel": Transform(_learn_relevel, _apply),
    "C": Transform(_learn_contrast, _apply),
}
