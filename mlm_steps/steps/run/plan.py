"""Which steps a spec asks for, and which of them are to be made.

Files whose entry in the ledger has the key of their step are current, wherever they come from. The keys of
all steps but ``data`` need the profile that ``data`` writes, and those of optional steps need the plan that
``effort`` writes; until these are current they are unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property, partial
from pathlib import Path

from mlm_steps.design import Formula, parse_formula
from mlm_steps.design.one_name import Names, shared_names, with_shared_names
from mlm_steps.errors import UsageError
from mlm_steps.figures import FIGURES
from mlm_steps.records import DataProfile, EffortRecord, read_record
from mlm_steps.records.intervals import IntervalSource
from mlm_steps.spec import LoadedSpec, PairSpec
from mlm_steps.steps.parts.levels import Level, variable_levels
from mlm_steps.steps.run.layout import Layout
from mlm_steps.steps.run.ledger import Ledger
from mlm_steps.steps.run.reasons import ANOTHER_KEY, KEPT, follows, reason
from mlm_steps.steps.run.recipes import Recipes, data_key, interval_sources, resampled, simulation_jobs
from mlm_steps.steps.step import Entry, Step

__all__ = ["Plan", "Step"]


class Plan:
    """The steps of one spec in one output folder."""

    def __init__(self, loaded: LoadedSpec, out: Path) -> None:
        self.loaded = loaded
        self.spec = loaded.spec
        self.layout = Layout(out)
        self.ledger = Ledger.read(self.layout)

    @property
    def written(self) -> tuple[Path, ...]:
        """The files that earlier runs have written, as the ledger has them, and the ledger."""
        names = (name for entry in self.ledger.steps.values() for name in entry.outputs)
        return (self.layout.provenance, *(self.layout.out / name for name in names))

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
    def data_key(self) -> str:
        """Hash of all the analysis sample depends on."""
        return data_key(self.loaded, self.formulas)

    @cached_property
    def profile(self) -> DataProfile | None:
        """The profile of the data, if it is current and can be read."""
        if self.ledger.key("data") != self.data_key:
            return None
        try:
            return read_record(DataProfile, self.layout.profile)
        except UsageError:
            return None

    @cached_property
    def work(self) -> EffortRecord | None:
        """The plan of the optional work, if it is current."""
        key, entry = self._recipes.effort(), self.ledger.steps.get("effort")
        if key is None or entry is None:
            return None
        # A plan that was made without a rung that failed holds for the others.
        whole = entry.model_copy(update={"without": ()})
        if Ledger(self.layout, {"effort": whole}).key("effort") != key:
            return None
        return read_record(EffortRecord, self.layout.effort)

    @cached_property
    def levels(self) -> dict[str, Level]:
        """The level of each variable; empty while the data are not current."""
        return variable_levels(self.profile, self.spec.declared_levels) if self.profile else {}

    @cached_property
    def clusters(self) -> tuple[tuple[str, ...], ...]:
        """Columns of each grouping factor of the ladder, in order of appearance."""
        return self._recipes.clusters

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
        """All steps, each after those it needs; ``needs`` names a step's needs and all of theirs."""
        return tuple(self.step(name) for name in self._entries)

    def step(self, name: str) -> Step:
        """Return one step; KeyError if the spec asks for none of that name."""
        if name not in self._found:
            entry = self._entries[name]
            key = entry.key()
            self._found[name] = Step(name, entry.head, tuple(entry.needs), key, self._why(entry, key))
        return self._found[name]

    def estimates_key(self, model: str) -> str | None:
        """Return the key of a rung's estimates; None while the data are not current."""
        return self._recipes.estimates(model)

    @cached_property
    def _found(self) -> dict[str, Step]:
        return {}

    def _why(self, entry: Entry, key: str | None) -> str | None:
        """Return why a step has to be made; None where its files are current."""
        kind, _, rest = entry.name.partition("/")
        why = reason(self.ledger, entry.name, entry.head, key)
        if why is None and kind == "data" and self.profile is None:
            return "its record cannot be read"
        if why != ANOTHER_KEY:
            return why
        found = self.ledger.steps[entry.name]
        if found.estimates and found.estimates == self.estimates_key(rest):
            return KEPT
        keys = ((need, self.ledger.steps.get(need)) for need in entry.needs)
        return follows(
            [need for need, found in keys if found is None or found.key != self.step(need).key], kind
        )

    @cached_property
    def _recipes(self) -> Recipes:
        return Recipes(self.loaded, self.formulas, self.profile, lambda: self.work)

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        recipes, layout = self._recipes, self.layout
        entries = (
            Entry("data", layout.profile, (), lambda: self.data_key),
            *self._models(recipes),
            *self._pairs(recipes),
            Entry("effort", layout.effort, self._compared, recipes.effort),
            *self._simulations(recipes),
            *self._intervals(recipes),
            *self._readings(recipes),
            *self._pages(recipes),
        )
        return {entry.name: entry for entry in entries}

    def _models(self, recipes: Recipes) -> Iterator[Entry]:
        for model in self.spec.prelude:
            head, key = self.layout.prelude(model.name), partial(recipes.prelude, model.name)
            yield Entry(f"prelude/{model.name}", head, (), key)
        for name in self._rungs:
            yield Entry(f"fit/{name}", self.layout.fit(name), (), partial(recipes.model, name))

    def _pairs(self, recipes: Recipes) -> Iterator[Entry]:
        for pair in self.spec.pairs:
            names = (pair.smaller, pair.larger)
            head = self.layout.comparison(*names)
            yield Entry(_pair_step(pair), head, _fits(names), partial(recipes.compare, *names))
        for name in self._rungs:
            models, head = self.variance_models(name), self.layout.variance(name)
            yield Entry(f"variance/{name}", head, _fits(models), partial(recipes.variance, *models))

    def _simulations(self, recipes: Recipes) -> Iterator[Entry]:
        for smaller, larger, numbers in self.simulated:
            head, name = self.layout.simulated(smaller, larger, numbers), f"{smaller}--{larger}"
            needs = [*_fits([smaller, larger]), f"compare/{name}", "effort"]
            key = partial(recipes.simulate, smaller, larger, numbers)
            yield Entry(f"simulate/{name}/{numbers}", head, needs, key)

    @property
    def _compared(self) -> list[str]:
        """What the optional work is planned by."""
        return [*_fits(self._rungs), *(_pair_step(pair) for pair in self.spec.pairs)]

    def _intervals(self, recipes: Recipes) -> Iterator[Entry]:
        for name in self._rungs:
            for numbers in self.resampled:
                head = self.layout.resampled(name, numbers)
                key = partial(recipes.resample, name, numbers)
                yield Entry(f"resample/{name}/{numbers}", head, _fits([name]), key)
        for source in self.interval_sources:
            for name in self._rungs:
                chunks = [f"resample/{name}/{numbers}" for numbers in self.resampled]
                needs = [*_fits([name]), *(chunks if source == "bootstrap" else ["effort"])]
                key = partial(recipes.intervals, source, name)
                yield Entry(f"{source}/{name}", self.layout.intervals(source, name), needs, key)

    def _readings(self, recipes: Recipes) -> Iterator[Entry]:
        """Give what is read from all fits at once."""
        layout, fits = self.layout, _fits(self._rungs)
        yield Entry("effects", layout.effects, fits, recipes.effects)
        if "allfit" in self.checks:
            yield Entry("allfit", layout.allfit, [*fits, "effort"], recipes.allfit)
        yield Entry("remedies", layout.remedies, [*fits, "effort"], recipes.remedies)
        yield Entry("deletions", layout.deletions, [*fits, "effort"], recipes.deletions)

    def _pages(self, recipes: Recipes) -> Iterator[Entry]:
        """Give what is shown of the records."""
        for name in FIGURES:
            key = partial(recipes.figure, name)
            yield Entry(f"figure/{name}", self.layout.figure(name), self.records, key)
        needs = [*self.records, "deletions", *self.checks]
        yield Entry("tables", self.layout.tables / "fit.csv", needs, recipes.tables)
        needs = [*needs, "effort", *(f"figure/{name}" for name in FIGURES), "tables"]
        yield Entry("report", self.layout.report(self.spec.report.formats[0]), needs, recipes.report)

    @cached_property
    def records(self) -> tuple[str, ...]:
        """The steps that make a record of a model or a comparison."""
        return (
            *(f"prelude/{model.name}" for model in self.spec.prelude),
            *_fits(self._rungs),
            *(_pair_step(pair) for pair in self.spec.pairs),
            *(f"variance/{name}" for name in self._rungs),
            *(f"simulate/{smaller}--{larger}/{numbers}" for smaller, larger, numbers in self.simulated),
            *(f"{source}/{name}" for source in self.interval_sources for name in self._rungs),
            "effects",
        )

    @property
    def interval_sources(self) -> tuple[IntervalSource, ...]:
        """What the spec asks for of the intervals that take steps of their own."""
        return interval_sources(self.spec)

    @cached_property
    def resampled(self) -> tuple[str, ...]:
        """The bootstrap replicates of each job, such as ``0-500``, the end excluded."""
        return resampled(self.spec)

    @cached_property
    def simulated(self) -> tuple[tuple[str, str, str], ...]:
        """Smaller and larger model and the numbers of the replicates of each job of bootstrapped comparisons.

        Whether a comparison is bootstrapped at all is known once the fits are; its random part must change.
        """
        asked = self.spec.tests.bootstrap
        pairs = [pair for pair in self.spec.pairs if asked == "always" or self._may_need(pair)]
        jobs = () if asked == "never" else simulation_jobs(self.spec)
        return tuple((pair.smaller, pair.larger, numbers) for pair in pairs for numbers in jobs)

    def _may_need(self, pair: PairSpec) -> bool:
        """Return whether the random parts differ; a remedy may change either."""
        smaller, larger = (self.formulas[name] for name in (pair.smaller, pair.larger))
        written = [{bar.source for bar in formula.bars} for formula in (smaller, larger)]
        return bool(self.spec.remedies) or written[0] != written[1]

    @property
    def checks(self) -> tuple[str, ...]:
        """The steps that look at fits again: by other optimisers where the spec asks for it, for remedies."""
        return ("remedies",) if self.spec.estimation.allfit == "never" else ("allfit", "remedies")

    def variance_models(self, model: str) -> tuple[str, ...]:
        """Return the rung, the null and the previous rung: what its explained variance is made from."""
        names = (model, self.null, self.previous(model))
        return tuple(dict.fromkeys(name for name in names if name))

    @property
    def _rungs(self) -> list[str]:
        return [rung.name for rung in self.spec.rungs]


def _pair_step(pair: PairSpec) -> str:
    return f"compare/{pair.smaller}--{pair.larger}"


def _fits(models: Iterable[str]) -> list[str]:
    return [f"fit/{name}" for name in models]
