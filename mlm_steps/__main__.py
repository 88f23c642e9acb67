"""The ``mlm`` command.

Where a pool of warmed-up processes is at hand (``mlm run`` starts one), a step's command is handed to it: the
imports are paid once, not per step. This module therefore imports nothing heavy before it has looked.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one ``mlm`` command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    address = os.environ.get("MLM_POOL")
    if address and words and words[0] not in ("run", "serve"):
        from mlm_steps.runner.client import call

        code = call(address, words)
        if code is not None:
            return code
    from mlm_steps.cli import run_command

    return run_command(words)


if __name__ == "__main__":
    sys.exit(main())
