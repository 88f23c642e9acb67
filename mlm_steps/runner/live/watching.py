"""Run a spec again whenever it or its data are saved, in forks of a process that has loaded the libraries."""

from __future__ import annotations

import gc
import importlib
import os
import re
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from mlm_steps.errors import MlmError
from mlm_steps.runner.cluster.profiles import read_command_line
from mlm_steps.runner.events import ENDS, INPUT_AT_FAULT, INTERRUPTED, STEP_FAILED
from mlm_steps.runner.live.loaded import Loaded, state_of_file
from mlm_steps.runner.live.loaded import State as FileState
from mlm_steps.runner.live.server import Server, State
from mlm_steps.runner.pool import load_all
from mlm_steps.runner.watch import SERVER
from mlm_steps.steps.run.session import open_plan

__all__ = ["LiveRequest", "serve"]

LOOK = 0.05
"""Seconds between two looks at the files; a file counts as saved when two looks find it the same."""
MOST_WORDS = 20_000
"""Characters of a run's messages that are shown; the terminal has all of them."""
LATER = ("mlm_steps.runner.run", "mlm_steps.runner.snakefile", "snakemake.api", "snakemake.storage", "yte")
"""Modules that a run imports besides those of its pool and those of Snakemake's command line."""
WORKS = "The analysis runs."
STOPPED = "saved while the run worked: it stops, and what it has finished is kept"
INTERRUPTION = ENDS[INTERRUPTED][1].encode()
"""What a run says that is stopped; after a save, the server has said it."""
STEP_LINE, PLAN_LINE, REASON_LINE = "[", re.compile(r"\d+ steps? to make:"), "  "
"""How lines begin that tell of a step that has ended, of the steps to be made, and why each is made."""

Stamp = tuple[FileState, ...]


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """The arguments of ``mlm serve``.

    Attributes
    ----------
    spec : Path
    out : Path or None
        The output folder; by default that of ``mlm run``.
    watch : bool
        Whether to run again when the spec or its data are saved.
    port : int
        The port of the server; 0 for any free one.
    words : tuple of str
        Further arguments of ``mlm run``.
    allow_outside : bool
        Whether the spec may read data from any folder.
    """

    spec: Path
    out: Path | None
    watch: bool
    port: int
    words: tuple[str, ...]
    allow_outside: bool


class Watched:
    """The spec, its data files, and the output folder that the spec names."""

    def __init__(self, request: LiveRequest) -> None:
        self._request = request
        self._files: tuple[Path, ...] = (request.spec,)
        self.out: Path | None = request.out

    def read(self) -> None:
        """Read from the spec which files it uses; those of the last valid spec stay if it is at fault."""
        try:
            plan = open_plan(self._request.spec, self._request.out, allow_outside=self._request.allow_outside)
        except MlmError:
            return
        self.out = plan.layout.out
        self._files = (self._request.spec, *plan.loaded.paths.values(), *plan.loaded.beside.values())

    def stamp(self) -> Stamp:
        """Return time, size and number of each file; None for a file that is absent."""
        return tuple(map(state_of_file, self._files))


def serve(request: LiveRequest, command: Callable[[Sequence[str]], int]) -> int:
    """Run a spec, serve its report until an interrupt, and run the spec again after changes; return 0.

    ``command`` runs an ``mlm`` command.
    """
    server, watched = Server(request.port), Watched(request)
    server.start()
    if not server.report:
        print(f"the report is at {server.address}  (Ctrl-C ends the server)", flush=True)
    live = _Live(request, command, server, watched)
    with _ended_by_signals():
        try:
            live.run()
            if request.watch:
                live.watch()
            while True:
                signal.pause()
        except KeyboardInterrupt:
            print("the server has ended", file=sys.stderr)
        finally:
            live.end()
            server.close()
    return 0


def _load() -> None:
    """Load what a run needs, Snakemake included, so that the forks of this process have it."""
    load_all()
    read_command_line([], None)
    for name in LATER:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a garbage collection in a fork would write to, and so copy, every page of this process


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let a termination end the server as an interrupt does."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


class _Live:
    """The runs of one spec, and what the browsers are told of them."""

    def __init__(
        self,
        request: LiveRequest,
        command: Callable[[Sequence[str]], int],
        server: Server,
        watched: Watched,
    ) -> None:
        self._request, self._command = request, command
        self._server, self._watched = server, watched
        self._state = State(server.report)
        self._report: FileState = None
        self._loaded = Loaded()
        self._child = 0
        self._in_plan = False

    def watch(self) -> None:
        """Run again after each change, for ever."""
        _load()  # after the first run, which loads in parallel to its own work
        self._loaded.changed()  # sees the files of what is now loaded
        seen = self._seen
        while True:
            time.sleep(LOOK)
            now = self._watched.stamp()
            if now != self._seen and now == seen:
                if self._loaded.changed():
                    self._begin_anew()
                self.run()
                now = self._seen
            seen = now

    def _begin_anew(self) -> NoReturn:
        """Replace this process by a new one of the same command, which loads the present code."""
        print("the code or a library has changed: the server begins anew", file=sys.stderr, flush=True)
        sys.stdout.flush()
        self._server.hand_over(self._state.report)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - this very command

    def run(self) -> None:
        """Run the spec, again if it changes meanwhile, and tell the browsers how the run ended."""
        while True:
            self._watched.read()
            self._seen = self._watched.stamp()
            said: list[str] = []
            code = self._run_once(said)
            if code is not None:
                break
        self._watched.read()
        self._tell(code, said)

    def _run_once(self, said: list[str]) -> int | None:
        """Run the spec in a fork; return its exit code, or None if a change has stopped it."""
        reader, writer = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        server = os.getpid()
        self._child = os.fork()
        if not self._child:
            os.close(reader)
            os.environ[SERVER] = str(server)
            _work(self._command, self._words(), writer)
        os.close(writer)
        self._say(WORKS)
        changed, rest = False, b""
        with os.fdopen(reader, "rb", buffering=0) as stream:
            while True:
                ready, _, _ = select.select([stream], [], [], LOOK)
                if ready:
                    piece = stream.read(65536) or b""
                    if not piece:
                        break
                    *lines, rest = (rest + piece).split(b"\n")
                    self._hear([line for line in lines if not (changed and line == INTERRUPTION)], said)
                elif not changed and self._request.watch and self._watched.stamp() != self._seen:
                    changed = True
                    print(STOPPED, file=sys.stderr, flush=True)
                    os.kill(self._child, signal.SIGINT)
        self._hear([rest] if rest else [], said)
        code = os.waitstatus_to_exitcode(os.waitpid(self._child, 0)[1])
        self._child = 0
        return None if changed else code

    def _words(self) -> list[str]:
        request = self._request
        out = [] if request.out is None else [f"--out={request.out}"]
        outside = ["--allow-outside"] if request.allow_outside else []
        return ["run", str(request.spec), *out, *outside, *request.words]

    def _hear(self, lines: Sequence[bytes], said: list[str]) -> None:
        """Pass lines of the run on to the terminal, and its progress to the browsers."""
        for each in lines:
            line = each.decode(errors="replace")
            print(line, file=sys.stderr, flush=True)
            self._in_plan = bool(PLAN_LINE.match(line)) or (self._in_plan and line.startswith(REASON_LINE))
            if line.startswith(STEP_LINE):
                self._say(f"{WORKS} {' '.join(line.split())}")
            elif line.strip() and not self._in_plan:
                said.append(line)

    def _say(self, text: str) -> None:
        self._change(replace(self._state, text=text, fault=False))

    def _tell(self, code: int, said: Sequence[str]) -> None:
        """Tell the browsers how a run ended: a newer report, or the faults in words."""
        newest = None if self._watched.out is None else state_of_file(self._watched.out / "report.html")
        number = self._state.report + (newest is not None and newest != self._report)
        self._report = newest
        text = "\n".join(said)[:MOST_WORDS] if code else ""
        if code == INPUT_AT_FAULT:
            shown = "." if newest is None else "; the page shows the last report."
            text = f"The spec or its data are at fault{shown}\n\n{text}"
        elif code == STEP_FAILED:
            text = f"A step failed.\n\n{text}"
        self._change(State(number, text, bool(text), str(self._watched.out or "")))

    def _change(self, state: State) -> None:
        self._state = replace(state, out=state.out or str(self._watched.out or ""))
        self._server.tell(self._state)

    def end(self) -> None:
        """End a run that is under way; what it has finished is kept."""
        if self._child:
            os.kill(self._child, signal.SIGINT)
            os.waitpid(self._child, 0)
            self._child = 0


def _work(command: Callable[[Sequence[str]], int], words: Sequence[str], writer: int) -> NoReturn:
    """Run a command in this fork, with its messages in a pipe, and end with its exit code."""
    code = STEP_FAILED
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.dup2(writer, 2)
        os.close(writer)
        code = command(words)
    except BaseException:  # a bug in mlm, or the server has ended and nobody reads the messages
        with suppress(OSError):
            traceback.print_exc()
    finally:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
