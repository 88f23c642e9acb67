"""The session of one step: the spec, the plan, the records that exist, and the log."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mlm_steps.design import Formula
from mlm_steps.design.contrast_coding import ContrastCoding
from mlm_steps.errors import Fault, UsageError, listing, printable
from mlm_steps.records import (
    ComparisonRecord,
    DataProfile,
    EffortRecord,
    FitRecord,
    Notice,
    SimulationRecord,
    write_record,
)
from mlm_steps.records.base import RecordT
from mlm_steps.records.effort import OptionalStep
from mlm_steps.records.failure import Absence, read_outcome
from mlm_steps.records.hypotheses import DeclaredHypothesis, headline_of
from mlm_steps.records.remedies import DerivedColumn
from mlm_steps.spec import ComparedModel, LoadedSpec, NamedModel
from mlm_steps.steps.run.basis import basis_of
from mlm_steps.steps.run.contrasts import declared_contrasts
from mlm_steps.steps.run.kept import frame_in, open_spec
from mlm_steps.steps.run.ledger import Recorder, recorded
from mlm_steps.steps.run.plan import Plan
from mlm_steps.steps.run.simulated import with_simulations

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Session", "default_out", "open_plan"]


def default_out(loaded: LoadedSpec) -> Path:
    """Return ``results/<name of the spec>`` in the current folder."""
    return Path("results") / loaded.spec.name


def open_plan(spec: Path, out: Path | None, *, allow_outside: bool = False) -> Plan:
    """Return the plan of a spec; raise SpecError with all its faults."""
    loaded = open_spec(spec, allow_outside=allow_outside)
    return Plan(loaded, out if out is not None else default_out(loaded))


class Session:
    """The context of one step: its spec, its plan and its output folder."""

    def __init__(self, spec: Path, out: Path | None, *, allow_outside: bool = False) -> None:
        self.plan = open_plan(spec, out, allow_outside=allow_outside)
        self.loaded = self.plan.loaded
        self.spec = self.plan.spec
        self.layout = self.plan.layout

    @contextmanager
    def recorded(self, step: str) -> Iterator[Recorder]:
        """Yield a recorder, which writes the step's records with its key and collects its files."""
        key = self.key(step)
        needs = self.plan.step(step).needs
        without = [need for need in needs if not self.plan.step(need).current]
        basis = basis_of(self.loaded, self.plan.inputs.content, self.plan.profile)
        with recorded(self.layout, step, key, without, basis) as recorder:
            yield recorder
            # The entry has the hash of the log, which has to be complete by then.
            self.say(*(f"wrote {path.relative_to(self.layout.out)}" for path in recorder.outputs))
            sys.stderr.flush()

    def say(self, *lines: str) -> None:
        """Write lines into the step's log (standard error), without times so that equal runs log the same."""
        for line in lines:
            print(printable(line), file=sys.stderr)

    def say_notices(self, notices: Iterable[Notice]) -> None:
        """Write notices into the step's log."""
        self.say(*(f"{notice.severity}: {notice.text}" for notice in notices))

    def key(self, step: str) -> str:
        """Return the key of a step; raise UsageError if the data step has to run first."""
        try:
            key = self.plan.step(step).key
        except KeyError:
            alike = [s.name for s in self.plan.steps if s.name.partition("/")[0] == step.partition("/")[0]]
            what, hint = (
                f"the spec asks for no step '{step}'",
                f"one of {listing(alike)}" if alike else None,
            )
            raise UsageError(Fault(str(self.loaded.path), what, hint)) from None
        if key is not None:
            return key
        where, what = str(self.layout.output("data")), "the data are not prepared or not current"
        if self.plan.profile is None:
            raise UsageError(Fault(where, what, "run 'mlm data' first"))
        where, what = str(self.layout.output("effort")), "the optional work is not planned or not current"
        raise UsageError(Fault(where, what, "run 'mlm effort' first"))

    @property
    def profile(self) -> DataProfile:
        """The profile of the data; raise UsageError if the data step has to run first."""
        self.key("tables")
        profile = self.plan.profile
        assert profile is not None  # noqa: S101 - key() has raised an error in this case
        return profile

    @property
    def ungrouped(self) -> frozenset[str]:
        """The models without random effects: those of the prelude, and those given by a comparison."""
        prelude, compared = self.spec.prelude, self.spec.compared_models
        return frozenset([*(model.name for model in prelude), *(model.name for model in compared)])

    def model(self, name: str) -> NamedModel | ComparedModel:
        """Return the model of a name; raise UsageError with the existing names."""
        models = {model.name: model for model in self.spec.models}
        if name not in models:
            raise UsageError(Fault("--model", f"no model '{name}' in the spec", f"one of {listing(models)}"))
        return models[name]

    @property
    def generalized(self) -> frozenset[str]:
        """The rungs that are not linear models."""
        settings = self.spec.settings
        return frozenset(name for name, each in settings.items() if not each.response.linear)

    def sample(self) -> pd.DataFrame:
        """Return the analysis sample as the data step wrote it."""
        return frame_in(self.layout.analysis)

    @property
    def derived(self) -> tuple[DerivedColumn, ...]:
        """Columns that remedies have derived, each once."""
        columns = (column for record in self._remedied() for column in record.derived)
        return tuple({column.name: column for column in columns}.values())

    @property
    def formulas(self) -> dict[str, Formula]:
        """The fitted formula of each model; a remedy may have replaced that of the spec."""
        fitted = {record.model: self.plan.read(record.formula) for record in self._remedied()}
        return {**self.plan.formulas, **fitted}

    def _remedied(self) -> list[FitRecord]:
        """Return the rungs that remedies have changed."""
        if not self.spec.remedies:
            return []
        jobs = [f"fit/{rung.name}" for rung in self.spec.rungs]
        fits = [self.outcome(FitRecord, job) for job in jobs if self.layout.output(job).exists()]
        return [fit for fit in fits if isinstance(fit, FitRecord) and fit.deviation is not None]

    @property
    def contrasts(self) -> dict[str, str | ContrastCoding]:
        """Declared contrast per column."""
        return declared_contrasts(self.spec)

    def outcome(self, kind: type[RecordT], step: str) -> RecordT | Absence:
        """Return the record of a step's result, or the record of its failure."""
        return read_outcome(kind, self.layout.output(step))

    def fit_record(self, name: str) -> FitRecord | Absence:
        """Return the record of a rung, or the record of its failure."""
        return self.outcome(FitRecord, f"fit/{name}")

    def usable(self, name: str) -> FitRecord | Absence:
        """Return the record of a rung if its numbers are reliable, else a record with the reason."""
        found = self.fit_record(name)
        if isinstance(found, Absence) or found.unreliable is None:
            return found
        return Absence(absent="not_applicable", step=f"fit/{name}", reason=found.unreliable)

    def usable_linear(self, name: str) -> FitRecord | Absence:
        """Return the record of a linear rung if its numbers are reliable, else a record with the reason."""
        found = self.usable(name)
        if isinstance(found, Absence) or found.linear:
            return found
        reason = f"this result does not exist for models of the family {found.family}"
        return Absence(absent="not_applicable", step=f"fit/{name}", reason=reason)

    def compared(self, smaller: str, larger: str) -> ComparisonRecord | Absence:
        """Return the record of a comparison before its bootstrap, or the record of its failure."""
        return self.outcome(ComparisonRecord, f"compare/{smaller}--{larger}")

    def comparison(self, smaller: str, larger: str) -> ComparisonRecord | Absence:
        """Return the record of a comparison with its bootstrap, or the record of its failure."""
        found = self.compared(smaller, larger)
        if isinstance(found, Absence) or found.p_boot_code != "left_out":
            return found
        jobs = [
            f"simulate/{smaller}--{larger}/{replicates}"
            for *pair, replicates in self.plan.inputs.simulated
            if pair == [smaller, larger]
        ]
        return with_simulations(found, [self.outcome(SimulationRecord, job) for job in jobs])

    @property
    def hypotheses(self) -> tuple[DeclaredHypothesis, ...]:
        """The declared hypotheses."""
        return tuple(DeclaredHypothesis.model_validate(dict(each)) for each in self.spec.hypotheses)

    def headline(self, fits: Sequence[FitRecord]) -> FitRecord | None:
        """Return the rung that the report presents first, among the reliable ones."""
        return headline_of(fits, self.spec.headline, self.hypotheses)

    def allows(self, step: OptionalStep, of: str) -> bool:
        """Return whether the optional work of a step on one rung or comparison is to be done."""
        found = self.outcome(EffortRecord, "effort")
        return isinstance(found, EffortRecord) and found.allows(step, of)

    def pass_on(self, absence: Absence, step: str, path: Path, recorder: Recorder) -> None:
        """Write why a step has no result if its rung has none.

        If the rung was not fitted, the step is unfinished and the run has failed. If the search of the rung
        did not converge, the step is finished, since the same search would end in the same way.
        """
        own = Absence(absent=absence.absent, step=step, reason=absence.reason)
        if own.absent == "not_applicable":
            recorder.write(own, path)
        else:
            write_record(own, path)
