"""The data of the cases: read from this repository or simulated, always the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "config" / "examples" / "data"
REFERENCE = ROOT / "tests" / "reference" / "data"


def workshop() -> pd.DataFrame:
    """Return 6871 students in 419 schools: as in a workshop's data set, simulated."""
    frame = pd.read_csv(EXAMPLES / "workshop.csv", encoding="utf-8-sig")
    numbers = dict.fromkeys(("math", "ses", "public"), float)
    return frame[["math", "ses", "public", "schcode"]].astype(numbers)


def sleepstudy() -> pd.DataFrame:
    """Return 18 drivers on ten days (lme4)."""
    return pd.read_csv(EXAMPLES / "sleepstudy.csv").astype({"Days": float})


def crossed() -> pd.DataFrame:
    """Return 100 participants who met 50 items."""
    return pd.read_csv(EXAMPLES / "crossed.csv")


def insteval() -> pd.DataFrame:
    """Return 73 421 ratings of 1128 lecturers by 2972 students (lme4)."""
    frame = pd.read_csv(REFERENCE / "InstEval.csv.gz")[["y", "s", "d", "service", "dept"]]
    return frame.astype({"y": float, "service": str})


def cbpp() -> pd.DataFrame:
    """Return the incidence of a disease in 15 herds (lme4)."""
    frame = pd.read_csv(REFERENCE / "cbpp.csv", dtype={"herd": str, "period": str})
    return frame.astype({"incidence": float, "size": float})


def contraception() -> pd.DataFrame:
    """Return 1934 women in 60 districts (mlmRev)."""
    frame = pd.read_csv(REFERENCE / "Contraception.csv.gz", dtype={"district": str, "livch": str})
    used = (frame["use"] == "Y").astype(float)
    return frame.assign(used=used, age2=frame["age"] ** 2)[
        ["used", "age", "age2", "urban", "livch", "district"]
    ]


def ticks() -> pd.DataFrame:
    """Return 403 grouse chicks in 118 broods at 63 places (lme4)."""
    frame = pd.read_csv(REFERENCE / "grouseticks.csv", dtype=str)
    return frame.astype({"TICKS": float, "cHEIGHT": float})[
        ["TICKS", "YEAR", "cHEIGHT", "BROOD", "INDEX", "LOCATION"]
    ]


def verbal_aggression() -> pd.DataFrame:
    """Return 316 persons who answered 24 items (lme4)."""
    frame = pd.read_csv(REFERENCE / "VerbAgg.csv.gz", dtype={"id": str})
    return frame.assign(yes=(frame["r2"] == "Y").astype(float), Anger=frame["Anger"].astype(float)).drop(
        columns="r2"
    )


def good_lecturers() -> pd.DataFrame:
    """Return whether a rating of ``insteval`` is 4 or 5."""
    frame = insteval()
    good = (frame["y"] >= 4).astype(float)
    return frame.assign(y=good)[["y", "service", "s", "d"]].astype({"s": str, "d": str})


def binary(n: int, J: int) -> pd.DataFrame:
    """Return yes/no outcomes in J groups with a random intercept and slope."""
    generator = np.random.default_rng(J)
    g, x = generator.integers(0, J, n), generator.normal(size=n)
    w = generator.normal(size=J)[g]
    eta = -0.5 + 0.8 * generator.normal(size=J)[g] + (0.6 + 0.35 * generator.normal(size=J)[g]) * x + 0.3 * w
    y = (generator.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(float)
    return pd.DataFrame({"y": y, "x": x, "w": w, "g": g.astype(str)})


def binary_crossed(n: int, J: int, items: int) -> pd.DataFrame:
    """Return yes/no answers of J persons to some items each."""
    generator = np.random.default_rng(items)
    g, h, x = generator.integers(0, J, n), generator.integers(0, items, n), generator.normal(size=n)
    eta = -0.3 + 0.4 * x + 0.8 * generator.normal(size=J)[g] + 0.5 * generator.normal(size=items)[h]
    y = (generator.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(float)
    return pd.DataFrame({"y": y, "x": x, "g": g.astype(str), "h": h.astype(str)})


def high_school() -> pd.DataFrame:
    """Return 7185 pupils in 160 schools (High School and Beyond)."""
    return pd.read_csv(REFERENCE / "Hsb82.csv.gz")[["mAch", "cses", "school"]]


def slopes(n: int, J: int) -> pd.DataFrame:
    """Return n rows in J groups whose intercepts and slopes differ."""
    rng = np.random.default_rng([n, J])
    g = np.sort(rng.integers(0, J, n))
    x = rng.normal(size=n)
    u = rng.normal(size=(J, 2)) @ np.array([[0.7, 0.15], [0.0, 0.3]])
    return pd.DataFrame({"y": 1.0 + 0.5 * x + u[g, 0] + u[g, 1] * x + rng.normal(size=n), "x": x, "g": g})


def nested() -> pd.DataFrame:
    """Return pupils in schools in authorities, of the size of Chem97: 31 022 in 2410 in 131."""
    rng = np.random.default_rng(97)
    n, schools, authorities = 31_022, 2410, 131
    authority = rng.permutation(
        np.r_[np.arange(authorities), rng.integers(0, authorities, schools - authorities)]
    )
    school = rng.permutation(np.r_[np.arange(schools), rng.integers(0, schools, n - schools)])
    gcse = rng.normal(size=n)
    y = 5.6 + 2.5 * gcse + 0.12 * rng.normal(size=authorities)[authority[school]]
    y += 1.1 * rng.normal(size=schools)[school] + 2.2 * rng.normal(size=n)
    return pd.DataFrame({"score": y, "gcse": gcse, "school": school, "lea": authority[school]})


def maximal() -> pd.DataFrame:
    """Return reaction times of 56 subjects to 32 items under two crossed conditions, all effects random."""
    rng = np.random.default_rng(56)
    subject, item = (np.ravel(codes) for codes in np.indices((56, 32)))
    a, b = 1.0 - 2.0 * ((subject + item) % 2), 1.0 - 2.0 * ((subject // 2 + item // 2) % 2)
    X = np.column_stack([np.ones(subject.size), a, b, a * b])
    y = X @ [2180.0, -67.0, -333.0, 22.0] + 650.0 * rng.normal(size=subject.size)
    for codes, sizes in ((subject, (300.0, 60.0, 90.0, 40.0)), (item, (360.0, 50.0, 250.0, 40.0))):
        common = rng.normal(size=(codes.max() + 1, 1))
        u = (0.5 * common + rng.normal(size=(codes.max() + 1, 4))) * sizes
        y += np.einsum("ij,ij->i", X, u[codes])
    return pd.DataFrame({"rt": y, "a": a, "b": b, "subject": subject, "item": item})
