"""Give each column of a file a unique name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count

from mlm_steps.data.raw import UnreadableFile
from mlm_steps.errors import MOST_LISTED, listing
from mlm_steps.records.base import Notice
from mlm_steps.spec.written import quoted

__all__ = ["check_names", "is_id_name", "name_columns"]

_ID_NAME = re.compile(
    r"(^|[_. ])(id|nr|number|code|key)s?$|^uu?id|^id[_. 0-9]|^[a-z]?id$|(?-i:[a-z]I[dD]$|[a-z]N[rR]$)"
    r"|^(pupil|student|child|person|participant|respondent|subject|patient|employee|case|record|row)$",
    re.IGNORECASE,
)


def is_id_name(name: str) -> bool:
    """Return whether a column's name looks like that of an identifier.

    >>> [is_id_name(name) for name in ("id", "student_id", "pupilID", "pupil", "grid")]
    [True, True, True, True, False]
    """
    return bool(_ID_NAME.search(name))


def name_columns(header: Sequence[str], filled: Sequence[bool]) -> tuple[dict[int, str], tuple[Notice, ...]]:
    """Return the name of each column that is kept, by position, and notices on names that were made up.

    R's ``write.csv`` and pandas do not name the column of row names. As in R's ``read.csv``, a column without
    a name is called X, X.1, … A column with neither name nor values, from a trailing delimiter, is dropped.

    Raises
    ------
    UnreadableFile
        Two columns have the same name.
    """
    kept = [i for i, name in enumerate(header) if name or filled[i]]
    check_names([header[i] for i in kept if header[i]])
    names = {i: header[i] for i in kept}
    notices: list[Notice] = []
    for i in (i for i in kept if not header[i]):
        names[i] = next(name for name in _spare_names() if name not in names.values())
        text = f"Column {i + 1} of the file has no name; it is called {names[i]} here."
        notices.append(Notice(code="column_without_name", severity="info", text=text, subject=names[i]))
    return names, tuple(notices)


def _spare_names() -> Iterator[str]:
    yield "X"
    for number in count(1):
        yield f"X.{number}"


def check_names(names: Sequence[str]) -> None:
    """Refuse repeated names."""
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        places = "; ".join(
            f"{quoted(name)} in columns {listing(str(i) for i, n in enumerate(names, 1) if n == name)}"
            for name in repeated[:MOST_LISTED]
        )
        raise UnreadableFile(f"two columns have the same name: {places}", "rename all but one in the file")
