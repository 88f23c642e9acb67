"""Between–within degrees of freedom, counted by hand."""

import numpy as np
import pandas as pd
import pytest

import mlm_steps.inference as inference
from mlm_steps.design.build import build_design
from mlm_steps.engine import fit_lmm
from mlm_steps.inference import Context

SCHOOLS, CLASSES, SIZE = 12, 3, 5
N = SCHOOLS * CLASSES * SIZE


@pytest.fixture(scope="module")
def frame():
    generator = np.random.default_rng(2)
    school = np.repeat(np.arange(SCHOOLS), CLASSES * SIZE)
    room = np.repeat(np.arange(SCHOOLS * CLASSES), SIZE)
    x, v = generator.normal(size=(2, N))
    w, u = generator.normal(size=SCHOOLS)[school], generator.normal(size=SCHOOLS * CLASSES)[room]
    effects = generator.normal(size=(SCHOOLS, 2))[school]
    y = effects[:, 0] + (1 + effects[:, 1]) * x + generator.normal(size=SCHOOLS * CLASSES)[room]
    y += generator.normal(size=N)
    frame = pd.DataFrame({"y": y, "x": x, "v": v, "w": w, "u": u, "f": [f"f{s % 3}" for s in school]})
    return frame.assign(school=[f"s{s}" for s in school], room=[f"r{r}" for r in room])


COUNTED = {
    "y ~ 1 + (1 | school)": [SCHOOLS - 1],
    "y ~ x + v + (1 | school)": [SCHOOLS - 1, N - SCHOOLS - 2, N - SCHOOLS - 2],
    "y ~ x + v + (x | school)": [SCHOOLS - 1, SCHOOLS - 1, N - SCHOOLS - 2],
    "y ~ x * w + (x | school)": [SCHOOLS - 2] * 4,
    "y ~ x * w + (1 | school)": [SCHOOLS - 2, N - SCHOOLS - 1, SCHOOLS - 2, SCHOOLS - 2],
    "y ~ x + f + (1 | school)": [SCHOOLS - 3, N - SCHOOLS - 1, SCHOOLS - 3, SCHOOLS - 3],
    "y ~ x + u + w + (1 | school) + (1 | room)": [
        SCHOOLS - 2,
        N - SCHOOLS * CLASSES - 1,
        SCHOOLS * (CLASSES - 1) - 1,
        SCHOOLS - 2,
    ],
}


@pytest.mark.parametrize("formula", COUNTED)
def test_each_coefficient_has_the_df_of_its_level(formula, frame):
    fit = fit_lmm(build_design(formula, frame))
    against = inference.reference(fit, "between-within")
    assert against.method == "between-within"
    assert against.df(np.eye(fit.design.p)).tolist() == COUNTED[formula]


def test_declared_levels_go_before_those_in_the_data(frame):
    fit = fit_lmm(build_design("y ~ v + (1 | school)", frame))
    against = inference.reference(fit, "between-within", Context({"v": "2"}))
    assert against.df(np.eye(2)).tolist() == [SCHOOLS - 2, SCHOOLS - 2]


def test_a_joint_test_has_the_least_df_of_its_coefficients(frame):
    fit = fit_lmm(build_design("y ~ x + w + (1 | school)", frame))
    assert inference.reference(fit, "between-within").joint(np.eye(3)[1:]).df == SCHOOLS - 2


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        ("y ~ x + (1 | school) + (1 | half)", "not nested"),
        ("y ~ w + I(w^2) + I(w^3) + I(w^4) + (1 | few)", "too few groups"),
    ],
)
def test_where_the_df_do_not_apply_the_tests_are_satterthwaites(formula, reason, frame):
    data = frame.assign(
        half=[f"h{i % 7}" for i in range(N)], few=[f"g{int(s[1:]) // 4}" for s in frame.school]
    )
    against = inference.reference(fit_lmm(build_design(formula, data)), "between-within", Context({"w": "2"}))
    assert against.method == "satterthwaite"
    assert reason in against.notices[0].text
