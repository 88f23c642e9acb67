"""JSON files with a checksum of their own bytes, so that any change by another program is noticed.

The modules that use them compare all other files with hashes that stand in these. The module loads no
library.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

__all__ = ["seal", "unseal"]

CHECKSUM = "checksum"
EMPTY = '"checksum": ""'
"""The place of the checksum while it is computed; no value of JSON text before it is spelt like this."""


def seal(content: Mapping[str, object]) -> bytes:
    """Return an object of JSON as a file, with sorted keys and a checksum of the whole file."""
    text = json.dumps({**content, CHECKSUM: ""}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    # The name of a folder may be no text; the replacement of such a byte is the escape that JSON has for it.
    file = text.encode(errors="backslashreplace")
    return file.replace(EMPTY.encode(), f'"checksum": "{_hash(file)}"'.encode(), 1)


def unseal(file: bytes) -> dict[str, object]:
    """Return the object in a file without its checksum; raise ValueError if any byte has changed."""
    content = json.loads(file)
    if not isinstance(content, dict):
        raise ValueError("a sealed file is a JSON object")
    found = content.pop(CHECKSUM, None)
    blank = file.replace(f'"checksum": "{found}"'.encode(), EMPTY.encode(), 1)
    if blank == file or _hash(blank) != found:
        raise ValueError("the file does not match its checksum")
    return content


def _hash(file: bytes) -> str:
    return hashlib.sha256(file).hexdigest()
