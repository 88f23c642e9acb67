"""Random numbers of a replicate, which do not depend on the order or the number of processes."""

from __future__ import annotations

from zlib import crc32

import numpy as np

__all__ = ["stream"]


def stream(seed: int, step: str, replicate: int) -> np.random.Generator:
    """Return the generator of one replicate of one step of a run (statistics, section 0).

    Parameters
    ----------
    seed : int
        Seed of the run, 0 or larger.
    step : str
        Name of the step that uses the numbers, such as ``compare/l1--slope``.
    replicate : int
        Number of the replicate, counted from 0. Its stream does not depend on how many replicates there are.

    Examples
    --------
    >>> int(stream(1, "a", 0).integers(100)) == int(stream(1, "a", 0).integers(100))
    True
    """
    key = (crc32(step.encode()), crc32(step[::-1].encode()), replicate)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
