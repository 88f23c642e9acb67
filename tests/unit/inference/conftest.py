"""Data that several tests share."""

from pathlib import Path

import pandas as pd
import pytest


@pytest.fixture(scope="session")
def sleep():
    path = Path(__file__).parents[2] / "reference" / "data" / "sleepstudy.csv"
    return pd.read_csv(path, dtype={"Subject": str})
