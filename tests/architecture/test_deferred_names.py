"""Packages that import their names at first use give the names that type checkers see."""

import ast
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "mlm_steps"
PACKAGES = sorted(
    ".".join(path.parent.relative_to(FOLDER.parent).parts)
    for path in FOLDER.rglob("__init__.py")
    if "deferred_names(" in path.read_text()
)


def declared(package):
    """Yield the module and the names of each import under ``TYPE_CHECKING``."""
    for statement in ast.walk(ast.parse(Path(import_module(package).__file__).read_text())):
        if isinstance(statement, ast.ImportFrom) and statement.module.startswith(f"{package}."):
            yield statement.module, [each.name for each in statement.names]


def test_there_are_such_packages():
    assert "mlm_steps.records" in PACKAGES


@pytest.mark.parametrize("package", PACKAGES)
def test_the_names_are_those_that_type_checkers_see(package):
    whole = import_module(package)
    found = {
        name: getattr(import_module(module), name) for module, names in declared(package) for name in names
    }
    assert sorted(found) == sorted(whole.__all__)
    assert all(whole.__getattr__(name) is value for name, value in found.items())


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_has_the_name_of_one_of_them(package):
    """Importing the module would otherwise bind the name to it."""
    whole = import_module(package)
    assert {module.name for module in pkgutil.iter_modules(whole.__path__)} & {*whole.__all__} == set()


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        import_module("mlm_steps.records").nothing  # noqa: B018  # the access itself is tested
