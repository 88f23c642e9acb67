"""Let atheris choose inputs by the branches that they reach: ``python -m tests.fuzz.with_atheris TARGET``.

Arguments after the target go to libFuzzer, for example ``-max_total_time=600``. atheris is not among the
packages of development: ``pip install --group fuzz`` adds it, on the Pythons that it has wheels for.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from pathlib import Path

import atheris

READERS_OF_INPUT = [
    f"mlm_steps.{name}" for name in ("spec", "language", "data", "design", "records", "errors")
]

PACKAGES = ("spec", "language", "data", "design", "records")
"""Packages that read what users write; atheris records the branches in them."""

with atheris.instrument_imports(include=[f"mlm_steps.{name}" for name in PACKAGES]):
    from .targets import TARGETS, prepare


class FromBytes(random.Random):
    """A source of choices that come from bytes; without any left, each choice is the first."""

    def __init__(self, content: bytes) -> None:
        super().__init__(0)
        self._content = atheris.FuzzedDataProvider(content)

    def random(self) -> float:
        return self.getrandbits(32) / 2**32

    def getrandbits(self, k: int, /) -> int:
        return int(self._content.ConsumeIntInRange(0, 2**k - 1)) if k <= 63 else self._long(k)

    def _long(self, k: int) -> int:
        value = 0
        for start in range(0, k, 32):
            value |= self.getrandbits(min(32, k - start)) << start
        return value


def main() -> None:
    """Fuzz the target that the command line names."""
    target = TARGETS[sys.argv[1]]
    folder = Path(tempfile.mkdtemp(prefix="mlm-fuzz-"))
    prepare(folder)
    os.chdir(folder)

    def one(content: bytes) -> None:
        target.check(folder, target.draw(FromBytes(content)))

    atheris.Setup([sys.argv[0], "-timeout=0", "-max_len=1000", "-len_control=0", *sys.argv[2:]], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
