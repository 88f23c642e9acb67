"""What a step was made from, kept in the ledger so that a later run can say in words what has changed.

A key is a hash, from which no former value can be read. The ledger therefore keeps two blocks of facts: the
text of the spec with the files and versions, and the columns of the sample. Every block has a hash as its
name and is kept once, since most steps of a run are made from the same blocks.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlm_steps.extension import extension
from mlm_steps.steps.run.identity import numerical_versions, optional_libraries

if TYPE_CHECKING:
    from mlm_steps.records import DataProfile
    from mlm_steps.spec import LoadedSpec

__all__ = ["Blocks", "basis_of", "input_facts", "sample_facts"]

Blocks = Mapping[str, Mapping[str, object]]
"""Blocks of facts by name."""
LONGEST_TEXT = 32_768
"""Characters of the longest spec whose text is kept, so that the ledger stays small; most have 2000."""
MOST_COLUMNS = 200
"""Largest number of used columns whose hashes are kept, so that the ledger stays small."""


def basis_of(loaded: LoadedSpec, files: Mapping[str, str], profile: DataProfile | None) -> Blocks:
    """Return the blocks of what steps are made from now.

    ``files`` holds the hashes of the data files; the profile is None while it is not current.
    """
    blocks = [input_facts(loaded, files)]
    if profile is not None and not loaded.spec.planned_alone:
        blocks.append(sample_facts(profile))
    return {_name(block): block for block in blocks}


def input_facts(loaded: LoadedSpec, files: Mapping[str, str]) -> Mapping[str, object]:
    """Return the text of the spec, the hashes of the data files, and the versions."""
    text = loaded.source.text
    return {
        "spec": text if len(text) <= LONGEST_TEXT else None,
        "files": files,
        "versions": {"python": platform.python_version(), **numerical_versions()},
        "kernel": "compiled" if extension() is not None else "numpy",
        "optional": optional_libraries(),
    }


def sample_facts(profile: DataProfile) -> Mapping[str, object]:
    """Return the rows of the sample, and the hash of each column that a model uses."""
    used = [column for column in profile.columns if column.used][:MOST_COLUMNS]
    return {
        "rows": profile.rows,
        "rows_in_file": profile.rows_file,
        "sample": profile.sample_hash,
        "columns": {column.name: column.content_hash for column in used},
        "nesting": [relation.model_dump(mode="json") for relation in profile.nesting],
    }


def _name(block: Mapping[str, object]) -> str:
    text = json.dumps(block, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
