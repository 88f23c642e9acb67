"""The children of the pool run one command after the other, and nothing of one is left for the next."""

import os
import signal
import socket
import sys
import threading
import time
import warnings
from pathlib import Path

import pytest

from mlm_steps.runner import client, pool, worker

needs_peak = pytest.mark.skipif(
    not os.access("/proc/self/clear_refs", os.W_OK), reason="this system has no peak of a single step"
)


def command(words):
    """Run a command of these tests."""
    what, *rest = words
    if what == "number":
        Path(rest[0]).write_text(str(os.getpid()))
    elif what == "warn":
        warnings.warn("told each time", UserWarning, stacklevel=1)
    elif what == "grow":
        command.held = bytearray(os.urandom(1) * (64 * 2**20))
    elif what == "sleep":
        Path(rest[0]).write_text(str(os.getpid()))
        time.sleep(60)
    elif what == "raise":
        raise ValueError("a bug")
    return int(rest[-1]) if what == "code" else 0


class Pool:
    """A pool without the libraries of a run, in a fork of the test."""

    def __init__(self, folder, keep=lambda: True):
        self.address = str(folder / "scratch" / "pool")
        Path(self.address).parent.mkdir()
        self.error = folder / "error.txt"
        reader, self.lifeline = os.pipe()
        self.process = os.fork()
        if not self.process:
            os.close(self.lifeline)
            os.setsid()
            sys.stderr = os.fdopen(2, "w", closefd=False)  # pytest has its own, and shows no warnings
            warnings.resetwarnings()
            warnings.showwarning = lambda message, *_: print(message, file=sys.stderr)
            code = pool.serve(self.address, reader, command, lambda: None, lambda: keep)
            os._exit(code)
        os.close(reader)
        while not Path(self.address).exists():
            time.sleep(0.01)

    def call(self, *words):
        with self.error.open("w") as errors:
            return client.call(self.address, [str(word) for word in words], (1, errors.fileno()))

    def number(self, folder):
        """Return the process that runs the next command."""
        assert self.call("number", folder / "number") == 0
        return int((folder / "number").read_text())

    def end(self):
        os.close(self.lifeline)
        assert os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1]) == 0


@pytest.fixture
def open_pool(tmp_path, monkeypatch):
    monkeypatch.setattr(pool, "NEEDED", ())
    monkeypatch.setattr(pool, "_modules", lambda _: ())
    opened = []

    def start(**options):
        opened.append(Pool(tmp_path, **options))
        assert opened[-1].call("code", 0) == 0  # nothing can be kept before the first command
        return opened[-1]

    yield start
    for each in opened:
        each.end()


@needs_peak
def test_a_child_that_has_inherited_everything_runs_several_commands(open_pool, tmp_path):
    run = open_pool()
    assert run.number(tmp_path) == run.number(tmp_path) != run.process


def test_a_child_that_lacks_something_runs_one(open_pool, tmp_path):
    run = open_pool(keep=lambda: False)
    assert run.number(tmp_path) != run.number(tmp_path)


@needs_peak
@pytest.mark.parametrize(
    ("words", "code"), [(["code", 2], 2), (["grow"], 0), (["raise"], 3)], ids=["fault", "memory", "bug"]
)
def test_a_child_that_is_not_as_good_as_new_runs_no_other_command(open_pool, tmp_path, words, code):
    run = open_pool()
    before = run.number(tmp_path)
    assert run.call(*words) == code
    assert run.number(tmp_path) != before
    if words == ["raise"]:
        run.call("raise")
        assert "ValueError: a bug" in run.error.read_text()


@needs_peak
def test_a_warning_is_shown_by_each_command(open_pool):
    run = open_pool()
    for _ in range(2):
        assert run.call("warn") == 0
        assert "told each time" in run.error.read_text()


@needs_peak
def test_a_killed_command_is_answered_and_the_next_has_a_new_child(open_pool, tmp_path):
    run = open_pool()
    before = run.number(tmp_path)
    codes = []
    thread = threading.Thread(target=lambda: codes.append(run.call("sleep", tmp_path / "sleeps")))
    thread.start()
    assert _number_in(tmp_path / "sleeps") == before
    os.kill(before, signal.SIGKILL)
    thread.join(10)
    assert codes == [137]
    assert run.number(tmp_path) != before


@needs_peak
def test_a_command_ends_with_its_client(open_pool, tmp_path):
    run = open_pool()
    before = run.number(tmp_path)
    connection = client.connect(run.address)
    client.send(connection, ["sleep", str(tmp_path / "sleeps")], (1, 2))
    assert _number_in(tmp_path / "sleeps") == before
    connection.close()
    _wait_for_end(before)
    assert run.number(tmp_path) != before


@needs_peak
@pytest.mark.parametrize("busy", [True, False])
def test_children_end_with_a_killed_pool_and_its_run(tmp_path, monkeypatch, busy):
    monkeypatch.setattr(pool, "NEEDED", ())
    monkeypatch.setattr(pool, "_modules", lambda _: ())
    run = Pool(tmp_path)
    run.call("code", 0)
    child = run.number(tmp_path)
    connection = client.connect(run.address) if busy else None
    if connection is not None:
        client.send(connection, ["sleep", str(tmp_path / "sleeps")], (1, 2))
        assert _number_in(tmp_path / "sleeps") == child
    os.kill(run.process, signal.SIGKILL)
    os.waitpid(run.process, 0)
    os.close(run.lifeline)
    _wait_for_end(child)
    if connection is not None:
        assert client.code(connection) is None
        connection.close()


def test_an_answer_of_a_dead_child_is_none():
    ours, theirs = socket.socketpair()
    theirs.sendall(b"\0\0")
    theirs.close()
    assert worker.answer(ours) is None
    ours.close()


@needs_peak
def test_a_client_that_ends_while_it_sends_its_call_blocks_nothing(open_pool, tmp_path):
    run = open_pool()
    before = run.number(tmp_path)  # a child that can run another command
    connection = client.connect(run.address)
    connection.sendall((100).to_bytes(4, "big") + b"the beginning")
    connection.close()
    _wait_for_end(before)
    assert run.number(tmp_path) != before


def _number_in(path):
    while not (path.exists() and path.read_text()):
        time.sleep(0.01)
    return int(path.read_text())


def _wait_for_end(process):
    while Path(f"/proc/{process}").exists() and " Z " not in Path(f"/proc/{process}/stat").read_text():
        time.sleep(0.01)
