"""The Snakefile waits for the check of its run; a run that may not begin leaves nothing behind."""

import pytest

from mlm_steps.errors import Fault, UsageError
from mlm_steps.runner.admission import admitting, wait_for_admission


@pytest.fixture
def logging_into(tmp_path, monkeypatch):
    """Let Snakemake log into a folder, as its command line does."""
    from snakemake.logging import LoggerManager, logger
    from snakemake.settings.types import OutputSettings

    monkeypatch.chdir(tmp_path)
    manager = LoggerManager(logger, OutputSettings())
    manager.setup_logfile()
    yield tmp_path / ".snakemake"
    manager.stop()


def refuse():
    raise UsageError(Fault("results", "another run is using this output folder"))


def interrupt():
    raise KeyboardInterrupt


def test_plain_snakemake_waits_for_nothing():
    assert wait_for_admission() is None


def test_the_snakefile_gets_the_plan_of_its_run():
    plan = object()
    with admitting(lambda: plan):
        assert wait_for_admission() is plan
    assert wait_for_admission() is None


@pytest.mark.parametrize(("admit", "kind"), [(refuse, UsageError), (interrupt, KeyboardInterrupt)])
def test_the_reason_passes_through_what_catches_exceptions(admit, kind):
    taken_for_an_error = False

    def read_snakefile():
        nonlocal taken_for_an_error
        try:
            wait_for_admission()
        except Exception:
            taken_for_an_error = True

    with pytest.raises(kind), admitting(admit):
        read_snakefile()
    assert not taken_for_an_error


def test_a_refused_run_leaves_no_log(logging_into):
    assert [*logging_into.rglob("*.log")]
    with pytest.raises(UsageError), admitting(refuse):
        wait_for_admission()
    assert not logging_into.exists()


def test_the_logs_of_other_runs_are_kept(logging_into):
    other = logging_into / "log" / "other.log"
    other.touch()
    with pytest.raises(UsageError), admitting(refuse):
        wait_for_admission()
    assert [*logging_into.rglob("*.log")] == [other]
