"""The interface of the Snakefile: names of files, key files, and the command of a step."""

from __future__ import annotations

import atexit
import os
import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from mlm_steps.errors import MlmError
from mlm_steps.records.checks import ChecksRecord
from mlm_steps.runner import client
from mlm_steps.runner.admission import wait_for_admission
from mlm_steps.runner.alias import plain_name
from mlm_steps.runner.check import checking
from mlm_steps.runner.cluster.needs import Amount, Needs, growing
from mlm_steps.runner.lock import clear_way, hold
from mlm_steps.runner.node import enter_job
from mlm_steps.runner.warm import WarmPool
from mlm_steps.runner.watch import VARIABLE, this_process
from mlm_steps.steps import STEPS
from mlm_steps.steps.run.checked_lines import failure_lines
from mlm_steps.steps.run.keys import key_file
from mlm_steps.steps.run.layout import Layout
from mlm_steps.steps.run.plan import Plan
from mlm_steps.steps.run.session import Session, open_plan
from mlm_steps.steps.run.summaries import as_expected, describe_blends, describe_left_out, describe_singular

__all__ = ["Workflow", "open_workflow"]

NOT_AS_EXPECTED = 1
"""Exit code if the results are not as the spec expects: a singular rung, or an expectation that fails."""


class Workflow:
    """One spec in one output folder, with the properties that the rules use.

    Attributes
    ----------
    opening : Plan
        The plan as it was when the Snakefile was read, or, in `mlm run`, when the input had been checked.
    out : Path
        The output folder.
    layout : Layout
        The paths of the files, below a name of the folder that Snakemake can read.
    arguments : str
        The spec and the output folder, quoted for the shell.
    concludes : bool
        Whether this process prints the outcome of the run; `mlm run` prints it itself.
    """

    def __init__(self, spec: Path, out: Path | None, *, allow_outside: bool) -> None:
        plan = open_plan(spec, out, allow_outside=allow_outside)
        self.out = plan.layout.out
        plain = plain_name(self.out)
        if plain != self.out:
            plan = open_plan(spec, plain, allow_outside=allow_outside)
        self.opening = plan
        self._reopen = (spec, plan.layout.out, allow_outside)
        self._later: Plan | None = None
        self.concludes = False
        self.layout: Layout = plan.layout
        self._needs = Needs.of(plan.profile, generalized=bool(plan.inputs.generalized))
        outside = " --allow-outside" if allow_outside else ""
        self.arguments = f"{shlex.quote(str(spec))} --out {shlex.quote(str(plan.layout.out))}{outside}"

    def begin(self) -> None:
        """Wait for the check of the input, which may make the data, if `mlm run` reads the Snakefile."""
        plan = wait_for_admission()
        if plan is not None:
            renamed = plan.layout.out != self.layout.out
            self.opening = self._reopened() if renamed else plan

    @property
    def waiting(self) -> bool:
        """Whether any step is to be made."""
        return not all(step.current for step in self.opening.steps)

    @property
    def command(self) -> str:
        """The command that starts a step with this interpreter, not with the first ``mlm`` on the path.

        If there is a pool, the command runs only the client, without the installed packages.
        """
        pooled = f"-I -S {shlex.quote(client.__file__)}"
        return f"{shlex.quote(sys.executable)} {pooled if 'MLM_POOL' in os.environ else '-P -m mlm_steps'}"

    def key_file(self, step: str) -> str:
        """Return the key file of a step for the data that existed at the start."""
        return str(key_file(self.opening, self.opening.step(step)))

    def output(self, step: str) -> str:
        """Return the file that marks a step as done; the name may have wildcards: ``fit/{model}``."""
        return str(self.layout.output(step))

    @staticmethod
    def is_optional(step: str) -> bool:
        """Return whether the effort decides on a step."""
        return STEPS[step.partition("/")[0]].optional is not None

    def waits_for(self, step: str) -> str | None:
        """Return the step whose end decides on the inputs of a step; None if it was current at the start."""
        if not self.waits_for_data:
            return None
        decisive = "effort" if self.is_optional(step) else "data"
        return None if self.opening.step(decisive).current else decisive

    @staticmethod
    def shell(step: str) -> str:
        """Return the shell command of a rule whose jobs have names such as ``fit/{model}``.

        If other steps can run without the result of a step, a second command writes the reason of a failure.
        """
        kind = step.partition("/")[0]
        declared = STEPS[kind]
        values = {option.name: f"{{wildcards.{option.name}}}" for option in declared.scope.options}
        options = "".join(f" --{name} {value}" for name, value in values.items())
        command = f"{{MLM}} {kind} {{ARGUMENTS}}{options} 2> {{log:q}}"
        if not declared.fails_alone:
            return command
        failed = f"{{MLM}} failed {{ARGUMENTS}} --step {step.format(**values)} --code $? --log {{log:q}}"
        return f"{command} || {failed}"

    def inputs(self, step: str) -> list[str]:
        """Return the inputs of a step once the data are current: its key file and files not yet made.

        A current step has only its key file as input: its other inputs may have been deleted, and would be
        the same if they were made again. Current files are no inputs of any step: they exist already, and
        copying may have changed the order of their times.
        """
        plan = self._with_data
        if self.is_optional(step) and plan.work is None:
            plan = self._reopened()
        found = plan.step(step)
        needs = [plan.step(need) for need in (() if found.current else found.needs)]
        return [str(key_file(plan, found)), *(str(need.head) for need in needs if not need.current)]

    def memory(self, step: str) -> Amount:
        """Return the megabytes that a job of a step asks a cluster for, as a function for Snakemake."""
        return growing(self._needs.megabytes(step))

    def minutes(self, step: str) -> Amount:
        """Return the minutes that a job of a step asks a cluster for, as a function for Snakemake."""
        return growing(self._needs.minutes(step))

    @property
    def _with_data(self) -> Plan:
        """The plan with the keys of all steps; it is opened again if the data step has run since."""
        if self._later is not None and self._later.profile is not None:
            return self._later
        return self.opening if self.opening.profile is not None else self._reopened()

    def _reopened(self) -> Plan:
        """Open the plan again, since a step on which the keys of other steps depend has run."""
        spec, out, outside = self._reopen
        self._later = open_plan(spec, out, allow_outside=outside)
        return self._later

    @property
    def reports(self) -> list[str]:
        """The report in each declared format."""
        return [str(self.layout.report(form)) for form in self.opening.spec.report.formats]

    @property
    def rungs(self) -> str:
        """Pattern of the rungs' names."""
        return "|".join(re.escape(rung.name) for rung in self.opening.spec.rungs)

    @property
    def waits_for_data(self) -> bool:
        """Whether the keys of the steps are known only once the data are current."""
        return not self.opening.spec.planned_alone

    @property
    def compared(self) -> str:
        """Pattern of the names of the smaller models of comparisons."""
        names = dict.fromkeys([*(p.smaller for p in self.opening.spec.pairs), *self.opening.inputs.rungs])
        return "|".join(map(re.escape, names))

    @property
    def heads(self) -> list[str]:
        """The files that mark the steps as done, one per step."""
        return [str(step.head) for step in self.opening.steps]

    def conclude(self) -> None:
        """Print what is not as the spec expects, and end with exit code 1 if it allows no such result."""
        if not self.concludes:
            return
        spec, out, outside = self._reopen
        session = Session(spec, out, allow_outside=outside)
        fits = [session.fit_record(rung.name) for rung in session.spec.rungs]
        work = session.plan.work
        for line in [
            *describe_singular(session.spec, fits, work),
            *describe_blends(session.plan),
            *describe_left_out(work),
        ]:
            print(line, file=sys.stderr)
        checked = session.outcome(ChecksRecord, "checks") if session.spec.expect else None
        lines = failure_lines(checked, session.loaded.path) if isinstance(checked, ChecksRecord) else []
        for line in lines:
            print(line, file=sys.stderr)
        acceptable = not isinstance(checked, ChecksRecord) or checked.acceptable
        if not as_expected(session.spec, fits) or not acceptable:
            sys.exit(NOT_AS_EXPECTED)


def open_workflow(config: Mapping[str, object], *, main: bool) -> Workflow:
    """Return the workflow of ``--config spec=… out=…``; faults end the process with exit code 2.

    Only the main process locks the folder and starts a warm pool, since the jobs of a cluster read the
    Snakefile again. It does neither if ``mlm run`` has done so.
    """
    out = config.get("out")
    spec, folder = Path(str(config.get("spec", "pipeline.yaml"))), Path(str(out)) if out else None
    outside = str(config.get("allow_outside", "")).lower() == "true"
    try:
        work = Workflow(spec, folder, allow_outside=outside)
        if not main:
            enter_job(shlex.split(work.arguments))
        if main and VARIABLE not in os.environ:
            if work.waiting:
                _start_pool(work, allow_outside=outside)
                work = Workflow(spec, folder, allow_outside=outside)  # the check may have made the data
            atexit.register(hold(work.out).release)
            clear_way(work.opening)
            work.concludes = True
            os.environ[VARIABLE] = this_process()
    except MlmError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    return work


def _start_pool(work: Workflow, *, allow_outside: bool) -> None:
    """Start a pool for the lifetime of this process; exit if the check finds faults in the input."""
    pool = WarmPool(shlex.split(work.arguments))
    atexit.register(pool.close)
    with checking(pool, work.opening, allow_outside=allow_outside) as check:
        code, said = check()
    if code:
        print(said, end="", file=sys.stderr)
        sys.exit(code)
    os.environ["MLM_POOL"] = pool.address
