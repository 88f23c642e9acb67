"""Labels sort as in R."""

from __future__ import annotations

import random
import shlex

import pytest

from mlm_steps.data.collate import sort_labels

# R 4.2.2 with ICU 72.1: icuSetCollate(locale = "en_US"); sort(...)
IN_R = [
    '" x" _a -b 1-1 10 11 9 a A "a b" a1 A1 ab b B "B 2" e é f Z',
    "_ - , ; : ! ? . ( ) [ ] { } @ * / & # % ^ + < = > | ~ $ 0 9 a A b B z Z",
    '"co op" co-op coop COOP Ende Öde Ofen Öl resume Resume résumé Zoo',
    '"Golden Rain" Marvellous Victory',
]


@pytest.mark.parametrize("line", IN_R)
def test_labels_sort_as_in_r_under_an_english_locale(line: str) -> None:
    labels = shlex.split(line)
    shuffled = random.Random(1).sample(labels, len(labels))
    assert sort_labels(shuffled) == labels
