"""The pool's side of a run that ends early."""

from __future__ import annotations

from tempfile import TemporaryFile

from mlm_steps.runner.client import LOST, call
from mlm_steps.runner.warm import WarmPool


def test_a_command_whose_pool_ends_before_it_answers_is_lost(tmp_path):
    with TemporaryFile("w+") as errors, WarmPool(["absent.yaml"]) as pool:
        wait = pool.start(["validate", str(tmp_path / "absent.yaml")], errors)
    assert wait() == LOST


def test_without_a_pool_there_is_no_exit_code(tmp_path):
    assert call(str(tmp_path / "pool"), ["validate"]) is None
