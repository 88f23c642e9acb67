"""Steps are handed to the pool as soon as what they read exists; a failure stops only what follows."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from mlm_steps.runner import direct
from mlm_steps.runner.direct import Direct
from mlm_steps.runner.display import Display
from mlm_steps.runner.progress import Progress
from mlm_steps.steps.run.plan import Step


class Pool:
    """A pool that runs no command: it notes each, and sends the exit code that is given for it."""

    def __init__(self, folder, codes=None, lasting=()):
        self.codes, self.lasting = codes or {}, lasting
        self.order, self.together, self.hung_up = [], 0, []
        self.address = str(folder / "pool")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.address)
        self._listener.listen(16)
        self._open = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open += 1
            self.together = max(self.together, self._open)
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        message, *_ = connection.recvmsg(65536, 64)
        words = message[4:].decode().split("\0")[1:]
        name = f"failed {words[words.index('--step') + 1]}" if words[0] == "failed" else words[0]
        self.order.append(name)
        if name in self.lasting:
            self.hung_up.append((name, connection.recv(1)))
        self._open -= 1
        connection.sendall(self.codes.get(name, 0).to_bytes(4, "big", signed=True))
        connection.close()

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


def a_plan(folder: Path, needs: dict[str, tuple[str, ...]], profile: object = "read"):
    steps = [Step(name, folder / f"{name}.json", need, "key", "why") for name, need in needs.items()]
    layout = SimpleNamespace(log=lambda name: folder / "logs" / f"{name}.log")
    return SimpleNamespace(
        steps=steps, layout=layout, profile=profile, first="data", command=lambda name: [name], spec=None
    )


@pytest.fixture
def progress():
    with Path(os.devnull).open("w", encoding="utf-8") as stream:
        yield Progress(Display(stream, live=False), 2)


def a_run(plan, pool, progress, cores=2, replan=None):
    return Direct(plan, replan or (lambda: plan), ["spec.yaml"], pool.address, cores, progress)


def test_a_step_waits_for_what_it_reads(tmp_path, pool_of, progress):
    pool = pool_of()
    needs = {"fit": (), "compare": ("fit",), "variance": ("fit",), "tables": ("compare", "variance")}
    assert a_run(a_plan(tmp_path, needs), pool, progress).run()
    assert pool.order[0] == "fit"
    assert pool.order[-1] == "tables"
    assert progress.finished[0] == "fit"
    assert sorted(progress.finished) == sorted(needs)


@pytest.mark.parametrize("cores", [1, 3])
def test_no_more_steps_run_than_there_are_cores(tmp_path, pool_of, progress, cores):
    pool = pool_of()
    names = ("prelude", "fit", "compare", "variance", "effects", "cost")
    assert a_run(a_plan(tmp_path, dict.fromkeys(names, ())), pool, progress, cores).run()
    assert pool.together <= cores


def test_a_current_step_is_not_made_and_nobody_waits_for_it(tmp_path, pool_of, progress):
    pool = pool_of()
    plan = a_plan(tmp_path, {"fit": (), "compare": ("fit",)})
    plan.steps[0] = Step("fit", tmp_path / "fit.json", (), "key", None)
    assert a_run(plan, pool, progress).run()
    assert pool.order == ["compare"]


def test_a_failed_rung_leaves_its_reason_and_the_others_go_on(tmp_path, pool_of, progress):
    pool = pool_of({"fit": 137})
    assert a_run(a_plan(tmp_path, {"fit": (), "compare": ("fit",)}), pool, progress).run()
    assert pool.order == ["fit", "failed fit", "compare"]
    assert progress.failed == []


def test_a_step_that_must_not_fail_stops_only_what_reads_it(tmp_path, pool_of, progress):
    pool = pool_of({"figures": 3})
    plan = a_plan(tmp_path, {"figures": (), "tables": (), "report": ("figures", "tables")})
    assert not a_run(plan, pool, progress).run()
    assert sorted(pool.order) == ["figures", "tables"]
    assert progress.failed == ["figures"]
    assert progress.finished == ["tables"]


def test_a_reason_that_cannot_be_recorded_is_a_failure(tmp_path, pool_of, progress):
    pool = pool_of({"fit": 3, "failed fit": 3})
    assert not a_run(a_plan(tmp_path, {"fit": (), "compare": ("fit",)}), pool, progress).run()
    assert progress.failed == ["fit"]


def test_only_the_data_are_made_while_the_keys_of_the_others_are_unknown(tmp_path, pool_of, progress):
    pool = pool_of()
    needs = {"data": (), "fit": ()}
    first, later = a_plan(tmp_path, needs, profile=None), a_plan(tmp_path, {**needs, "variance": ("fit",)})
    assert a_run(first, pool, progress, replan=lambda: later).run()
    assert pool.order == ["data", "fit", "variance"]


def test_files_of_an_earlier_run_are_removed_before_a_step_starts(tmp_path, pool_of, progress):
    (tmp_path / "fit.json").write_text("old")
    pool = pool_of({"fit": 3, "failed fit": 3})
    a_run(a_plan(tmp_path, {"fit": ()}), pool, progress).run()
    assert not (tmp_path / "fit.json").exists()


def test_a_command_runs_without_the_pool_if_that_has_ended(tmp_path, pool_of, progress, monkeypatch):
    pool = pool_of()
    pool.close()
    called = []

    def outside(command, _errors):
        called.append(command)
        ours, theirs = direct._socket.socketpair()
        theirs.send((0).to_bytes(4, "big"))
        theirs.close()
        return ours

    monkeypatch.setattr(direct, "_outside", outside)
    assert a_run(a_plan(tmp_path, {"fit": ()}), pool, progress).run()
    assert called == [["fit", "spec.yaml"]]


def test_an_interrupt_ends_the_running_steps_first(tmp_path, pool_of, progress):
    pool = pool_of(lasting=("fit",))
    needs = {"fit": (), "prelude": (), "compare": ("fit",)}

    def interrupt(step, _seconds=None):
        raise KeyboardInterrupt

    progress.end = interrupt
    with pytest.raises(KeyboardInterrupt):
        a_run(a_plan(tmp_path, needs), pool, progress).run()
    assert pool.hung_up == [("fit", b"")]
    assert "compare" not in pool.order
