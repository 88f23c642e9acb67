"""Watch a command that is run in this process: its time, and what it does outside of memory.

Python reports what it is about to do to audit hooks: to open a file, to start a process, to connect, to
unpickle, to compile text. Libraries in C open files without such a report; for these, the fuzzers compare the
contents of the working folder.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator

LIMIT = 5.0
"""Seconds of CPU after which an answer counts as none; most take a hundredth of one."""
WAIT = 60.0
"""Seconds after which a command that uses no CPU counts as waiting for ever, for example for a pipe."""
PAYLOAD = "mlm_payload"
"""A word of generated inputs: text that holds it must never be compiled as Python, or imported."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = (
    *("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod"),
    *("os.chown", "os.utime", "os.setxattr", "os.removexattr", "os.mkfifo", "os.mknod"),
    *("shutil.", "tempfile."),
)
_PROCESSES = (
    *("subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.startfile"),
    *("os.kill", "os.putenv", "os.unsetenv", "pty.spawn"),
)
_NETWORK = ("socket.", "urllib.", "http.client.", "ftplib.", "smtplib.", "imaplib.", "poplib.", "telnetlib.")
_FORBIDDEN = (*_CHANGES, *_PROCESSES, *_NETWORK, "pickle.find_class", "webbrowser.", "ctypes.dlopen")

_watching = False
_seen: list[str] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if not _watching:
        return
    if event == "open":
        path, mode, flags = arguments
        written = isinstance(mode, str) and set(mode) & set("wax+")
        if (written or (isinstance(flags, int) and flags & _WRITING)) and path != os.devnull:
            _seen.append(f"open {path!r} {mode!r}")
    elif event in ("compile", "exec", "import"):
        if PAYLOAD in str(arguments[:1])[:100_000]:
            _seen.append(f"{event} {str(arguments)[:200]}")
    elif event.startswith(_FORBIDDEN) and not _own_library(event, arguments):
        _seen.append(f"{event} {str(arguments)[:200]}")


def _own_library(event: str, arguments: tuple[object, ...]) -> bool:
    """Return whether a library loads one of its own shared objects, which is no effect of an input."""
    return event == "ctypes.dlopen" and PAYLOAD not in str(arguments)


sys.addaudithook(_hook)


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """Raise AssertionError if the body writes a file, starts a process, connects, or runs text as code."""
    global _watching
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    _seen.clear()
    _watching = True
    try:
        yield
    finally:
        _watching = False
        sys.dont_write_bytecode = bytecode
    assert not _seen, f"side effects: {_seen[:3]}"


@contextlib.contextmanager
def limited(seconds: float = LIMIT) -> Iterator[None]:
    """Raise TimeoutError where the body takes more CPU time than the limit, or waits for ever."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"no answer in {seconds:g} s")

    timers = ((signal.ITIMER_PROF, signal.SIGPROF, seconds), (signal.ITIMER_REAL, signal.SIGALRM, WAIT))
    before = [signal.signal(number, stop) for _, number, _ in timers]
    for timer, _, limit in timers:
        signal.setitimer(timer, limit)
    try:
        yield
    finally:
        for (timer, number, _), handler in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler or signal.SIG_DFL)  # None: a library in C had its own
