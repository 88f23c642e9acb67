"""The registry of programs: one file and one line each. Ours is the first."""

from __future__ import annotations

from importlib import import_module

from benchmarks.base import Peer

PEERS = ("ours", "lme4", "glmmtmb", "glmm", "mixedlm", "mixedlm_rs", "statsmodels")
"""Names of modules of this package, each with a ``PEER``; in the order of the table's columns."""


def peer(name: str) -> Peer:
    """Return a program; what it needs is imported when it runs."""
    found: Peer = import_module(f"benchmarks.peers.{name}").PEER
    return found
