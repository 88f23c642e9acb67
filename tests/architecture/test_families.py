"""The names of families and links are those of the engine."""

import pytest

from mlm_steps.engine.families import FAMILIES, family_of
from mlm_steps.records.response import LINKS


def test_the_families_of_the_spec_are_those_of_the_engine():
    assert set(LINKS) == {"gaussian", *FAMILIES}


@pytest.mark.parametrize("name", FAMILIES)
def test_the_links_of_the_spec_are_those_of_the_family(name):
    assert LINKS[name] == FAMILIES[name].links
    assert family_of(name).link == LINKS[name][0]
