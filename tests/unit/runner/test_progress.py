"""What a run shows while it works."""

import io
import logging
from pathlib import Path

import pytest

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
