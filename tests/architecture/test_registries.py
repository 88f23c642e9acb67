"""Every module of a package with a registry is registered under its own name.

A word of the spec may have dashes where the module's name has underscores.
"""

import pkgutil
from importlib import import_module

import pytest

REGISTRIES = {
    "compare": (
        "COMPARISONS",
        {
            "bootstrap",
            "deletions",
            "heterogeneity",
            "holm",
            "mixtures",
            "nesting",
            "refusal",
            "rlrt",
            "simulations",
            "weak_wald",
        },
    ),
    "data.flags": ("FLAGS", {"base"}),
    "data.readers": ("READERS", set()),
    "diagnose": ("CHECKS", {"assumptions", "base", "parts"}),
    "diagnose.assumptions": ("CHECKS", set()),
    "engine.search.optimizers": ("OPTIMIZERS", {"base", "through_scipy"}),
    "engine.bootstrap.resampling": ("KINDS", {"base"}),
    "engine.families": ("FAMILIES", {"base", "binomial_links", "checks", "log_link", "marginal"}),
    "expectations.kinds": ("KINDS", set()),
    "figures": ("FIGURES", {"base", "curves", "generalized", "interaction", "labels", "scene", "svg"}),
    "inference": ("METHODS", {"base", "block_sums", "group_sums", "joint_df", "wald"}),
    "remedies": (
        "REMEDIES",
        {"advice", "applied", "base", "changes", "columns", "diagnosis", "distribution", "rewrite"},
    ),
    "remedies.distribution": ("DISTRIBUTION", {"base"}),
    "report.sections": ("SECTIONS", set()),
    "sensitivity": ("VARIANTS", {"base", "examine", "forms", "key"}),
    "spec.presets": ("PRESETS", set()),
    "steps": (
        "STEPS",
        {
            "explain",
            "baseline",
            "diff",
            "failed",
            "init",
            "parts",
            "plan_prior",
            "export_r",
            "plan_study",
            "predict",
            "prepare",
            "run",
            "validate",
            "verbs",
        },
    ),
    "tables": ("TABLES", {"base", "distribution", "effect_cells"}),
    "variance": (
        "MEASURES",
        {"aggregation", "base", "descriptives", "icc_profile", "refits", "slope_icc", "vpc", "vpc_response"},
    ),
}
"""Per package, its registry and its helper modules, which are not registered. A new helper is added here."""


@pytest.mark.parametrize("name", REGISTRIES)
def test_every_module_is_registered_under_its_own_name(name):
    package = import_module(f"mlm_steps.{name}")
    registry, helpers = REGISTRIES[name]
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    assert modules - helpers == {word.replace("-", "_") for word in getattr(package, registry)}


def test_compare_is_the_function_also_after_its_package_was_imported():
    import mlm_steps

    import_module("mlm_steps.compare")
    assert callable(mlm_steps.compare)
