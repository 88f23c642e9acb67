"""Which steps a spec asks for, and from what each is made.

A step's key is a hash of all it depends on: its part of the spec, the columns it uses, the keys of the steps
before it, our code and the versions of the numerical libraries. Files whose entry in the ledger has the same
key are current, wherever they come from. The keys of all steps but ``data`` need the profile that ``data``
writes; until that is current they are unknown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from mlm_steps.design import Formula, parse_formula
from mlm_steps.design.one_name import Names, shared_names, with_shared_names
from mlm_steps.figures import FIGURES
from mlm_steps.records import DataProfile, read_record
from mlm_steps.records.intervals import IntervalSource
from mlm_steps.spec import LoadedSpec, ModelSpec, PairSpec, PreludeSpec
from mlm_steps.steps.identity import made_from
from mlm_steps.steps.kept import content_hash
from mlm_steps.steps.layout import Layout
from mlm_steps.steps.ledger import Ledger
from mlm_steps.steps.levels import Level, variable_levels

__all__ = ["Plan", "Step"]

EXTRAS = ("nlopt",)
"""Libraries that need not be there and that refits by every optimiser depend on."""

INTERVAL_SOURCES: tuple[IntervalSource, ...] = ("profile", "bootstrap")
"""Intervals that are made in a step per rung, by the word that asks for them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a run.

    Attributes
    ----------
    name : str
        ``data``, ``fit/slope``, ``compare/null--l1`` …
    head : Path
        The file that says that the step is done.
    needs : tuple of str
        The steps whose files it reads, but for the data.
    key : str or None
        What it is made from; None while the data are not current.
    current : bool
        Whether its files were made from that key and have not changed since.
    """

    name: str
    head: Path
    needs: tuple[str, ...]
    key: str | None
    current: bool


class Plan:
    """The steps of one spec in one output folder."""

    def __init__(self, loaded: LoadedSpec, out: Path) -> None:
        self.loaded = loaded
        self.spec = loaded.spec
        self.layout = Layout(out)
        self.ledger = Ledger.read(self.layout)

    @cached_property
    def formulas(self) -> dict[str, Formula]:
        """The parsed formula of each model, prelude first."""
        return {m.name: self.read(m.formula) for m in (*self.spec.prelude, *self.spec.rungs)}

    def read(self, formula: str) -> Formula:
        """Return a formula; a grouping factor has the name by which the ladder first writes it."""
        return with_shared_names(parse_formula(formula), self._names)

    @cached_property
    def _names(self) -> Names:
        return shared_names(parse_formula(rung.formula) for rung in self.spec.rungs)

    @cached_property
    def profile(self) -> DataProfile | None:
        """The profile of the data, if it is current."""
        if self.ledger.key("data") != self.data_key:
            return None
        return read_record(DataProfile, self.layout.profile)

    @cached_property
    def levels(self) -> dict[str, Level]:
        """The level of each variable; empty while the data are not current."""
        return variable_levels(self.profile, self.spec.declared_levels) if self.profile else {}

    @cached_property
    def null(self) -> str | None:
        """The first rung without predictors: what variance explained is measured against."""
        for rung in self.spec.rungs:
            if not self.formulas[rung.name].fixed.labels:
                return rung.name
        return None

    def previous(self, model: str) -> str | None:
        """Return the rung before one rung."""
        names = [rung.name for rung in self.spec.rungs]
        position = names.index(model)
        return names[position - 1] if position else None

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All steps, each after those it needs."""
        return tuple(
            Step(name, head, tuple(needs), key, key is not None and self.ledger.key(name) == key)
            for name, head, needs, key in self._entries()
        )

    def step(self, name: str) -> Step:
        """Return one step; KeyError if the spec asks for none of that name."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    def _entries(self) -> Iterable[tuple[str, Path, Iterable[str], str | None]]:
        layout, rungs = self.layout, [rung.name for rung in self.spec.rungs]
        yield "data", layout.profile, (), self.data_key
        for model in self.spec.prelude:
            yield f"prelude/{model.name}", layout.prelude(model.name), (), self._model_key(model)
        for rung in self.spec.rungs:
            yield f"fit/{rung.name}", layout.fit(rung.name), (), self._model_key(rung)
        for pair in self.spec.pairs:
            names = (pair.smaller, pair.larger)
            needs = [f"fit/{name}" for name in names]
            key = self._chain("compare", *names, words=self._tests)
            yield _pair_step(pair), layout.comparison(*names), needs, key
        for name in rungs:
            models = self.variance_models(name)
            needs = [f"fit/{model}" for model in models]
            yield f"variance/{name}", layout.variance(name), needs, self._chain("variance", *models)
        for name in rungs:
            for numbers in self.resampled:
                key = self._chain("resample", name, words=[self.spec.seed, self.spec.bootstrap.kind, numbers])
                yield f"resample/{name}/{numbers}", layout.resampled(name, numbers), (f"fit/{name}",), key
        for source in self.interval_sources:
            for name in rungs:
                key = self._chain(source, name, words=self._interval_words(source))
                chunks = (f"resample/{name}/{numbers}" for numbers in self.resampled)
                needs = [f"fit/{name}", *(chunks if source == "bootstrap" else ())]
                yield f"{source}/{name}", layout.intervals(source, name), needs, key
        fits = [f"fit/{name}" for name in rungs]
        yield "effects", layout.effects, fits, self._chain("effects", *rungs, words=self._readings)
        if "allfit" in self.checks:
            yield "allfit", layout.allfit, fits, self._chain("allfit", *rungs, words=self._check)
        yield "remedies", layout.remedies, fits, self._chain("remedies", *rungs)
        yield "deletions", layout.deletions, fits, self._chain("deletions", *rungs, words=self._left_out)
        for name in FIGURES:
            yield (
                f"figure/{name}",
                layout.figure(name),
                self.records,
                self._whole("figure", name, self._words),
            )
        needs = [*self.records, "deletions", *self.checks]
        yield "tables", layout.tables / "fit.csv", needs, self._whole("tables", "", self._table_words)
        needs = [*needs, *(f"figure/{name}" for name in FIGURES), "tables"]
        head = layout.report(self.spec.report.formats[0])
        yield "report", head, needs, self._whole("report", "", [self._cover, self._check])

    @cached_property
    def records(self) -> tuple[str, ...]:
        """The steps that make a record of a model or a comparison."""
        rungs = [rung.name for rung in self.spec.rungs]
        return (
            *(f"prelude/{model.name}" for model in self.spec.prelude),
            *(f"fit/{name}" for name in rungs),
            *(_pair_step(pair) for pair in self.spec.pairs),
            *(f"variance/{name}" for name in rungs),
            *(f"{source}/{name}" for source in self.interval_sources for name in rungs),
            "effects",
        )

    @property
    def _readings(self) -> list[object]:
        """What of the spec says which contrasts, slopes and means are read from the coefficients."""
        said = self.spec.model_dump(mode="json", include={"contrasts", "slopes", "means"})
        return [said["contrasts"], said["slopes"], said["means"]]

    @property
    def interval_sources(self) -> tuple[IntervalSource, ...]:
        """What the spec asks for of the intervals that take steps of their own."""
        return tuple(source for source in INTERVAL_SOURCES if self.spec.intervals.kinds(source))

    def _interval_words(self, source: str) -> list[object]:
        """Return what of the spec the intervals of a source depend on, beyond the fit."""
        drawn = [self.spec.seed, self.spec.bootstrap.kind, self.resampled] if source == "bootstrap" else []
        return [self.spec.intervals.kinds(source), *drawn]

    @cached_property
    def resampled(self) -> tuple[str, ...]:
        """The bootstrap replicates of each job, such as ``0-500``, the end excluded."""
        if "bootstrap" not in self.interval_sources:
            return ()
        return tuple(f"{numbers.start}-{numbers.stop}" for numbers in self.spec.bootstrap.ranges)

    @property
    def checks(self) -> tuple[str, ...]:
        """The steps that look at fits again: by other optimisers where the spec asks for it, for remedies."""
        return ("remedies",) if self.spec.estimation.allfit == "never" else ("allfit", "remedies")

    @property
    def _tests(self) -> list[object]:
        tests = self.spec.tests.model_dump(mode="json", exclude={"adjust", "ranova"})
        return [self.spec.seed, tests]

    @property
    def _left_out(self) -> list[object]:
        return [self.spec.seed, self.spec.tests.rlrt, self.spec.tests.ranova]

    @property
    def _table_words(self) -> list[object]:
        return [self._check, self.spec.seed, self.spec.tests.model_dump(mode="json")]

    @property
    def _check(self) -> list[object]:
        return [self.spec.estimation.allfit, {name: find_spec(name) is not None for name in EXTRAS}]

    def variance_models(self, model: str) -> tuple[str, ...]:
        """Return the rung, the null and the previous rung: what its explained variance is made from."""
        names = (model, self.null, self.previous(model))
        return tuple(dict.fromkeys(name for name in names if name))

    @cached_property
    def data_key(self) -> str:
        """Hash of all the analysis sample depends on."""
        data = self.spec.data.model_dump(mode="json", exclude={"columns"})
        columns = {
            name: column.model_dump(mode="json", exclude={"label", "unit"})
            for name, column in self.spec.data.columns.items()
        }
        uses = sorted(
            json.dumps([formula.outcomes, sorted(formula.variables), formula.groups, model.weights])
            for model, formula in zip(self._models, self.formulas.values(), strict=True)
        )
        content = content_hash(self.loaded.data_path)
        return made_from("data", data, columns, dict(self.spec.declared_levels), uses, content)

    @property
    def _models(self) -> tuple[ModelSpec | PreludeSpec, ...]:
        return (*self.spec.prelude, *self.spec.rungs)

    def _model_key(self, model: ModelSpec | PreludeSpec) -> str | None:
        if self.profile is None:
            return None
        names = {*self.formulas[model.name].variables, *([model.weights] if model.weights else [])}
        hashes = {name: self.profile.column(name).content_hash for name in sorted(names)}
        levels = {name: level for name, level in self.levels.items() if name in names}
        nesting = [relation.model_dump(mode="json") for relation in self.profile.nesting]
        clusters = sorted(self.clusters) if isinstance(model, PreludeSpec) else []
        estimation = self.spec.estimation.model_dump(mode="json", exclude={"allfit"})
        entry = model.model_dump(mode="json", exclude={"label"})
        remedies = self.spec.remedies if isinstance(model, ModelSpec) else ()
        return made_from(
            "fit", entry, estimation, self.profile.sample_hash, hashes, levels, nesting, clusters, remedies
        )

    @cached_property
    def clusters(self) -> tuple[tuple[str, ...], ...]:
        """Columns of each grouping factor of the ladder, in order of appearance."""
        groups = (group for rung in self.spec.rungs for group in self.formulas[rung.name].groups)
        return tuple(dict.fromkeys(groups))

    def _chain(self, kind: str, *models: str, words: object = None) -> str | None:
        rungs = {rung.name: rung for rung in self.spec.rungs}
        keys = [self._model_key(rungs[name]) for name in models]
        return None if None in keys else made_from(kind, models, keys, words)

    def _whole(self, kind: str, name: str, words: object) -> str | None:
        if self.profile is None:
            return None
        keys = [self._model_key(model) for model in self._models]
        pairs = [(pair.smaller, pair.larger) for pair in self.spec.pairs]
        intervals = [
            self.spec.intervals.model_dump(mode="json"),
            *(self._interval_words(source) for source in self.interval_sources),
        ]
        return made_from(kind, name, self.profile.made_from, keys, pairs, intervals, self._readings, words)

    @property
    def _words(self) -> list[object]:
        labels = {m.name: m.label for m in self._models}
        columns = {name: (c.label, c.unit) for name, c in self.spec.data.columns.items()}
        return [self.spec.title_or_name, labels, columns]

    @property
    def _cover(self) -> list[object]:
        digest = hashlib.sha256(self.loaded.path.read_bytes()).hexdigest()
        return [self._words, self.spec.name, self.spec.model_dump(mode="json"), digest]


def _pair_step(pair: PairSpec) -> str:
    return f"compare/{pair.smaller}--{pair.larger}"
