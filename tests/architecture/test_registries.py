"""A new thing is one file and one line: every module of a registry is in it under its own name."""

import pkgutil

import pytest

from mlm_steps import compare, figures, inference, tables, variance

HELPERS = {
    "compare": {"mixtures", "nesting", "refusal"},
    "figures": {"base", "scene"},
    "inference": set(),
    "tables": {"base"},
    "variance": {"aggregation", "base", "icc_profile", "vpc"},
}
"""Modules that are no members; a new one has to be named here."""


@pytest.mark.parametrize(
    ("package", "registry"),
    [
        (compare, compare.COMPARISONS),
        (figures, figures.FIGURES),
        (inference, inference.METHODS),
        (tables, tables.TABLES),
        (variance, variance.MEASURES),
    ],
    ids=["compare", "figures", "inference", "tables", "variance"],
)
def test_every_module_is_registered_under_its_own_name(package, registry):
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    assert modules - HELPERS[package.__name__.rpartition(".")[2]] == set(registry)
