"""State in words why a step has to be made."""

from __future__ import annotations

from pathlib import Path

from mlm_steps.records.failure import is_failure
from mlm_steps.steps.run.identity import code_identity
from mlm_steps.steps.run.ledger import Ledger

__all__ = ["ANOTHER_KEY", "CODE_CHANGED", "DATA_FIRST", "EFFORT_FIRST", "ESTIMATES_KEPT", "reason"]

ANOTHER_KEY = "what the spec asks of it has changed"
"""The reason if the files are undamaged and made by this code, but from another spec or other data."""
CODE_CHANGED = "mlm or a library that it uses has changed"
"""The reason if another code or other versions of the libraries made the files."""
DATA_FIRST = "the data have to be prepared first"
"""The reason while the key is unknown because the data are not current."""
EFFORT_FIRST = "the step effort decides whether it is made, and has to be made first"
"""The reason of an optional step while its key is unknown because the record of effort is not current."""
ESTIMATES_KEPT = "its tests have changed (estimation: df, anova or confidence); its estimates are kept"


def reason(ledger: Ledger, step: str, head: Path, key: str | None) -> str | None:
    """Return why a step has to be made; None if its files are unchanged and were made from the key."""
    found, damage = ledger.steps.get(step), ledger.damage(step)
    if ledger.fault:
        return ledger.fault
    if damage and is_failure(head):
        return "it failed in the run before"
    if found is None and head.exists():
        return "provenance.json does not say what it was made from"
    # A run that was interrupted may have replaced or removed some files of a step with another key.
    if found is None or (damage and (key is None or found.key == key)):
        return damage
    if found.key == key:
        return None
    if not found.key:
        return "a run with --force was asked for"
    if found.code != code_identity():
        return CODE_CHANGED
    return DATA_FIRST if key is None else ANOTHER_KEY
