"""Run the workflow of the Snakefile in this process."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NoReturn

from mlm_steps.errors import MlmError
from mlm_steps.report.share import share
from mlm_steps.runner.admission import Admit, admitting
from mlm_steps.runner.alias import is_number, plain_name
from mlm_steps.runner.cluster.executor import adapt as adapt_slurm
from mlm_steps.runner.cluster.profiles import read_command_line
from mlm_steps.runner.cluster.target import Target
from mlm_steps.runner.executor import PoolCalls
from mlm_steps.runner.executor import adapt as adapt_local
from mlm_steps.runner.progress import Progress
from mlm_steps.runner.warm import WarmPool
from mlm_steps.steps.run.plan import Step
from mlm_steps.steps.run.session import open_plan

__all__ = ["prepare_workflow"]


def prepare_workflow(
    *,
    spec: Path,
    out: Path,
    cores: int | None,
    target: Target | None,
    allow_outside: bool,
    progress: Progress,
    pool: WarmPool,
    admit: Admit,
    decisive: Sequence[Step] = (),
    are_long: Callable[[], Mapping[str, bool]] = dict,
) -> Callable[[], bool]:
    """Return a function that runs Snakemake on our Snakefile and returns whether all steps succeeded.

    Snakemake's command line is used because its interface is stable and because it reads the profiles. Its
    temporary files are below the folder of the pool, which is removed even if this process is killed.
    UsageError is raised if the command line cannot be read.

    On a cluster, the ``decisive`` steps, which decide what other steps do, are made before any other job is
    submitted: Snakemake loses jobs of several steps when it plans again after a checkpoint. ``are_long``
    returns which steps take so long that they are taken out of the profile's groups. ``admit`` is called when
    Snakemake has read the rules, or before if there is a profile, since its groups depend on the data.
    """
    folder = share("workflow")
    # Snakemake reads a number as a number even in quotes; with ./ before it, it is text.
    given = {"spec": f"./{spec}" if is_number(str(spec)) else spec, "out": plain_name(out)}
    # Snakemake reads the values as YAML: unquoted, 1e3 would be a number and ~ nothing.
    quoted = {name: json.dumps(str(path), ensure_ascii=False) for name, path in given.items()}
    config = [f"{name}={value}" for name, value in quoted.items()]
    config += ["allow_outside=true"] if allow_outside else []
    words = ["--snakefile", str(folder / "Snakefile"), "--quiet", "all"]
    words += ["--workflow-profile", str(folder / "profiles" / "default"), "--config", *config]
    words += [] if cores is None else ["--cores", str(cores)]
    if target is None:
        words += ["--runtime-source-cache-path", str(pool.folder / f"sources-{os.getpid()}")]
        parser, arguments = read_command_line(words, None)
        # The rate limiter is for clusters: here its timer would delay the end by a second.
        arguments.max_jobs_per_timespan = None
    else:
        parser, arguments = read_command_line([*words, "--profile", target.profile], target.profile)
    if arguments.cores is None and (target is None or not target.remote):
        arguments.cores = os.cpu_count() or 1
    if target is not None and target.slurm:
        arguments.slurm_jobname_prefix = target.prefix
        adapt_slurm(progress.explain)
    remote = target is not None and target.remote
    stages = [[str(plain_name(out) / step.head.relative_to(out))] for step in decisive] if remote else []
    outside = ["--allow-outside"] if allow_outside else []
    is_made = partial(_is_made, spec, out, allow_outside)
    calls = PoolCalls(pool.address, [str(spec), f"--out={plain_name(out)}", *outside], is_made)
    adapt_local(calls, progress.step_of)
    run = partial(_run, parser, arguments, progress, [*stages, arguments.targets], pool.folder)
    return partial(run, admit, None if target is None else are_long)


def _run(
    parser: ArgumentParser,
    arguments: Namespace,
    progress: Progress,
    stages: Sequence[Sequence[str]],
    scratch: Path,
    admit: Admit,
    are_long: Callable[[], Mapping[str, bool]] | None,
) -> bool:
    """Run Snakemake for the targets of each stage until one fails; return whether all have succeeded."""
    from snakemake.cli import args_to_api
    from snakemake.logging import logger

    if are_long is not None:
        admit()
        groups, scattered = arguments.groups or {}, are_long()
        arguments.groups = {rule: name for rule, name in groups.items() if not scattered.get(rule)}
    logger.addFilter(progress)
    try:
        with _temporary_files_in(scratch), _interrupts(progress):
            wanted = [Namespace(**{**vars(arguments), "targets": [*targets]}) for targets in stages]
            with admitting(admit):
                done = bool(args_to_api(wanted[0], parser))
            # A later stage opens a plan of its own, in which the steps of the stage before are current.
            done = done and all(bool(args_to_api(each, parser)) for each in wanted[1:])
    finally:
        logger.removeFilter(progress)
    if progress.interrupted:
        raise KeyboardInterrupt
    return done and not progress.failed


def _is_made(spec: Path, out: Path, allow_outside: bool, step: str) -> bool:
    try:
        return open_plan(spec, out, allow_outside=allow_outside).step(step).current
    except (MlmError, KeyError):  # the spec was changed in the meantime
        return False


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """Let this process make its temporary files in a folder."""
    usual = tempfile.tempdir
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = usual


@contextmanager
def _interrupts(progress: Progress) -> Iterator[None]:
    """Record an interrupt, which Snakemake treats as failed steps; further ones are ignored until the end."""

    def note(*_: object) -> NoReturn:
        progress.interrupted = True
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the end of the steps is not to be disturbed
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        if not progress.interrupted:
            signal.signal(signal.SIGINT, previous)
