"""Jobs of this machine are commands in the pool; a failure is recorded, and an interrupt ends them."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from mlm_steps.runner import client, executor
from mlm_steps.runner.executor import PoolCalls

ANALYSIS = ["spec.yaml", "--out=out"]


def never(_step):
    """Return that no step has come to its end."""
    return False


class Pool:
    """A pool that runs no command: it notes each, and sends the exit code that is given for it."""

    def __init__(self, folder, codes=None, lasting=()):
        self.codes, self.lasting = codes or {}, lasting
        self.commands, self.begun = [], threading.Event()
        self.address = str(folder / "pool")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.address)
        self._listener.listen(16)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        message, ((_, _, streams),), *_ = connection.recvmsg(65536, 64)
        words = message[4:].decode().split("\0")[1:]
        self.commands.append(words)
        output, errors = memoryview(streams).cast("i")
        os.close(output)
        with os.fdopen(errors, "w", encoding="utf-8") as log:
            log.write(f"{words[0]} was here\n")
        self.begun.set()
        if words[0] in self.lasting:
            connection.recv(1)  # ends when the run hangs up
        with connection, suppress(OSError):  # the run may be gone
            connection.sendall(self.codes.get(words[0], 0).to_bytes(4, "big", signed=True))

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        Path(self.address).unlink()


@pytest.fixture
def pool_of(tmp_path):
    pools = []

    def make(*words, **settings):
        pools.append(Pool(tmp_path, *words, **settings))
        return pools[-1]

    yield make
    for pool in pools:
        if Path(pool.address).exists():
            pool.close()


def test_a_job_is_the_command_of_its_step_with_its_messages_in_the_log(tmp_path, pool_of):
    pool, log = pool_of(), tmp_path / "l1.log"
    log.write_text("of an earlier run")
    assert PoolCalls(pool.address, ANALYSIS, never).make("fit", ["l1"], "fit/l1", str(log)) == 0
    assert pool.commands == [["fit", *ANALYSIS, "--model=l1"]]
    assert log.read_text() == "fit was here\n"


def test_the_reason_of_a_failed_rung_is_recorded(tmp_path, pool_of):
    pool, log = pool_of({"fit": 137}), tmp_path / "l1.log"
    assert PoolCalls(pool.address, ANALYSIS, never).make("fit", ["l1"], "fit/l1", str(log)) == 0
    given = ["--step", "fit/l1", "--code", "137", "--log", str(log)]
    assert pool.commands[1] == ["failed", *ANALYSIS, *given]


def test_a_step_that_must_not_fail_fails(tmp_path, pool_of):
    pool = pool_of({"figures": 3})
    assert PoolCalls(pool.address, ANALYSIS, never).make("figures", [], "figures", str(tmp_path / "log")) == 3
    assert len(pool.commands) == 1


def test_a_reason_that_cannot_be_recorded_is_a_failure(tmp_path, pool_of):
    pool = pool_of({"fit": 3, "failed": 4})
    assert PoolCalls(pool.address, ANALYSIS, never).make("fit", ["l1"], "fit/l1", str(tmp_path / "log")) == 4


def test_an_interrupt_ends_the_commands_and_records_no_failure(tmp_path, pool_of):
    pool = pool_of({"fit": 143}, lasting=("fit",))
    calls, codes = PoolCalls(pool.address, ANALYSIS, never), []
    words = ("fit", ["l1"], "fit/l1", str(tmp_path / "log"))
    job = threading.Thread(target=lambda: codes.append(calls.make(*words)))
    job.start()
    assert pool.begun.wait(10)
    calls.end()
    job.join(10)
    assert codes == [143]
    assert len(pool.commands) == 1
    assert calls.make(*words) == 143  # a job that starts after the interrupt ends at once


@pytest.mark.parametrize("kind", ["figures", "cost"])
def test_a_step_whose_process_was_killed_after_its_end_has_succeeded(tmp_path, pool_of, kind):
    pool = pool_of({kind: 137})
    calls = PoolCalls(pool.address, ANALYSIS, lambda step: step == kind)
    assert calls.make(kind, [], kind, str(tmp_path / "log")) == 0
    assert [command[0] for command in pool.commands] == [kind]


@pytest.fixture
def interpreter(tmp_path, monkeypatch):
    """Let a script stand for the interpreter; return what it writes. Its command ``cost`` takes a minute."""
    script, said = tmp_path / "python", tmp_path / "said"
    script.write_text(
        f'#!/bin/sh\necho "$@" >>{said}\ncase "$4" in cost) echo $$ >{said}.new; '
        f"mv {said}.new {said}.number; exec sleep 60;; esac\n"
    )
    script.chmod(0o755)
    monkeypatch.setattr(executor.sys, "executable", str(script))
    return said


def test_a_command_runs_in_a_new_interpreter_if_the_pool_has_ended(tmp_path, pool_of, interpreter):
    pool = pool_of()
    pool.close()
    assert PoolCalls(pool.address, ANALYSIS, never).make("fit", ["l1"], "fit/l1", str(tmp_path / "log")) == 0
    assert interpreter.read_text().split() == ["-P", "-m", "mlm_steps", "fit", *ANALYSIS, "--model=l1"]


def test_a_command_is_repeated_if_the_pool_ends_while_it_has_it(tmp_path, pool_of, interpreter, monkeypatch):
    pool, log = pool_of(), tmp_path / "log"

    def lost(_connection):
        assert pool.begun.wait(10)
        assert log.read_text() == "figures was here\n"
        raise ConnectionResetError

    monkeypatch.setattr(client, "code", lost)
    assert PoolCalls(pool.address, ANALYSIS, never).make("figures", [], "figures", str(log)) == 0
    assert interpreter.read_text().split()[3] == "figures"
    assert log.read_text() == ""  # it has the messages of the step that came to its end alone


def test_a_step_that_came_to_its_end_without_the_pool_is_not_repeated(tmp_path, interpreter):
    calls = PoolCalls(str(tmp_path / "pool"), ANALYSIS, lambda step: step == "figures")
    assert calls.make("figures", [], "figures", str(tmp_path / "log")) == 0
    assert not interpreter.exists()


def test_an_interrupt_ends_a_command_outside_the_pool(tmp_path, interpreter):
    calls, codes = PoolCalls(str(tmp_path / "pool"), ANALYSIS, never), []
    words = ("cost", [], "cost", str(tmp_path / "log"))
    job = threading.Thread(target=lambda: codes.append(calls.make(*words)))
    job.start()
    number = tmp_path / "said.number"
    while not number.exists():
        time.sleep(0.01)
    calls.end()
    job.join(10)
    assert codes == [128 + 9]
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)
    assert calls.make(*words) == client.LOST  # a job that starts after the interrupt ends at once
