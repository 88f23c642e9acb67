"""The fixed sample of designs: so many seeds of each kind."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np

from .base import Case
from .kinds import KINDS

SEEDS = 40
FEWER = 14
"""Seeds of the kinds that take longest."""
EXPENSIVE = ("nested", "crossed", "three_factors")
BEST = Path(__file__).with_name("best_criteria.json")
"""Per kind the best criterion of each seed; null where there is none. Made by ``best_criteria.py``."""


def draw(kind: str, seed: int) -> Case:
    """Return a case; it does not depend on the other kinds."""
    return KINDS[kind](np.random.default_rng([zlib.crc32(kind.encode()), seed]))


def seeds_of(kind: str) -> range:
    """Return the seeds of a kind."""
    return range(FEWER if kind in EXPENSIVE else SEEDS)


def best_criteria() -> dict[str, list[float | None]]:
    """Return what ``best_criteria.py`` wrote."""
    return json.loads(BEST.read_text(encoding="utf-8"))
