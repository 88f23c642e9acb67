"""Every way to derive a column has a key in the spec, and code."""

from __future__ import annotations

from mlm_steps.data.derive.kinds import WAYS
from mlm_steps.spec import DeriveSpec
from mlm_steps.spec.derive import _EXAMPLES, KINDS


def test_every_way_to_derive_has_a_key_and_code() -> None:
    assert set(KINDS) == set(WAYS)
    further = {key for needed, possible in KINDS.values() for key in (*needed, *possible)}
    assert set(DeriveSpec.model_fields) == {*KINDS, *further}


def test_what_needs_further_keys_has_an_example() -> None:
    assert {kind for kind, (needed, _) in KINDS.items() if needed} == set(_EXAMPLES)
