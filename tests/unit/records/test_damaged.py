"""A result that is not a valid record is refused in words."""

import pandas as pd
import pytest

from mlm_steps.errors import UsageError
from mlm_steps.records import DataProfile, FitRecord, read_record
from mlm_steps.records.failure import read_absence, read_outcome
from mlm_steps.steps.run.parquet import read_parquet, write_parquet

CONTENTS = [
    b"",
    b"{",
    b"null",
    b"[1, 2]",
    b'"text"',
    b"\x00\xff\xfe\x80",
    b'{"schema_version": 9}',
    b'{"schema_version": 1, "absent": "perhaps"}',
    b"[" * 100_000,
    b'{"n": 1e999}',
]


def outcome(path):
    return read_outcome(FitRecord, path)


def record(path):
    return read_record(DataProfile, path)


@pytest.mark.parametrize("content", CONTENTS, ids=range(len(CONTENTS)))
@pytest.mark.parametrize("read", [record, outcome, read_absence, read_parquet])
def test_a_damaged_result_is_refused_with_its_path(tmp_path, content, read):
    path = tmp_path / "record.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"record\.json: is not a valid record.*mlm run"):
        read(path)


def test_a_truncated_frame_is_refused(tmp_path):
    path = tmp_path / "frame.parquet"
    write_parquet(pd.DataFrame({"x": range(1000)}), path)
    whole = path.read_bytes()
    for content in (whole[:-9], whole[: len(whole) // 2], whole[:4] + bytes(len(whole) - 8) + whole[-4:]):
        path.write_bytes(content)
        with pytest.raises(UsageError, match="is not a valid record"):
            read_parquet(path)
