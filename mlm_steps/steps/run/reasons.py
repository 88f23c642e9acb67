"""State in words why a step has to be made."""

from __future__ import annotations

from pathlib import Path

from mlm_steps.records.failure import is_failure
from mlm_steps.steps.run.identity import code_identity
from mlm_steps.steps.run.ledger import Ledger

__all__ = ["ANOTHER_KEY", "ESTIMATES_KEPT", "reason"]

ANOTHER_KEY = "what the spec asks of it has changed"
"""The reason if the files are undamaged and made by this code, but from another spec or other data."""
ESTIMATES_KEPT = "its tests have changed (estimation: df, anova or confidence); its estimates are kept"


def reason(ledger: Ledger, step: str, head: Path, key: str | None) -> str | None:
    """Return why a step has to be made; None if its files are unchanged and were made from the key."""
    found, damage = ledger.steps.get(step), ledger.damage(step)
    if damage and is_failure(head):
        return "it failed in the run before"
    if found is None and head.exists():
        return "provenance.json does not say what it was made from"
    if damage or found is None:
        return damage
    if found.key == key:
        return None
    if not found.key:
        return "a run with --force was asked for"
    if found.code != code_identity():
        return "mlm or a library that it uses has changed"
    return "the data have to be prepared first" if key is None else ANOTHER_KEY
