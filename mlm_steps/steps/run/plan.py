"""Determine which steps a spec asks for, and which of them have to be made.

Files are current if their entry in the ledger has the key of their step, even if they were copied. All keys
except that of ``data`` need the profile that ``data`` writes, and those of optional steps need the plan that
``effort`` writes. Keys are unknown until these files are current.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from mlm_steps.design import Formula, parse_formula
from mlm_steps.design.one_name import Names, shared_names, with_shared_names
from mlm_steps.errors import UsageError
from mlm_steps.records import DataProfile, EffortRecord, read_record
from mlm_steps.records.data_profile import no_profile
from mlm_steps.spec import LoadedSpec
from mlm_steps.steps import STEPS
from mlm_steps.steps.run.declaration import Declaration, Of
from mlm_steps.steps.run.identity import made_from
from mlm_steps.steps.run.inputs import PlanInputs
from mlm_steps.steps.run.kept import MOST_SPECS, content_hash, profile_in
from mlm_steps.steps.run.layout import Layout
from mlm_steps.steps.run.ledger import Ledger
from mlm_steps.steps.run.levels import HierarchyLevel, variable_levels
from mlm_steps.steps.run.reasons import ANOTHER_KEY, DATA_FIRST, EFFORT_FIRST, ESTIMATES_KEPT, reason

__all__ = ["Plan", "Step"]


@dataclass(frozen=True, slots=True)
class _KeptKeys:
    """Keys of steps by name, with the files and the profile that they were made from."""

    sources: tuple[object, ...]
    profile: DataProfile | None
    keys: Mapping[str, str | None]


_kept: dict[Path, _KeptKeys] = {}
"""By the path of a spec; filled by the pool of a run, inherited by its forks."""


@dataclass(frozen=True, slots=True)
class Step:
    """One job of a step, as it is planned.

    Attributes
    ----------
    name : str
        ``data``, ``fit/slope``, ``compare/null--l1`` …
    head : Path
        The file that marks the step as done.
    needs : tuple of str
        The steps whose files it reads, except ``data``.
    key : str or None
        Hash of its inputs; None while the data are not current.
    why : str or None
        Why it has to be made; None if its files were made from that key and have not changed since.
    """

    name: str
    head: Path
    needs: tuple[str, ...]
    key: str | None
    why: str | None

    @property
    def current(self) -> bool:
        """Whether its files were made from its key and have not changed since."""
        return self.why is None


@dataclass(frozen=True, slots=True)
class _Job:
    """A step whose key is not yet computed, since a command needs only the key of its own step."""

    kind: str
    name: str
    of: Of

    @property
    def declaration(self) -> Declaration:
        return STEPS[self.kind]


class Plan:
    """The steps of one spec in one output folder.

    Parameters
    ----------
    loaded : LoadedSpec
    out : Path
        The output folder.
    profile : DataProfile, optional
        The profile of data that were read but not written; by default that of the output folder.
    ledger : Ledger, optional
        The ledger as it was read before; by default that of the output folder.
    """

    def __init__(
        self,
        loaded: LoadedSpec,
        out: Path,
        *,
        profile: DataProfile | None = None,
        ledger: Ledger | None = None,
    ) -> None:
        self._given = profile
        self.loaded = loaded
        self.spec = loaded.spec
        self.layout = Layout(out, alone=self.spec.planned_alone)
        self.ledger = ledger or Ledger.read(self.layout)
        self._found: dict[str, Step] = {}

    @property
    def first(self) -> str:
        """The step that the check of a run makes: the data, or closed answers where there are no data."""
        return "power_closed" if self.spec.planned_alone else "data"

    @property
    def written(self) -> tuple[Path, ...]:
        """The ledger and the files that it lists, which earlier runs have written."""
        names = (name for entry in self.ledger.steps.values() for name in entry.outputs)
        return (self.layout.provenance, *(self.layout.out / name for name in names))

    @property
    def formulas(self) -> dict[str, Formula]:
        """The parsed formula of each model, prelude first."""
        return _formulas(self.loaded)

    def read(self, formula: str) -> Formula:
        """Return a parsed formula; each grouping factor has the name that the ladder uses for it first."""
        return with_shared_names(parse_formula(formula), _names(self.loaded))

    @cached_property
    def inputs(self) -> PlanInputs:
        """The values that the declarations of the steps use."""
        return PlanInputs(self.loaded, self.formulas, lambda: self.profile, lambda: self.work)

    @cached_property
    def profile(self) -> DataProfile | None:
        """The profile of the data, if it is current and can be read; an empty one of a spec without data."""
        if self.spec.planned_alone:
            return no_profile()
        if self._given is not None:
            return self._given
        kept = self._kept
        if self.ledger.key("data") != (kept.keys["data"] if kept else self.inputs.data_key):
            return None
        try:
            return profile_in(self.layout.output("data"))
        except UsageError:
            return None

    @cached_property
    def work(self) -> EffortRecord | None:
        """The plan of the optional work, if it is current."""
        if "effort" not in self._jobs:
            return None
        key, entry = self._key(self._jobs["effort"]), self.ledger.steps.get("effort")
        if key is None or entry is None:
            return None
        # A plan that was made without a failed rung is valid for the other rungs.
        whole = entry.with_values(without=())
        if Ledger(self.layout, {"effort": whole}).key("effort") != key:
            return None
        return read_record(EffortRecord, self.layout.output("effort"))

    @cached_property
    def levels(self) -> dict[str, HierarchyLevel]:
        """The level of each variable; empty while the data are not current."""
        return variable_levels(self.profile, self.spec.declared_levels) if self.profile else {}

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All steps, each after the steps that it needs."""
        return tuple(self.step(name) for name in self._jobs)

    @cached_property
    def keys(self) -> dict[str, str | None]:
        """The key of each step, without a look at the files; None while it is unknown."""
        return {name: self._key(job) for name, job in self._jobs.items()}

    def step(self, name: str) -> Step:
        """Return the step of a name; raise KeyError if the spec asks for no such step."""
        if name not in self._found:
            job = self._jobs[name]
            head = self.layout.output(name, form=self.spec.report.formats[0])
            key, needs = self._key(job), tuple(self._needs(job))
            self._found[name] = Step(name, head, needs, key, self._why(job, head, needs, key))
        return self._found[name]

    def keep_keys(self) -> None:
        """Keep the keys for the forks of this process; those of optional steps are known later."""
        jobs = [job for job in self._jobs.values() if job.declaration.optional is None]
        keys = {job.name: self._key(job) for job in jobs}
        _kept[self.loaded.path] = _KeptKeys(self._sources, self.profile, keys)

    @cached_property
    def _kept(self) -> _KeptKeys | None:
        """The keys that were kept, if they were made from the same files."""
        found = _kept.get(self.loaded.path)
        return found if found is not None and found.sources == self._sources else None

    @property
    def _sources(self) -> tuple[object, ...]:
        """The spec, and the hashes of the files that it names."""
        varied = {name: content_hash(path) for name, path in self.loaded.varied.items()}
        return (self.loaded, self.inputs.content, self.inputs.beside, varied)

    def estimates_key(self, model: str) -> str | None:
        """Return the key of a rung's estimates; None while the data are not current."""
        return self.inputs.estimates_keys[model]

    @property
    def _jobs(self) -> dict[str, _Job]:
        return _jobs(self.loaded)

    def _read_by(self, kind: str) -> Iterator[_Job]:
        """Yield the jobs whose declarations state that a step reads their results."""
        return (job for job in self._jobs.values() if kind in job.declaration.read_by)

    def _needs(self, job: _Job) -> Iterator[str]:
        yield from (f"fit/{model}" for model in job.declaration.models(self.inputs, job.of))
        yield from job.declaration.after(self.inputs, job.of)
        if job.declaration.optional is not None:
            yield "effort"
        yield from (read.name for read in self._read_by(job.kind))

    def _key(self, job: _Job) -> str | None:
        """Return the key of a job; None while it is unknown."""
        kept = self._kept
        if kept is not None and job.name in kept.keys and kept.profile == self.profile:
            return kept.keys[job.name]
        declared, inputs = job.declaration, self.inputs
        if declared.key is not None:
            return declared.key(inputs, job.of)
        models = declared.models(inputs, job.of)
        keys = [inputs.estimates_keys[model] for model in models]
        settings = declared.settings(inputs, job.of)
        if inputs.profile is None or None in keys:
            return None
        optional = declared.optional
        if optional is not None and not optional.demanded(self.spec):
            if self.work is None:
                return None
            units = optional.units(inputs, job.of)
            settings.append([self.work.allows(optional.step, unit) for unit in units])
        return made_from(job.name, models, keys, settings, self._shown(job))

    def _shown(self, job: _Job) -> list[object]:
        """Return the values on which a job depends because it reads the results of all jobs of some steps."""
        inputs = self.inputs
        read = [(each.name, each.declaration.settings(inputs, each.of)) for each in self._read_by(job.kind)]
        if not read or inputs.profile is None:
            return []
        intervals = inputs.said["intervals"]
        return [inputs.data_key, inputs.estimates_keys, inputs.test_settings, intervals, read]

    def _why(self, job: _Job, head: Path, needs: tuple[str, ...], key: str | None) -> str | None:
        """Return why a step has to be made; None if its files are current."""
        why = reason(self.ledger, job.name, head, key)
        if why is None and job.kind == "data" and self.profile is None:
            return "its record cannot be read"
        if why == DATA_FIRST and self.profile is not None:
            return EFFORT_FIRST
        if why != ANOTHER_KEY:
            return why
        found = self.ledger.steps[job.name]
        if found.estimates and found.estimates == self.estimates_key(*job.of):
            return ESTIMATES_KEPT
        entries = ((need, self.ledger.steps.get(need)) for need in needs)
        changed = [need for need, entry in entries if entry is None or entry.key != self.step(need).key]
        rest = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        return f"it follows from {changed[0]}{rest}" if changed else job.declaration.changed


@lru_cache(maxsize=MOST_SPECS)
def _names(loaded: LoadedSpec) -> Names:
    return shared_names(parse_formula(rung.formula) for rung in loaded.spec.rungs)


@lru_cache(maxsize=MOST_SPECS)
def _formulas(loaded: LoadedSpec) -> dict[str, Formula]:
    names = _names(loaded)
    return {m.name: with_shared_names(parse_formula(m.formula), names) for m in loaded.spec.models}


@lru_cache(maxsize=MOST_SPECS)
def _jobs(loaded: LoadedSpec) -> dict[str, _Job]:
    """Return the jobs that a spec asks for, by name; they do not depend on data."""
    inputs = PlanInputs(loaded, _formulas(loaded), lambda: None, lambda: None)
    jobs = (
        _Job(kind, declared.scope.name(kind, of), of)
        for kind, declared in STEPS.items()
        if declared.alone or not loaded.spec.planned_alone
        for of in declared.scope.jobs(inputs)
    )
    return {job.name: job for job in jobs}
