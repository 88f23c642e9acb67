"""A sample of the inputs of every fuzzer, the same in every run; ``make fuzz`` tries others."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .targets import TARGETS, prepare

BLOCKS = 5


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    prepare(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


@pytest.mark.parametrize("block", range(BLOCKS))
@pytest.mark.parametrize("name", TARGETS)
def test_a_hostile_input_is_answered(folder, name, block):
    target = TARGETS[name]
    for seed in range(block, target.sample, BLOCKS):
        try:
            target.check(folder, target.draw(random.Random(f"{name} {seed}")))
        except BaseException as error:
            command = f"python -m tests.fuzz --only {name} --first {seed} --count 1"
            raise AssertionError(f"repeat it by: {command}") from error


@pytest.mark.parametrize("name", ["specs", "formulas", "expressions", "data_files"])
def test_inputs_that_hypothesis_chooses_are_answered(folder, name):
    """Hypothesis drives the same generators, and reduces an input that fails to a small one."""
    target = TARGETS[name]

    @settings(max_examples=60)
    @given(rng=st.randoms())
    def each(rng):
        target.check(folder, target.draw(rng))

    each()
