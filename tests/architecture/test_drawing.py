"""The drawing of docs/architecture.md and the imports of the code say the same."""

import re
from pathlib import Path

import grimp
import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text()
DRAWING = re.search(r"```mermaid\n(.*?)```", PAGE, re.DOTALL)[1]
ARROWS = {tuple(pair) for pair in re.findall(r"(\w+) --> (\w+)", DRAWING.replace("main", "__main__"))}
GRAPH = grimp.build_graph("mlm_steps")


def package_of(module):
    return module.split(".")[1] if "." in module else ""


IMPORTS = {
    (package_of(importer), package_of(imported))
    for importer in GRAPH.modules
    for imported in GRAPH.find_modules_directly_imported_by(importer)
    if package_of(importer) and package_of(imported) not in {"", package_of(importer)}
}


def below(package):
    """Every package that arrows lead to from one package."""
    direct = {target for source, target in ARROWS if source == package}
    return direct.union(*map(below, direct))


@pytest.mark.parametrize("arrow", sorted(ARROWS), ids=" to ".join)
def test_every_arrow_is_an_import(arrow):
    assert arrow in IMPORTS


def test_every_import_follows_the_arrows():
    assert {pair for pair in IMPORTS if pair[1] not in below(pair[0])} == set()


def test_every_package_is_drawn_and_named_on_the_map():
    folder = Path(__file__).parents[2] / "mlm_steps"
    packages = {path.parent.name for path in folder.glob("*/__init__.py")} - {"_share"}
    assert packages <= {package for arrow in ARROWS for package in arrow}
    assert {package for package in packages if f"{package}/ " not in PAGE} == set()
