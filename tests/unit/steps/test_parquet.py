"""Damaged Parquet files of a run are refused in words and never end the process."""

import random

import numpy as np
import pandas as pd
import pytest

from mlm_steps.errors import UsageError
from mlm_steps.steps.run.parquet import read_parquet, write_parquet

ROWS = 40


@pytest.fixture
def path(tmp_path):
    labels = pd.Categorical([f"school {k % 5}" for k in range(ROWS)])
    frame = pd.DataFrame({"y": np.arange(ROWS) / 3, "g": labels, "t": [f"text {k}" for k in range(ROWS)]})
    write_parquet(frame, tmp_path / "frame.parquet")
    pd.testing.assert_frame_equal(read_parquet(tmp_path / "frame.parquet"), frame)
    return tmp_path / "frame.parquet"


def test_a_damaged_description_of_the_columns_is_refused_in_words(path):
    whole = path.read_bytes()
    for old, new in [
        (b'"index_columns"', b'"index\xff\xfeolumns"'),
        (b'"index_columns"', b'"other_columns"'),
    ]:
        assert old in whole
        path.write_bytes(whole.replace(old, new))
        with pytest.raises(UsageError, match=r"frame\.parquet"):
            read_parquet(path)


def test_any_damaged_byte_gives_a_frame_or_a_refusal_in_words(path):
    whole, draw = path.read_bytes(), random.Random(1)
    refused = 0
    for _ in range(400):
        damaged = bytearray(whole)
        damaged[draw.randrange(len(whole))] = draw.randrange(256)
        path.write_bytes(damaged)
        try:
            read_parquet(path).to_csv()
        except UsageError:
            refused += 1
    assert refused > 100
