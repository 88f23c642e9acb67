"""Rules for every block of the spec, including blocks that are added later."""

import pkgutil
import typing
from typing import Annotated, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

import mlm_steps.spec
from mlm_steps import inference
from mlm_steps.engine.result.lmm_fit import Control
from mlm_steps.engine.search.optimizers import OPTIMIZERS
from mlm_steps.spec import PRESETS, EstimationSpec, presets
from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.docstrings import field_docstrings


def below(block):
    for each in block.__subclasses__():
        yield each
        yield from below(each)


for module in pkgutil.walk_packages(mlm_steps.spec.__path__, "mlm_steps.spec."):
    if not module.name.endswith("__main__"):
        __import__(module.name)

BLOCKS = sorted(
    {each for each in below(SpecBlock) if not each.__abstractmethods__}, key=lambda block: block.__name__
)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.__name__)
def test_every_block_refuses_a_misspelt_key(block):
    with pytest.raises(ValidationError) as caught:
        block.model_validate({"no_such_key": 1})
    assert ("no_such_key",) in [
        error["loc"] for error in caught.value.errors() if error["type"] == "extra_forbidden"
    ]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.__name__)
def test_every_block_is_configured_as_its_base(block):
    assert block.model_config == SpecBlock.model_config
    assert set(block.model_config) <= set(ConfigDict.__annotations__)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.__name__)
def test_every_field_has_a_docstring(block):
    silent = [
        name
        for name, field in block.model_fields.items()
        if name not in field_docstrings(block)
        and not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel))
    ]
    assert silent == []


def guesses(annotation, read=False):
    """Yield types that would read numbers and flags from text by pydantic's rules and not by ours."""
    if get_origin(annotation) is Annotated:
        base, *metadata = get_args(annotation)
        yield from guesses(
            base, read or any(type(m).__name__ in ("BeforeValidator", "WrapValidator") for m in metadata)
        )
    elif get_origin(annotation) is Literal:
        yield from (type(value) for value in get_args(annotation) if not isinstance(value, str) and not read)
    elif annotation in (int, float, bool):
        yield from () if read else (annotation,)
    else:
        for part in get_args(annotation):
            yield from guesses(part, read)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.__name__)
def test_no_field_leaves_the_reading_of_numbers_to_pydantic(block):
    hints = typing.get_type_hints(block, include_extras=True)
    assert {name: found for name in block.model_fields if (found := [*guesses(hints[name])])} == {}


def test_a_spec_block_that_forgets_a_reader_is_caught():
    assert [*guesses(tuple[int, ...])] == [int]
    assert [*guesses(Literal[1, 2] | None)] == [int, int]


def test_every_preset_is_registered_under_its_own_name():
    assert {module.name for module in pkgutil.iter_modules(presets.__path__)} == set(PRESETS)


def words(field):
    return set(TypeAdapter(EstimationSpec.model_fields[field].annotation).json_schema().get("enum", ())) or {
        TypeAdapter(EstimationSpec.model_fields[field].annotation).json_schema()["const"]
    }


def test_the_words_of_the_spec_are_those_of_the_registries():
    assert words("df") == set(inference.METHODS)
    assert words("optimizer") == {Control().optimizer, *OPTIMIZERS}
