"""Designs for tests of power."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.design.matrices import Design
from mlm_steps.power.tests import Test


@dataclass(frozen=True, eq=False)
class FixedSource:
    key: str
    template: Design

    def draw(self, _generators):
        return None


def _design_of(formula, groups=(), **columns):
    n = len(next(iter(columns.values())))
    frame = pd.DataFrame({"y": np.random.default_rng(0).normal(size=n), **columns})
    for name in groups:
        frame[name] = frame[name].astype(str)
    return build_design(formula, frame)


def _effect(design, name, alternative="two-sided"):
    contrast = np.zeros((1, design.p))
    contrast[0, design.columns.index(name)] = 1.0
    return Test(name, contrast, alternative)


@pytest.fixture(scope="session")
def design_of():
    """A design from a formula and arrays; the columns named as groups are labels."""
    return _design_of


@pytest.fixture(scope="session")
def effect():
    """The test of one coefficient of a design."""
    return _effect


@pytest.fixture(scope="session")
def fixed_source():
    """A source that gives every replicate the same design."""
    return FixedSource
