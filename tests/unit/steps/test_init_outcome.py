"""``mlm init`` recognises what kind of outcome it has and proposes a family that the models run with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from mlm_steps.data.survey.words import is_negative_label
from mlm_steps.errors import UsageError
from tests.unit.steps.conftest import Written

Init = Callable[..., Written]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def pupils(rng: np.random.Generator) -> pd.DataFrame:
    """Return 600 pupils in 30 schools, with a probability that depends on the school and on x."""
    school = np.repeat(np.arange(30), 20)
    table = pd.DataFrame({"school": [f"s{g:02d}" for g in school], "x": rng.normal(size=600).round(3)})
    eta = rng.normal(size=30)[school] + 0.5 * table["x"]
    return table.assign(p=1 / (1 + np.exp(-eta)))


def estimation(found: Written) -> dict[str, object]:
    return {key: word for key, word in found.keys["estimation"].items() if key not in ("df", "confidence")}


def test_zeros_and_ones_get_a_logistic_model(init: Init, rng: np.random.Generator) -> None:
    table = pupils(rng)
    table["passed"] = rng.binomial(1, table.pop("p"))
    found = init(table, "passed", "school")
    assert found.keys["estimation"] == {"family": "binomial", "df": "z", "confidence": 0.95}
    assert "# passed is 0 or 1" in found.text
    assert "prelude" not in found.keys
    assert found.formulas[2] == "passed ~ 1 + x_w + (x_w | school)"


@pytest.mark.parametrize(
    ("labels", "levels"),
    [
        (("no", "yes"), ["no", "yes"]),
        (("control", "case"), ["control", "case"]),
        (("Incorrect", "Correct"), ["Incorrect", "Correct"]),
        (("1", "2"), ["1", "2"]),
        (("FALSE", "TRUE"), ["FALSE", "TRUE"]),
        (("died", "recovered"), ["died", "recovered"]),
    ],
)
def test_the_last_of_two_labels_is_the_event(
    init: Init, rng: np.random.Generator, labels: tuple[str, str], levels: list[str]
) -> None:
    table = pupils(rng)
    table["y"] = np.array(labels)[rng.binomial(1, table.pop("p"))]
    found = init(table, "y", "school")
    assert found.keys["data"]["columns"]["y"] == {"type": "category", "levels": levels, "label": "y"}
    text = " ".join(line.strip(" #") for line in found.text.splitlines())
    assert f"log odds of {levels[1]} against {levels[0]}" in text
    assert estimation(found) == {"family": "binomial"}


def test_counts_get_a_poisson_model_and_its_alternative(init: Init, rng: np.random.Generator) -> None:
    table = pupils(rng).drop(columns="p")
    table["visits"] = rng.poisson(np.exp(0.3 * table["x"] + rng.normal(size=30).repeat(20)))
    found = init(table, "visits", "school")
    assert estimation(found) == {"family": "poisson"}
    assert "family: negative_binomial" in " ".join(found.text.split()).replace("# ", "")
    table["person_years"] = rng.uniform(1, 5, 600).round(2)
    found = init(table, "visits", "school")
    assert estimation(found) == {"family": "poisson", "exposure": "person_years"}
    assert "person_years" not in found.levels


@pytest.mark.parametrize(
    "y",
    [
        lambda rng: rng.binomial(4, 0.5, 600),  # ratings from 0 to 4
        lambda rng: rng.integers(0, 11, 600),  # ratings from 0 to 10
        lambda rng: rng.binomial(40, 0.5, 600),  # sums of items
        lambda rng: rng.integers(1, 8, 600),  # ratings from 1 to 7
        lambda rng: rng.normal(size=600).round(2),
    ],
)
def test_ratings_and_sums_keep_a_linear_model(
    init: Init, rng: np.random.Generator, y: Callable[[np.random.Generator], np.ndarray]
) -> None:
    found = init(pupils(rng).drop(columns="p").assign(y=y(rng)), "y", "school")
    assert found.keys["estimation"] == {"method": "REML", "df": "satterthwaite", "confidence": 0.95}
    assert "prelude" in found.keys
    assert "# y " not in found.text


def test_events_and_shares_are_modelled_with_their_trials(init: Init, rng: np.random.Generator) -> None:
    table = pupils(rng)
    table["n_items"] = rng.integers(5, 30, 600)
    table["n_correct"] = rng.binomial(table["n_items"], table.pop("p"))
    table["n_wrong"] = table["n_items"] - table["n_correct"]
    found = init(table, "n_correct", "school")
    assert estimation(found) == {"family": "binomial", "trials": "n_items"}
    assert found.reason("n_wrong") == "n_wrong follows from n_correct and n_items"
    assert set(found.levels) == {"x"}
    table["share"] = table["n_correct"] / table["n_items"]
    found = init(table, "share", "school")
    assert estimation(found) == {"family": "binomial", "trials": "n_items"}
    assert set(found.levels) == {"x"}
    found = init(table.drop(columns=["n_items", "share"]), "n_correct", "school")
    assert found.formulas[0] == "cbind(n_correct, n_wrong) ~ 1 + (1 | school)"
    found = init(table[["school", "x", "share"]], "share", "school")
    assert estimation(found) == {"method": "REML"}
    assert "lies between 0 and 1" in found.text


def test_a_column_that_tells_the_two_values_apart_is_no_predictor(
    init: Init, rng: np.random.Generator
) -> None:
    table = pupils(rng)
    table["passed"] = rng.binomial(1, table.pop("p"))
    table["grade"] = np.where(table["passed"] == 1, "pass", "fail")
    table["points"] = 10 * table["passed"] + rng.uniform(0, 9, 600).round(2)
    found = init(table, "passed", "school")
    for name in ("grade", "points"):
        assert found.reason(name).startswith(f"{name} separates the two values of the outcome")


def test_few_zeros_and_ones_per_person_give_no_slope_of_time(init: Init, rng: np.random.Generator) -> None:
    table = pd.DataFrame({"id": np.repeat(np.arange(100), 5), "month": np.tile(np.arange(5), 100)})
    table["ill"] = rng.binomial(1, 0.5, 500)
    assert init(table, "ill", "id").formulas == ["ill ~ 1 + (1 | id)", "ill ~ 1 + month + (1 | id)"]
    table["score"] = rng.normal(size=500).round(2)
    assert init(table.drop(columns="ill"), "score", "id").keys["ladder"]["preset"] == "growth"


def test_the_rarer_value_limits_the_predictors(init: Init, rng: np.random.Generator) -> None:
    table = pupils(rng).drop(columns="p").assign(**{f"z{i}": rng.normal(size=600).round(3) for i in range(5)})
    table["ill"] = rng.permutation(np.arange(600) < 25).astype(int)
    assert len([rank for rank in init(table, "ill", "school").levels.values() if rank == 1]) == 2


def test_a_text_of_three_values_says_what_to_do(init: Init, rng: np.random.Generator) -> None:
    table = pupils(rng).assign(y=np.array(["no", "yes", "unknown"])[np.arange(600) % 3])
    with pytest.raises(UsageError, match=r"3 values: 'no', 'unknown', 'yes' .*--na"):
        init(table, "y", "school")
    found = init(table, "y", "school", na=("unknown",))
    assert found.keys["data"]["columns"]["y"]["levels"] == ["no", "yes"]


def test_a_level_of_no_event_is_known_by_its_word() -> None:
    assert not is_negative_label("recovered")
    assert is_negative_label(" Not passed")


def test_trials_are_known_by_the_share_that_is_computed_from_them(
    init: Init, rng: np.random.Generator
) -> None:
    table = pupils(rng).rename(columns={"school": "tray"})
    table["seeds"] = rng.integers(8, 15, 600)
    table["sprouted"] = rng.binomial(table["seeds"], table.pop("p"))
    assert estimation(init(table, "sprouted", "tray")) != {"family": "binomial", "trials": "seeds"}
    table["percent"] = (100 * table["sprouted"] / table["seeds"]).round(1)
    found = init(table, "sprouted", "tray")
    assert estimation(found) == {"family": "binomial", "trials": "seeds"}
    assert found.reason("percent") == "percent follows from sprouted and seeds"


def test_a_code_for_missing_beside_two_values_is_said(init: Init, rng: np.random.Generator) -> None:
    table = pupils(rng).drop(columns="p").assign(vaccinated=rng.choice([1, 2, 9], 600))
    (remark,) = init(table, "vaccinated", "school").remarks
    assert remark.startswith("vaccinated has three values: 1, 2, 9. If 9 means missing, empty these cells")
    assert not init(table.assign(vaccinated=rng.choice([1, 2, 3], 600)), "vaccinated", "school").remarks
