"""Files of R read as the csv file of the same data frame does."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mlm_steps.data import Analysis
from mlm_steps.data.raw import NumberColumn, RawTable, UnreadableFile
from mlm_steps.data.read import read_table
from mlm_steps.data.types import type_column
from mlm_steps.spec import DataSpec

Analyse = Callable[..., Analysis]
Refuse = Callable[..., list[str]]

FILES = Path(__file__).parent / "files"
ONE_FRAME = [
    "r_types.rds",
    "r_types_ascii.rds",
    "r_types_v2.rds",
    "r_types.rda",
    "r_several.RData",
    "r_list.rds",
]
OBJECT = {"r_several.RData": "d", "r_list.rds": "first"}
DATES = {"day", "at"}


def table_of(path: Path, name: str | None = None) -> RawTable:
    return read_table(path, DataSpec(file=path.name, object=name))


def values_of(table: RawTable) -> dict[str, list[object]]:
    """Return the typed values of each column, categories as labels, missing values as None."""
    found = {}
    for raw in table.columns:
        values = type_column(raw, None, DataSpec(file="d.csv")).values
        found[raw.name] = [None if v != v else v for v in np.asarray(values, dtype=object).tolist()]
    return found


@pytest.fixture(params=["committed", "made"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The committed files, and files that the R at hand makes."""
    if request.param == "committed":
        return FILES
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed")
    subprocess.run(["Rscript", str(FILES / "r_types.R")], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


@pytest.mark.parametrize("file", ONE_FRAME)
def test_a_data_frame_reads_as_its_csv_does(folder: Path, file: str) -> None:
    csv = values_of(table_of(folder / "r_types.csv"))
    frame = values_of(table_of(folder / file, OBJECT.get(file)))
    assert list(frame) == list(csv)
    csv["word"] = [None if v is None else f"{v:.0f}" for v in csv["word"]]  # a csv file has no types
    csv["wait"] = [float(str(v).removesuffix(" days")) for v in csv["wait"]]
    assert frame == csv


def test_factors_keep_their_levels_and_their_order() -> None:
    columns = {column.name: column for column in table_of(FILES / "r_types.rds").columns}
    assert (columns["school"].levels, columns["school"].ordered) == (("c", "b", "a"), False)
    assert (columns["size"].levels, columns["size"].ordered) == (("low", "mid", "high"), True)


def test_a_factor_of_r_has_the_reference_that_r_uses(analyse: Analyse, tmp_path: Path) -> None:
    path = tmp_path / "r_types.rds"
    path.write_bytes((FILES / "r_types.rds").read_bytes())
    profile = analyse(path, "id ~ school + (1 | size)").profile
    assert profile.column("school").levels == ("c", "b", "a")
    assert profile.file == "r_types.rds"


def test_dates_become_text_with_a_notice() -> None:
    table = table_of(FILES / "r_types.rds")
    assert {notice.subject for notice in table.notices if notice.code == "dates_as_text"} == DATES
    assert values_of(table)["at"][0] == "2020-01-01 12:00:00"


def test_labels_of_haven_are_kept_and_user_missing_values_named() -> None:
    table = table_of(FILES / "r_labelled.rds")
    _, x, y = table.columns
    assert isinstance(x, NumberColumn)
    assert isinstance(y, NumberColumn)
    assert (x.label, dict(x.labels)) == ("Has a label", {1.0: "no", 2.0: "yes"})
    assert np.isnan(y.values).tolist() == [False, True, False, False]
    assert [n.text for n in table.notices] == [
        "The file declares values of y missing: refused (99) in 1 row."
    ]


@pytest.mark.parametrize(
    ("file", "key", "words"),
    [
        ("r_several.RData", None, "holds 2 data frames: d, labelled (name one, object: d)"),
        ("r_several.RData", "label", "holds no data frame 'label' (did you mean 'labelled'?)"),
        (
            "r_several.RData",
            "f",
            "holds no data frame 'f' (it is a function; its data frames are d, labelled)",
        ),
        ("r_list.rds", None, "holds 2 data frames: first, second (name one, object: first)"),
        ("r_none.rda", None, "holds no data frame (it holds f (a function), model (of class lm))"),
        ("r_vector.rds", None, "holds no data frame (it holds an integer vector)"),
        ("r_types.rds", "d", "holds one data frame, which has no name (leave the key out)"),
    ],
)
def test_a_file_without_the_data_frame_is_one_fault_at_its_key(
    refuse: Refuse, tmp_path: Path, file: str, key: str | None, words: str
) -> None:
    path = tmp_path / file
    path.write_bytes((FILES / file).read_bytes())
    place = f"pipeline.yaml:4:{11 if key else 9}" if key else "pipeline.yaml:3:9"
    data = f"object: {key}" if key else ""
    where = "data.object" if key else "data.file"
    assert refuse(path, "y ~ 1 + (1 | g)", data=data) == [f"{place}: {where}: {file} {words}"]


@pytest.mark.parametrize("cut", [0, 1, 5, 40, 200, -1])
@pytest.mark.parametrize("file", ["r_types_v2.rds", "r_types.rda", "r_types.rds", "r_types_ascii.rds"])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, file: str, cut: int) -> None:
    path = tmp_path / file
    path.write_bytes((FILES / file).read_bytes()[:cut])
    with pytest.raises(UnreadableFile):
        table_of(path)


def test_only_a_file_of_r_has_objects(refuse: Callable[..., list[str]]) -> None:
    from mlm_steps.errors import SpecError

    with pytest.raises(SpecError, match="only a file of R"):
        refuse("g,y\na,1\n", "y ~ 1 + (1 | g)", data="object: d")
