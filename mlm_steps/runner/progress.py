"""Show progress while the steps run, from the events of Snakemake's logger."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from mlm_steps.runner.cluster.failure import JobFailure
from mlm_steps.runner.cluster.sightings import Sightings
from mlm_steps.runner.display import Display, duration
from mlm_steps.steps.run.plan import Step

__all__ = ["DECIDE", "SHOWN", "Progress"]

LIVE, PLAIN = 1.0, 20.0
"""Seconds between displays of the running steps: on a terminal, and where each display adds a line."""
DECIDE = ("data", "effort")
"""Steps whose results determine which later steps are current."""
SHOWN = 4
"""Largest number of running steps that are named; the others are counted, so that one line holds them."""
UPDATED = " (update)"
"""What Snakemake writes behind an output that it does not delete before its job."""


class Progress(logging.Filter):
    """Records which steps run, end and fail, and shows it.

    Snakemake replaces the handlers of its logger when a run starts but keeps its filters. So this class is a
    filter that passes every record.

    Parameters
    ----------
    display : Display
    cores : int
        Number of steps that run at the same time.
    clock : callable, optional
        Returns seconds since a fixed moment. Times are shown; no decision depends on them.

    Attributes
    ----------
    finished, failed : list of str
        The steps that succeeded, and those that failed and left no result.
    errors : list of str
        The error messages of Snakemake itself.
    stopped : dict of str to JobFailure
        The steps whose job a cluster refused or stopped, with the reason.
    interrupted : bool
        Whether the run is being interrupted: a step that ends without a result then was stopped.
    """

    def __init__(self, display: Display, cores: int, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._display, self._cores, self._clock = display, cores, clock
        self._begun = clock()
        self._lock = threading.RLock()
        self._heads: dict[str, str] = {}
        self._waiting: list[str] = []
        self._before: Mapping[str, float] = {}
        self._jobs: dict[int, str] = {}
        self._running: dict[str, float] = {}
        self._took: dict[str, float] = {}
        self._recount: Callable[[], Sequence[str]] | None = None
        self._told = 0
        self._queued: dict[str, None] = {}
        self._remote: Sightings | None = None
        self._not_begun: set[str] = set()
        self.stopped: dict[str, JobFailure] = {}
        self.finished: list[str] = []
        self.failed: list[str] = []
        self.errors: list[str] = []
        self.interrupted = False

    def expect(
        self,
        steps: Sequence[Step],
        before: Mapping[str, float],
        out: tuple[Path, Path],
        recount: Callable[[], Sequence[str]] | None = None,
    ) -> None:
        """Store the steps that are to be made and the seconds that they took in the previous run.

        ``out`` is the output folder and its name in Snakemake. ``recount`` returns the steps that are not
        current; it is called after a step on which the keys of other steps depend.
        """
        self._recount = recount
        folder, plain = out
        self._heads = {str(plain / step.head.relative_to(folder)): step.name for step in steps}
        self._waiting = [step.name for step in steps]
        self._before = before

    def watch(self, remote: Sightings) -> None:
        """Tell waiting steps of a cluster from running ones by what they write into the results folder."""
        self._remote = remote

    def explain(self, files: Sequence[str], failure: JobFailure) -> None:
        """Store why a cluster has not done the job that makes some files.

        Of a job with several steps, it is the reason of the steps that were running, if any were. A job that
        is stopped after its steps is named too, since later steps did not run because of it.
        """
        with self._lock:
            self._look()
            made = {*map(self._heads.get, files)}
            asked = [step for step in self._waiting if step in made]
            steps = [step for step in asked if step not in self.finished]
            begun = [step for step in steps if step in self._running] or steps or asked
            self.stopped |= dict.fromkeys(begun, failure)
            self._not_begun |= {*steps} - {*begun}

    def filter(self, record: logging.LogRecord) -> bool:
        """Record an event and pass it on."""
        said = vars(record)
        event = str(said.get("event") or "")
        with self._lock:
            if event == "job_info":
                step = self._jobs[said["jobid"]] = self._name(said)
                self._begin(step, local=bool(said.get("local", True)))
            elif event == "job_finished":
                self.end(self._jobs.get(said["job_id"], ""))
            elif event == "job_error":
                self._fail(self._jobs.get(said.get("jobid", -1), ""))
            elif record.levelno >= logging.ERROR:
                self.errors.append(record.getMessage())
        return True

    def step_of(self, files: Sequence[str]) -> str:
        """Return the step that makes some files, by their names in Snakemake; empty if there is none."""
        return next(filter(None, map(self._heads.get, files)), "")

    def end(self, step: str, seconds: float | None = None) -> None:
        """Record that a step has succeeded; ``seconds`` are those of a step that the check has made."""
        with self._lock:
            if step and step not in self.finished:  # the ledger may have told it before the cluster
                self._end(step, seconds)

    def _end(self, step: str, seconds: float | None) -> None:
        self._queued.pop(step, None)
        begun = self._running.pop(step, None)
        if begun is not None:  # the check of the run may have made the data
            seconds = self._took[step] = self._clock() - begun
        self.finished.append(step)
        self._display.ended(step, seconds)
        if step in DECIDE and begun is not None and self._recount:
            ended = [*self.finished, *self.failed]
            self._waiting = [*ended, *(name for name in self._recount() if name not in ended)]
        self._show(step)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the running steps at regular intervals until the run ends."""
        ended = threading.Event()
        again = threading.Thread(target=self._again, args=(ended,), daemon=True)
        again.start()
        try:
            yield
        finally:
            ended.set()
            again.join()
            self._display.change("")

    def _name(self, event: Mapping[str, object]) -> str:
        """Return the step whose file a job makes."""
        outputs = event.get("output")
        files = outputs if isinstance(outputs, list) else []
        return self.step_of([str(file).removesuffix(UPDATED) for file in files])

    def _begin(self, step: str, *, local: bool) -> None:
        if not step:
            return
        if step in self.failed:  # the profile lets failed jobs run again
            self.failed.remove(step)
        self.stopped.pop(step, None)
        self._not_begun.discard(step)
        if local or self._remote is None:
            self._run(step)
        else:
            self._remote.expect(step)
            self._queued[step] = None
        self._display.change(self._now())

    def _run(self, step: str) -> None:
        self._running[step] = self._clock()
        self._display.begun(step)

    def _look(self) -> None:
        """See which steps of a cluster have begun or ended."""
        if self._remote is None:
            return
        for step in self._remote.begun(self._queued):
            del self._queued[step]
            self._run(step)
        for step in self._remote.ended([*self._queued, *self._running]):
            self.end(step)

    def _fail(self, step: str) -> None:
        begun = self._running.pop(step, None)
        self._queued.pop(step, None)
        if self.interrupted:
            return
        if step and step not in self.failed and step not in self.finished and step not in self._not_begun:
            self.failed.append(step)
            self._display.failed(step, None if begun is None else self._clock() - begun)
            self._show(f"{step}: failed")

    def _show(self, ended: str) -> None:
        left = "" if self._display.live else self._left()
        self._display.show(f"{self._count()}  {ended}{left}")
        self._display.change(self._now())

    def _again(self, ended: threading.Event) -> None:
        """Show the running steps: on a terminal each second, elsewhere if no step has ended for a while."""
        looked = 0
        often = self._display.live or self._remote is not None
        looks = PLAIN if often and not self._display.live else 1
        while not ended.wait(LIVE if often else PLAIN):
            with self._lock:
                self._look()
                looked += 1
                if self._display.live:
                    self._display.change(self._now())
                elif looked % looks == 0:
                    self._say_again()

    def _say_again(self) -> None:
        done = len(self.finished) + len(self.failed)
        if done == self._told and (self._running or self._queued):
            self._display.show(self._now())
        self._told = done

    def _count(self) -> str:
        done = len(self.finished) + len(self.failed)
        count = f"{done}/{max(len(self._waiting), done)}"
        return f"[{count:>7}] {self._clock() - self._begun:6.1f} s"

    def _now(self) -> str:
        """Return a line that names the running steps and counts the queued; it is empty without any."""
        names = list(self._running)
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        states = [f"{len(self._queued)} queued"] if self._queued else []
        states += [f"running {', '.join(names[:SHOWN])}{more}"] if names else []
        return f"{self._count()}  {', '.join(states)}{self._left()}" if states else ""

    def _left(self) -> str:
        """Return the expected time until the end of the run, in words.

        The expected time of a step is its time in the previous run. For a new step it is that of the other
        steps of its kind in this run or, without any, that of all steps.
        """
        ended = {*self.finished, *self.failed}
        rest = [step for step in self._waiting if step not in ended]
        if not rest or not self._took:
            return ""
        now = self._clock()
        total = sum(max(self._expected(step) - (now - self._running.get(step, now)), 0.0) for step in rest)
        return f" (about {duration(total / max(min(self._cores, len(rest)), 1))} left)"

    def _expected(self, step: str) -> float:
        if step in self._before:
            return self._before[step]
        kind = step.partition("/")[0]
        alike = [seconds for name, seconds in self._took.items() if name.partition("/")[0] == kind]
        times = alike or list(self._took.values())
        return sum(times) / len(times)
