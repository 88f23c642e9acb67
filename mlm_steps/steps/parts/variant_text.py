"""The spec of one variant as a file of its own, for the whole report of it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from mlm_steps.spec import LoadedSpec
from mlm_steps.spec.compared import is_formula
from mlm_steps.spec.tree import value_of
from mlm_steps.spec.vary import VariantChoice
from mlm_steps.spec.written import Block, Items, Written, is_nothing
from mlm_steps.steps.parts.variant_spec import with_outcome
from mlm_steps.steps.parts.yaml_text import quoted

__all__ = ["variant_text"]

HEAD = "# Made by mlm run --variant from a spec with the key vary: {where}, variant {name}."
"""The first line of the file, which tells where to make changes that stay."""


def variant_text(loaded: LoadedSpec, choice: VariantChoice, folder: Path) -> str:
    """Return the spec of a variant as YAML.

    Parameters
    ----------
    loaded : LoadedSpec
        The spec with the key ``vary``.
    choice : VariantChoice
    folder : Path
        Where the text will be: the paths of data files are relative to it.
    """
    values = value_of(loaded.source.root)
    if not isinstance(values, Block):
        raise TypeError("a spec that was read is a block")
    labels = ", ".join(value.label or value.name for value in choice.values.values())
    entries: dict[str, object] = {
        **{key: value for key, value in values.items() if key != "vary"},
        "name": _text(loaded.spec.name),
        "title": _text(f"{loaded.spec.title_or_name}: {labels}"),
        "data": _data(values["data"], loaded, choice, folder),
    }
    if choice.outcome is not None:
        if isinstance(entries["ladder"], Block):  # a preset takes a column as its outcome: write it out
            entries |= _written_out(loaded, entries["data"])
        entries |= dict(_models(entries, choice.outcome.outcome))
    head = HEAD.format(where=loaded.path.name, name=choice.name)
    return "\n".join([head, *_lines(Block(entries, ()), "")]) + "\n"


def _text(text: str) -> Written:
    return Written(text, (), plain=False)


def _data(data: object, loaded: LoadedSpec, choice: VariantChoice, folder: Path) -> object:
    """Return the block of the data with the file and the filters of a variant."""
    if not isinstance(data, Block):
        return data
    entries: dict[str, object] = dict(data)
    if choice.file is not None:
        entries["file"] = _text(choice.file.file)
    paths = {**loaded.varied, **loaded.paths}

    def moved(file: object) -> object:
        path = paths.get(str(file)) if isinstance(file, Written) else None
        return file if path is None else _text(os.path.relpath(path, folder.resolve()))

    def entry(each: object) -> object:
        return (
            Block({**each, "file": moved(each["file"])}, each.at) if isinstance(each, Block) else moved(each)
        )

    for key in ("stack", "join"):
        listed = entries.get(key)
        if isinstance(listed, Items):
            entries[key] = Items([entry(each) for each in listed], listed.at)
    if "file" in entries:
        entries["file"] = moved(entries["file"])
    if choice.subset is not None and choice.subset.filter:
        own = entries.get("filter")
        before = own if isinstance(own, Items) else () if own is None or is_nothing(own) else (own,)
        entries["filter"] = Items([*before, *map(_text, choice.subset.filter)], ())
    return Block(entries, data.at)


def _written_out(loaded: LoadedSpec, data: object) -> dict[str, object]:
    """Return the rungs of a preset as a list, and the data with the levels that the preset declares."""
    rungs = [
        Block({key: _text(str(text)) for key, text in rung.model_dump(exclude_none=True).items()}, ())
        for rung in loaded.spec.rungs
    ]
    if not isinstance(data, Block):
        return {"ladder": Items(rungs, ())}
    known = data.get("columns")
    columns: dict[str, object] = dict(known) if isinstance(known, Block) else {}
    for name, level in loaded.spec.declared_levels.items():
        own = columns.get(name)
        entries = dict(own) if isinstance(own, Block) else {}
        columns[name] = Block({**entries, "level": Written(str(level), ())}, ())
    return {"ladder": Items(rungs, ()), "data": Block({**data, "columns": Block(columns, ())}, data.at)}


def _models(entries: dict[str, object], outcome: str) -> Iterator[tuple[str, object]]:
    """Yield the keys with formulas, for another outcome."""
    for key in ("ladder", "prelude"):
        models = entries.get(key)
        if isinstance(models, Items):
            yield key, Items([_model(each, "formula", outcome) for each in models], models.at)
    pairs = entries.get("compare")
    if isinstance(pairs, Items):
        yield "compare", Items([_model(each, "smaller", outcome) for each in pairs], pairs.at)


def _model(each: object, key: str, outcome: str) -> object:
    """Return a model, or a comparison whose smaller model is a formula, with another outcome."""
    formula = each.get(key) if isinstance(each, Block) else None
    if not isinstance(each, Block) or not isinstance(formula, Written) or not is_formula(formula):
        return each
    return Block({**each, key: _text(with_outcome(formula, outcome))}, each.at)


def _lines(value: Block, margin: str) -> Iterator[str]:
    """Yield a block as lines of YAML in block style."""
    for key, inner in value.items():
        yield from _entry(f"{margin}{quoted(key)}:", inner, f"{margin}  ")


def _entry(head: str, value: object, margin: str) -> Iterator[str]:
    if isinstance(value, Block) and value:
        yield head
        yield from _lines(value, margin)
    elif isinstance(value, Items) and value:
        yield head
        for each in value:
            yield from _item(each, margin)
    else:
        yield f"{head} {_scalar(value)}".rstrip()


def _item(value: object, margin: str) -> Iterator[str]:
    """Yield an item of a list; its first line has the dash."""
    if isinstance(value, Block) and value:
        lines = list(_lines(value, f"{margin}  "))
        yield f"{margin}- {lines[0].lstrip()}"
        yield from lines[1:]
    elif isinstance(value, Items) and value:
        yield f"{margin}-"
        for each in value:
            yield from _item(each, f"{margin}  ")
    else:
        yield f"{margin}- {_scalar(value)}".rstrip()


def _scalar(value: object) -> str:
    if isinstance(value, Written):
        return str(value) if value.plain else json.dumps(str(value), ensure_ascii=False)
    return "{}" if isinstance(value, Block) else "[]"
