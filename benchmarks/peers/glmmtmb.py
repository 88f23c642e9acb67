"""R's glmmTMB, for generalized models: see ``in_r.R``."""

from __future__ import annotations

from benchmarks.base import Peer
from benchmarks.peers.lme4 import in_r

PEER = Peer("glmmTMB", "Rscript", dict.fromkeys(("binomial", "poisson"), in_r), 1_000_000)
