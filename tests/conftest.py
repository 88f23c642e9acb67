"""One thread per process before numpy is imported, and the same examples in every run of the tests.

New examples are searched for with ``HYPOTHESIS_PROFILE=search``.
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from hypothesis import HealthCheck, settings  # noqa: E402 - it may import numpy

# Drawing is slow where other work keeps the cores busy; that says nothing about the code.
slow = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("same", derandomize=True, **slow)
settings.register_profile("search", **slow)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
