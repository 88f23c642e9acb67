"""What a run shows while it works."""

import io
import logging
import time
from pathlib import Path

import pytest

from mlm_steps.runner.cluster.failure import JobFailure
from mlm_steps.runner.display import Display, is_live
from mlm_steps.runner.progress import Progress
from mlm_steps.steps.run.plan import Step

OUT = Path("{out}")
NAMES = (OUT, Path("plain"))


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock():
    return Clock()


def steps(*names):
    return [Step(name, OUT / name.replace("/", "-"), (), None, "it has not been made yet") for name in names]


def event(kind, level=logging.INFO, message="", **facts):
    record = logging.LogRecord("snakemake", level, "", 0, message, None, None)
    record.event = kind
    vars(record).update(facts)
    return record


def begin(progress, job, step):
    progress.filter(event("job_info", jobid=job, output=[f"plain/{step.replace('/', '-')}"]))


def end(progress, job):
    progress.filter(event("job_finished", job_id=job))


def shown(stream):
    """Return the last line that a terminal shows."""
    return stream.getvalue().split("\x1b[K")[-1]


def test_without_a_terminal_each_step_that_ends_has_a_line_with_count_and_time_left(clock):
    stream = io.StringIO()
    progress = Progress(Display(stream, live=False), 1, clock)
    progress.expect(steps("fit/a", "fit/b", "report"), {}, NAMES)
    begin(progress, 1, "fit/a")
    clock.now = 2.0
    end(progress, 1)
    begin(progress, 2, "fit/b")
    clock.now = 4.0
    end(progress, 2)
    begin(progress, 3, "report")
    end(progress, 3)
    assert stream.getvalue().splitlines() == [
        "[    1/3]    2.0 s  fit/a (about 4 s left)",
        "[    2/3]    4.0 s  fit/b (about 2 s left)",
        "[    3/3]    4.0 s  report",
    ]
    assert progress.finished == ["fit/a", "fit/b", "report"]


def test_on_a_terminal_the_last_line_names_the_running_steps_and_the_time_left(clock):
    stream = Terminal()
    progress = Progress(Display(stream, live=True), 2, clock)
    progress.expect(
        steps("fit/a", "fit/b", "fit/c", "report"), {"fit/b": 9.0, "fit/c": 4.0, "report": 1.0}, NAMES
    )
    begin(progress, 1, "fit/a")
    begin(progress, 2, "fit/b")
    assert "running fit/a, fit/b" in shown(stream)
    clock.now = 3.0
    end(progress, 1)
    assert shown(stream) == "[    1/4]    3.0 s  running fit/b (about 6 s left)"  # (6 + 4 + 1) / 2


def test_a_step_that_fails_is_counted_and_named_once(clock):
    stream = io.StringIO()
    progress = Progress(Display(stream, live=False), 1, clock)
    progress.expect(steps("tables", "report"), {}, NAMES)
    begin(progress, 1, "tables")
    for _ in range(2):
        progress.filter(event("job_error", level=logging.ERROR, jobid=1))
    assert stream.getvalue() == "[    1/2]    0.0 s  tables: failed\n"
    assert progress.failed == ["tables"]


def test_a_step_whose_output_is_updated_is_counted(clock):
    stream = io.StringIO()
    progress = Progress(Display(stream, live=False), 1, clock)
    progress.expect(steps("figures"), {}, NAMES)
    progress.filter(event("job_info", jobid=1, output=["plain/figures (update)"]))
    end(progress, 1)
    assert stream.getvalue() == "[    1/1]    0.0 s  figures\n"


def test_a_step_that_an_interrupt_stops_has_not_failed(clock):
    stream = io.StringIO()
    progress = Progress(Display(stream, live=False), 2, clock)
    progress.expect(steps("fit/a", "fit/b"), {}, NAMES)
    begin(progress, 1, "fit/a")
    begin(progress, 2, "fit/b")
    progress.interrupted = True
    progress.filter(event("job_error", level=logging.ERROR, jobid=1))
    end(progress, 2)
    assert stream.getvalue().splitlines() == ["[    1/2]    0.0 s  fit/b (about 1 s left)"]
    assert (progress.finished, progress.failed) == (["fit/b"], [])


def test_what_snakemake_says_to_be_wrong_is_kept(clock):
    progress = Progress(Display(io.StringIO(), live=False), 1, clock)
    progress.filter(event(None, level=logging.ERROR, message="no such rule"))
    assert progress.errors == ["no such rule"]


def test_a_line_is_written_over_only_where_a_terminal_can_and_nobody_minds():
    assert is_live(Terminal(), {"TERM": "xterm"})
    assert not is_live(Terminal(), {"TERM": "xterm", "NO_COLOR": "1"})
    assert not is_live(Terminal(), {"TERM": "dumb"})
    assert not is_live(io.StringIO(), {"TERM": "xterm"})


def test_the_count_follows_what_is_current_after_a_step_that_others_depend_on(clock):
    stream = io.StringIO()
    progress = Progress(Display(stream, live=False), 1, clock)
    progress.expect(steps("effort", "allfit", "deletions", "report"), {}, NAMES, lambda: ["report"])
    begin(progress, 1, "effort")
    end(progress, 1)
    assert stream.getvalue().startswith("[    1/2] ")


class Elsewhere:
    """Sightings that are set by hand."""

    def __init__(self):
        self.written, self.entered = [], []

    def expect(self, step):
        pass

    def begun(self, steps):
        return [step for step in steps if step in self.written]

    def ended(self, steps):
        return [step for step in steps if step in self.entered]


def submit(progress, job, step):
    output = [f"plain/{step.replace('/', '-')}"]
    progress.filter(event("job_info", jobid=job, output=output, local=False))


@pytest.fixture
def remote(clock):
    """A run whose three steps share a job of a cluster."""
    stream = Terminal()
    progress = Progress(Display(stream, live=True), 1, clock)
    progress.expect(steps("fit/a", "fit/b", "tables"), {}, NAMES)
    progress.watch(Elsewhere())
    for number, step in enumerate(("fit/a", "fit/b", "tables")):
        submit(progress, number, step)
    return progress, stream


def look(progress):
    with progress.shown():
        time.sleep(1.2)


def test_steps_of_a_cluster_wait_until_they_write_their_logs(remote):
    progress, stream = remote
    assert "3 queued" in shown(stream)
    progress._remote.written = ["fit/a"]
    look(progress)
    assert "2 queued, running fit/a" in stream.getvalue()


def test_a_step_in_the_ledger_has_ended_before_its_job(remote):
    progress, _ = remote
    progress._remote.entered = ["fit/a"]
    look(progress)
    end(progress, 0)
    assert progress.finished == ["fit/a"]


def test_of_a_stopped_job_only_the_steps_that_ran_have_failed(remote):
    progress, _ = remote
    progress._remote.written, progress._remote.entered = ["fit/a", "fit/b"], ["fit/a"]
    failure = JobFailure("7", "OUT_OF_MEMORY")
    progress.explain(["plain/fit-a", "plain/fit-b", "plain/tables"], failure)
    for job in range(3):
        progress.filter(event("job_error", logging.ERROR, jobid=job))
    assert progress.finished == ["fit/a"]
    assert progress.failed == ["fit/b"]
    assert progress.stopped == {"fit/b": failure}


def test_a_job_that_is_submitted_again_has_not_failed(remote):
    progress, _ = remote
    progress.explain(["plain/fit-a"], JobFailure("7", "TIMEOUT"))
    progress.filter(event("job_error", logging.ERROR, jobid=0))
    submit(progress, 4, "fit/a")
    end(progress, 4)
    assert not progress.failed
    assert not progress.stopped
    assert progress.finished == ["fit/a"]


def test_a_job_that_is_stopped_after_its_steps_is_named(remote):
    progress, _ = remote
    progress._remote.entered = ["fit/a"]
    failure = JobFailure("7", "CANCELLED")
    progress.explain(["plain/fit-a"], failure)
    assert progress.stopped == {"fit/a": failure}
    assert not progress.failed
