"""The names of families and links are those of the engine."""

import pytest

from mlm_steps.engine.families import FAMILIES, family_of
from mlm_steps.records.response import LINKS, MEASURES, Response


def test_the_families_of_the_spec_are_those_of_the_engine():
    assert set(LINKS) == {"gaussian", *FAMILIES}


@pytest.mark.parametrize("name", FAMILIES)
def test_the_links_of_the_spec_are_those_of_the_family(name):
    assert LINKS[name] == FAMILIES[name].links
    assert family_of(name).link == LINKS[name][0]


@pytest.mark.parametrize("name", FAMILIES)
def test_what_the_names_say_of_a_family_is_true_of_it(name):
    family, response = FAMILIES[name], Response(name, LINKS[name][0])
    assert response.dispersions == family.has_dispersion
    assert response.takes_trials == family.has_trials
    assert sum(name in measure for measure in MEASURES) == 1
