"""Fit and compare the ladder for some variants of the analysis."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from mlm_steps.data.assemble import ReadData, read_data
from mlm_steps.errors import MlmError
from mlm_steps.records import read_record, write_whole
from mlm_steps.records.variants import AxisName, Variant, VariantRung, VariantsRecord, VariantValue
from mlm_steps.spec import LoadedSpec
from mlm_steps.spec.vary import FileValue, OutcomeValue, SubsetValue, VariantChoice
from mlm_steps.steps.parts.variant_fits import fit_variant, reason_of
from mlm_steps.steps.parts.variant_spec import varied
from mlm_steps.steps.run.session import Session

__all__ = ["variants"]


def variants(session: Session, chunk: str) -> None:
    """Write the record of some variants; each file of the data is read once.

    A variant whose key has not changed is taken from the record of the run before, or from the file that an
    interrupted run has left.
    """
    step, loaded = f"variants/{chunk}", session.loaded
    path, inputs = session.layout.output(step), session.plan.inputs.varied
    vary = session.spec.vary
    assert vary is not None  # noqa: S101 - without variants the plan has no such step
    with session.recorded(step) as recorder:
        part = path.with_suffix(".part")
        known = {each.key: each for each in (*_before(session, step, path), *_interrupted(part))}
        tables: dict[str, ReadData] = {}
        done: list[Variant] = []
        for choice in inputs.of(chunk):
            key = inputs.variant_key(choice)
            found = known.get(key)
            if found is None:
                found = _variant(loaded, choice, key, tables)
                write_whole(part, _lines([*known.values(), found]))
                known[key] = found
            done.append(found.with_values(name=choice.name, values=_values(loaded, choice)))
            session.say(_line(done[-1]))
        record = VariantsRecord(
            confidence=session.spec.estimation.confidence,
            coefficient=vary.coefficient,
            rung=vary.rung,
            variants=tuple(done),
        )
        recorder.write(record, path)
        part.unlink(missing_ok=True)


def _variant(loaded: LoadedSpec, choice: VariantChoice, key: str, tables: dict[str, ReadData]) -> Variant:
    """Return a variant with its fits; if it has no sample, all its rungs have failed."""
    spec = varied(loaded, choice)
    values = _values(loaded, choice)
    try:
        name = spec.spec.data.file or ""
        if name not in tables:
            tables[name] = read_data(spec)
        fits = fit_variant(spec, tables[name])
    except MlmError as error:
        why = reason_of(error)
        rungs = tuple(
            VariantRung(model=rung.name, formula=rung.formula, status="failed", reason=why)
            for rung in spec.spec.rungs
        )
        return Variant(name=choice.name, key=key, values=values, reason=why, rungs=rungs)
    return Variant(name=choice.name, key=key, values=values, rungs=fits.rungs, comparisons=fits.comparisons)


def _values(loaded: LoadedSpec, choice: VariantChoice) -> tuple[VariantValue, ...]:
    columns = loaded.spec.data.columns
    found: list[VariantValue] = []
    axes: tuple[AxisName, ...] = ("outcome", "subset", "file")
    for axis in axes:
        value = choice.values.get(axis)
        if isinstance(value, OutcomeValue):
            declared = columns[value.outcome].label if value.outcome in columns else None
            what, label = value.outcome, value.label or declared or value.name
        elif isinstance(value, SubsetValue):
            what, label = " and ".join(value.filter) or "all rows", value.label or value.name
        elif isinstance(value, FileValue):
            what, label = value.file, value.label or value.name
        else:
            continue
        found.append(VariantValue(axis=axis, name=value.name, label=label, what=what))
    return tuple(found)


def _before(session: Session, step: str, path: Path) -> tuple[Variant, ...]:
    """Return the variants of the run before, unless ``--force`` has withdrawn them or they were changed."""
    ledger = session.plan.ledger
    if not ledger.holds(step, path) or not ledger.steps[step].key:
        return ()
    try:
        return read_record(VariantsRecord, path).variants
    except MlmError:  # another version has written it
        return ()


def _lines(found: list[Variant]) -> bytes:
    """Return variants as lines of JSON, each with its hash."""
    texts = [each.model_dump_json() for each in found]
    lines = [json.dumps([hashlib.sha256(text.encode()).hexdigest(), text]) for text in texts]
    return "".join(f"{line}\n" for line in lines).encode()


def _interrupted(part: Path) -> Iterator[Variant]:
    """Yield the variants that an interrupted run has finished; a line that was changed is left out."""
    if not part.is_file():
        return
    for line in part.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            digest, text = json.loads(line)
            if hashlib.sha256(text.encode()).hexdigest() == digest:
                yield Variant.model_validate_json(text)
        except (ValueError, TypeError, AttributeError):
            continue  # it is fitted again


def _line(variant: Variant) -> str:
    if variant.reason is not None:
        return f"{variant.name}: {variant.reason}"
    told = (f"{rung.model} {rung.status}" for rung in variant.rungs)
    return f"{variant.name}: {', '.join(told)}"
