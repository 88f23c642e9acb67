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
        Of the run, 0 or more.
    step : str
        What the numbers are for, such as ``compare/l1--slope``.
    replicate : int
        Counted from 0; each has a stream of its own, however many there are.

    Examples
    --------
    >>> int(stream(1, "a", 0).integers(100)) == int(stream(1, "a", 0).integers(100))
    True
    """
    key = (crc32(step.encode()), crc32(step[::-1].encode()), replicate)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
