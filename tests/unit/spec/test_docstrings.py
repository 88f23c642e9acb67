"""The docstrings of fields, which become the schema."""

from mlm_steps.spec import PRESETS, DataSpec, ModelSpec
from mlm_steps.spec.docstrings import field_docstrings


def test_a_field_has_the_text_below_it_without_its_indents():
    assert field_docstrings(ModelSpec)["name"].startswith("Names the model in files")
    texts = field_docstrings(DataSpec)
    assert set(texts) <= set(DataSpec.model_fields)
    assert not [text for text in texts.values() if "\n  " in text or text != text.strip()]


def test_a_block_inherits_the_texts_of_its_base():
    for preset in PRESETS.values():
        inherited = {name for name in preset.model_fields if name not in preset.__annotations__}
        assert inherited
        assert inherited & set(field_docstrings(preset))


def test_a_class_variable_is_no_field():
    assert "no_keys" not in field_docstrings(DataSpec)
