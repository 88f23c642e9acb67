"""Keep the bytecode of compiled templates, as Python keeps that of modules.

Compiling all templates takes .3 s of processor time, a tenth of a short run. Bytecode runs as part of this
program, so it is kept and read only where Python keeps the bytecode of this module: whoever can write there
can change the program anyway.
"""

from __future__ import annotations

import hashlib
import marshal
import sys
from contextlib import suppress
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path
from types import CodeType

from jinja2.bccache import Bucket, BytecodeCache

from mlm_steps.errors import MlmError
from mlm_steps.records.whole import write_whole

__all__ = ["CompiledTemplates"]


class CompiledTemplates(BytecodeCache):
    """The bytecode of the templates of one environment, in one file.

    Bytecode of another Python, or with another compiler, is not used.

    Parameters
    ----------
    name : str
        The name of the environment.
    compiler : str
        Identifies everything besides the templates that determines the bytecode: Jinja, and the functions of
        this package that Jinja calls while it compiles.
    """

    def __init__(self, name: str, compiler: str) -> None:
        self._seed = MAGIC_NUMBER + f"{name}\0{compiler}\0".encode()
        self._path = _path(name)
        self._codes = self._read()
        self._changed = False

    def get_cache_key(self, name: str, filename: str | None = None) -> str:  # noqa: ARG002 - Jinja's interface
        """Return the name of a template, which is unique in its environment."""
        return name

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template the code that was compiled from the same text, if there is any."""
        checksum, code = self._codes.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Take the code of a template that has just been compiled."""
        self._codes[bucket.key] = (bucket.checksum, bucket.code)
        self._changed = True

    def save(self) -> None:
        """Write the file if templates were compiled, unless Python may write no bytecode."""
        if self._path is None or not self._changed or sys.dont_write_bytecode:
            return
        content = marshal.dumps(self._codes)
        with suppress(MlmError):  # a folder that cannot be written; the templates are compiled again
            write_whole(self._path, self._digest(content) + content)

    def _read(self) -> dict[str, tuple[str, CodeType | None]]:
        """Return the code in the file by template; empty if none is valid."""
        try:
            file = b"" if self._path is None else self._path.read_bytes()
        except OSError:
            return {}
        size = hashlib.sha256().digest_size
        if file[:size] != self._digest(file[size:]):
            return {}
        found: dict[str, tuple[str, CodeType | None]] = marshal.loads(file[size:])  # noqa: S302 - see above
        return found

    def _digest(self, content: bytes) -> bytes:
        return hashlib.sha256(self._seed + content).digest()


def _path(name: str) -> Path | None:
    """Return the file beside the bytecode of this module; None if this Python keeps no bytecode."""
    tag = sys.implementation.cache_tag
    return None if tag is None else Path(cache_from_source(__file__)).with_name(f"{name}.{tag}.templates")
