"""A sealed file shows every change."""

import pytest

from mlm_steps.steps.run.sealed import seal, unseal

CONTENT = {
    "steps": {"fit/é": {"key": "12", "checksum": "", "note": 'a "checksum": "" within'}},
    "zero": [0, None],
}


def test_a_sealed_file_is_read_back_equal_and_has_the_same_bytes_each_time():
    assert unseal(seal(CONTENT)) == CONTENT
    assert seal(CONTENT) == seal(dict(reversed(CONTENT.items())))


def test_every_changed_bit_and_every_lost_byte_is_noticed():
    whole = seal(CONTENT)
    for place in range(len(whole)):
        for bit in range(8):
            changed = bytearray(whole)
            changed[place] ^= 1 << bit
            with pytest.raises(ValueError):  # noqa: PT011 - of JSON, of UTF-8 or of the checksum
                unseal(bytes(changed))
        with pytest.raises(ValueError):  # noqa: PT011 - as above
            unseal(whole[:place])
        with pytest.raises(ValueError):  # noqa: PT011 - as above
            unseal(whole[:place] + whole[place + 1 :])


@pytest.mark.parametrize("file", [b"[]", b"null", b"{}", b'{"checksum": null}', b'{"checksum": ""}', b"{"])
def test_a_file_without_a_checksum_is_refused(file):
    with pytest.raises(ValueError):  # noqa: PT011 - as above
        unseal(file)


def test_spaces_count_as_well():
    with pytest.raises(ValueError, match="does not match its checksum"):
        unseal(seal(CONTENT) + b"\n")
