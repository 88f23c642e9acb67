"""The events of a run as JSON, one object per line on standard error, for programs that watch it."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, TextIO

from mlm_steps.errors import Fault, MlmError, StorageError
from mlm_steps.records.failure import is_failure, read_absence
from mlm_steps.runner.display import Display
from mlm_steps.steps import STEPS
from mlm_steps.steps.run.plan import Step

__all__ = ["EventDisplay", "EventLog", "reported", "rung_of"]

DONE, NOT_AS_EXPECTED, INPUT_AT_FAULT, STEP_FAILED, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit codes of a run, as those of the command line."""
BUG = 70
"""Exit code after an error in mlm itself, as ``EX_SOFTWARE`` of sysexits.h; its traceback is an event."""
ENDS = {
    DONE: ("done", "the run has ended"),
    NOT_AS_EXPECTED: ("failed", "the run has ended, but not as the spec expects"),
    INPUT_AT_FAULT: ("failed", "the input is at fault"),
    STEP_FAILED: ("failed", "a step failed"),
    BUG: ("failed", "an error in mlm ended the run"),
    INTERRUPTED: ("stopped", "interrupted; what was finished is kept, the next run goes on from there"),
}
"""State and message of the last event for each exit code."""


class EventLog:
    """Writes events as lines of JSON; each has all fields, with null where a field does not apply.

    Parameters
    ----------
    stream : TextIO
    clock : callable, optional
        Returns seconds since a fixed moment. Times are shown; no decision depends on them.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._begun = clock()

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self._clock() - self._begun

    def emit(
        self,
        event: str,
        *,
        step: str | None = None,
        state: str | None = None,
        seconds: float | None = None,
        message: str | None = None,
        code: int | None = None,
    ) -> None:
        """Write one event."""
        fields = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "event": event,
            "step": step,
            "rung": None if step is None else rung_of(step),
            "state": state,
            "seconds": None if seconds is None else round(seconds, 3),
            "message": message,
            "code": code,
        }
        self._stream.write(json.dumps(fields, ensure_ascii=False) + "\n")
        self._stream.flush()


def rung_of(step: str) -> str | None:
    """Return the model on which a step works; of a comparison, the larger one; None for steps of all models.

    Examples
    --------
    >>> rung_of("fit/l1"), rung_of("compare/null--l1"), rung_of("report")
    ('l1', 'l1', None)
    """
    kind, _, of = step.partition("/")
    declared = STEPS.get(kind)
    options = [option.name for option in declared.scope.options] if declared else []
    first = of.partition("/")[0]
    if options[:1] == ["model"]:
        return first
    return first.partition("--")[2] if options[:2] == ["smaller", "larger"] else None


class EventDisplay(Display):
    """Emits events where a display for people shows lines."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(sys.stderr, live=True)
        self._log = log
        self._steps: dict[str, Step] = {}

    def say(self, *lines: str) -> None:
        """Emit lines as messages."""
        for line in lines:
            self._log.emit("message", message=line)

    def change(self, line: str) -> None:
        """Do nothing: the line would repeat the events."""

    def show(self, line: str) -> None:
        """Do nothing: the line would repeat the events."""

    def planned(self, steps: Sequence[Step], lines: Sequence[str]) -> None:  # noqa: ARG002 - as in Display
        """Emit each step that is to be made with its reason."""
        self._steps = {step.name: step for step in steps}
        for step in steps:
            self._log.emit("step_planned", step=step.name, state="waiting", message=step.why)

    def begun(self, step: str) -> None:
        """Emit that a step runs."""
        self._log.emit("step_started", step=step, state="running")

    def ended(self, step: str, seconds: float | None) -> None:
        """Emit that a step is done, or that the reason of its failure is recorded in place of its result."""
        planned = self._steps.get(step)
        if planned is not None and is_failure(planned.head):
            reason = read_absence(planned.head).reason
            self._log.emit("step_failed", step=step, state="failed", seconds=seconds, message=reason)
        else:
            self._log.emit("step_finished", step=step, state="done", seconds=seconds)

    def failed(self, step: str, seconds: float | None) -> None:
        """Emit that a step failed and left no result."""
        self._log.emit("step_failed", step=step, state="failed", seconds=seconds)


def reported(run: Callable[[Display], int], about: str) -> int:
    """Run a function with a display of events and return its exit code; standard error has events alone.

    What is written to standard error otherwise, such as remarks on the ladder, becomes messages. ``about``
    describes the run in its first event.
    """
    with _captured_errors() as (stream, caught):
        log = EventLog(stream)
        log.emit("run_started", state="running", message=about)
        code, faults = _code_of(run, EventDisplay(log))
        for line in _lines(caught):
            at_fault = code == INPUT_AT_FAULT and not line.startswith("::")  # an annotation repeats a fault
            log.emit("fault" if at_fault else "message", message=line)
        for fault in faults:
            log.emit("fault", message=fault)
        state, words = ENDS.get(code, ("failed", "the run has ended"))
        log.emit("run_finished", state=state, seconds=log.elapsed, message=words, code=code)
    return code


def _code_of(run: Callable[[Display], int], display: Display) -> tuple[int, list[str]]:
    """Return the exit code of a run and the faults that ended it."""
    try:
        code = run(display)
        sys.stdout.flush()
    except MlmError as error:
        return (STEP_FAILED if isinstance(error, StorageError) else INPUT_AT_FAULT), _words(error.faults)
    except KeyboardInterrupt:
        return INTERRUPTED, []
    except BrokenPipeError:
        raise
    except Exception:  # a bug in mlm: its traceback would not be JSON
        return BUG, [traceback.format_exc()]
    return code, []


def _words(faults: Sequence[Fault]) -> list[str]:
    return [str(fault) for fault in faults]


@contextmanager
def _captured_errors() -> Iterator[tuple[TextIO, IO[bytes]]]:
    """Yield the stream of standard error, and a file that takes its place until the end."""
    sys.stderr.flush()
    original = os.dup(2)
    with os.fdopen(original, "w", encoding="utf-8") as stream, tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield stream, caught
        finally:
            sys.stderr.flush()
            os.dup2(original, 2)


def _lines(caught: IO[bytes]) -> list[str]:
    sys.stderr.flush()
    caught.seek(0)
    return [line for line in caught.read().decode("utf-8", "replace").splitlines() if line.strip()]
