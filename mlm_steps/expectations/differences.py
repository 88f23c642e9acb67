"""Compare two finished runs: spec, data, estimates, tests, notices and verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlm_steps.expectations.finished import FinishedRun
from mlm_steps.expectations.quantities import Deviation, deviations, pair_of
from mlm_steps.records.changes import Change, ChangesRecord
from mlm_steps.records.comparison import ComparisonRecord
from mlm_steps.records.data_profile import DataProfile
from mlm_steps.records.fit import FitRecord
from mlm_steps.spec.tree import read_tree, value_of
from mlm_steps.spec.written import Block, Items

__all__ = ["differences"]

MOST_COLUMNS = 8
"""Largest number of columns whose values differ that a line names."""
LONGEST = 200
"""Values of the spec with more characters are shortened in messages."""


def differences(
    before: FinishedRun, after: FinishedRun, other: str, *, rtol: float, exact: bool = False
) -> ChangesRecord:
    """Return what differs between two runs.

    Parameters
    ----------
    before, after : FinishedRun
    other : str
        The name of the earlier run.
    rtol : float
        The relative tolerance of numbers (see ``Quantity.tolerance``).
    exact : bool
        Whether numbers have to agree in all their digits.
    """
    changes = [
        *_spec(before, after),
        *_data(before.profile, after.profile),
        *_estimates(before, after, rtol, exact=exact),
        *_tests(before, after),
        *_notices(before, after),
        *_verdicts(before.verdicts, after.verdicts),
    ]
    shared = {(q.of, q.name) for q in before.quantities} & {(q.of, q.name) for q in after.quantities}
    return ChangesRecord(
        other=other,
        changes=tuple(changes),
        software=tuple(_software(before.told, after.told)),
        compared=len(shared),
    )


def _spec(before: FinishedRun, after: FinishedRun) -> Iterator[Change]:
    texts = [run.told.get("spec_text") for run in (before, after)]
    if not all(isinstance(text, str) for text in texts):
        hashes = [_inner(run.told, "spec").get("sha256") for run in (before, after)]
        if hashes[0] != hashes[1]:
            what = "the spec has changed; a run does not keep its text, so that it is not known where"
            yield Change(area="spec", what=what, before="", after="")
        return
    first, last = (_flat(str(text)) for text in texts)
    for path in dict.fromkeys((*first, *last)):
        if first.get(path) != last.get(path):
            pair = [_short(values.get(path, "")) for values in (first, last)]
            yield Change(area="spec", what=path, before=pair[0], after=pair[1])


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _flat(text: str) -> dict[str, str]:
    """Return the values of a spec as written, by their paths; comments and order of keys do not count."""
    root, _ = read_tree(text)
    found: dict[str, str] = {}
    if root is not None:
        _collect(value_of(root), "", found)
    return found


def _collect(value: object, path: str, found: dict[str, str]) -> None:
    if isinstance(value, Block):
        for key, item in value.items():
            _collect(item, f"{path}.{key}" if path else str(key), found)
    elif isinstance(value, Items) and any(isinstance(item, Block | Items) for item in value):
        names = [
            str(item.get("name", i)) if isinstance(item, Block) else str(i) for i, item in enumerate(value)
        ]
        for i, (name, item) in enumerate(zip(names, value, strict=True)):
            rest = item
            if isinstance(item, Block) and names.count(name) == 1:  # the path has the name
                rest = Block({key: inner for key, inner in item.items() if key != "name"}, item.at)
            _collect(rest, f"{path}[{name if names.count(name) == 1 else i}]", found)
    elif isinstance(value, Items):
        found[path] = f"[{', '.join(map(str, value))}]"
    else:
        found[path] = str(value) or '""'


def _data(before: DataProfile, after: DataProfile) -> Iterator[Change]:
    files = [{file.file: file.sha256 for file in p.files} or {p.file: p.file_hash} for p in (before, after)]
    for name in dict.fromkeys((*files[0], *files[1])):
        pair = [found.get(name, "")[:12] for found in files]
        if pair[0] != pair[1]:
            yield Change(area="data", what=f"SHA-256 of {name}", before=pair[0], after=pair[1])
    counts = [_counts(profile) for profile in (before, after)]
    for what in dict.fromkeys((*counts[0], *counts[1])):
        numbers = [found.get(what) for found in counts]
        if numbers[0] != numbers[1]:
            yield _numbers("data", what, numbers[0], numbers[1])
    columns = [{c.name: c.content_hash for c in profile.columns} for profile in (before, after)]
    same_rows = before.rows == after.rows
    changed = [name for name in columns[0] if name in columns[1] and columns[0][name] != columns[1][name]]
    if changed and same_rows:
        listed = ", ".join(changed[:MOST_COLUMNS]) + ("" if len(changed) <= MOST_COLUMNS else " …")
        yield Change(area="data", what=f"values of {listed} in the common sample differ", before="", after="")
    elif before.sample_hash != after.sample_hash and same_rows:
        yield Change(area="data", what="the common sample has other rows", before="", after="")


def _counts(profile: DataProfile) -> dict[str, int]:
    return {
        "rows of the data": profile.rows_file,
        "rows of the common sample": profile.rows,
        **{f"levels of {factor.name}": factor.n_levels for factor in profile.factors},
    }


def _numbers(area: Any, what: str, before: float | None, after: float | None, remark: str = "") -> Change:
    shown = pair_of(None if before is None else float(before), None if after is None else float(after))
    return Change(
        area=area,
        what=what,
        before="" if before is None else shown[0],
        after="" if after is None else shown[1],
        before_value=before,
        after_value=after,
        remark=remark,
    )


def _estimates(before: FinishedRun, after: FinishedRun, rtol: float, *, exact: bool) -> Iterator[Change]:
    for each in deviations(before.quantities, after.quantities, rtol, exact=exact):
        yield _of_deviation(each)


def _of_deviation(each: Deviation) -> Change:
    shown = pair_of(each.before, each.after)
    values = [value if isinstance(value, float) else None for value in (each.before, each.after)]
    return Change(
        area="estimates",
        what=f"{each.of}, {each.name}",
        before="" if each.new else shown[0],
        after="" if each.gone else shown[1],
        before_value=values[0],
        after_value=values[1],
        remark=each.excess,
    )


def _tests(before: FinishedRun, after: FinishedRun) -> Iterator[Change]:
    """Yield the tests whose p values lie on another side of the level of the run."""
    first, last = _p_values(before), _p_values(after)
    alphas = [run.fits[0].alpha if run.fits else 0.05 for run in (before, after)]
    for what, p in first.items():
        other = last.get(what)
        if p is None or other is None or (p < alphas[0]) == (other < alphas[1]):
            continue
        word = "significant now" if other < alphas[1] else "no longer significant"
        yield _numbers("tests", f"p of {what}", p, other, f"{word} at {alphas[1]:g}")


def _p_values(run: FinishedRun) -> dict[str, float | None]:
    found = {f"{c.column} in {fit.model}": c.p for fit in run.fits for c in fit.coefficients}
    found |= {f"the joint test of {t.term} in {fit.model}": t.p for fit in run.fits for t in _joint(fit)}
    return found | {f"{_pair(record)}": record.p for record in run.comparisons}


def _joint(fit: FitRecord) -> list[Any]:
    return [test for test in fit.anova if test.num_df > 1]


def _pair(record: ComparisonRecord) -> str:
    return f"{record.larger} against {record.smaller}"


def _notices(before: FinishedRun, after: FinishedRun) -> Iterator[Change]:
    first, last = before.notices, after.notices
    for key in dict.fromkeys((*first, *last)):
        if (key in first) == (key in last):
            continue
        notice = first.get(key) or last[key]
        what = f"{notice.model}, {notice.severity}" if notice.model else notice.severity
        old, new = (notice.text, "") if key in first else ("", notice.text)
        yield Change(area="notices", what=what, before=old, after=new)


def _verdicts(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        pair = [verdicts.get(name, "") for verdicts in (before, after)]
        if pair[0] != pair[1]:
            yield Change(area="verdicts", what=name, before=pair[0], after=pair[1])


def _software(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[str]:
    first, last = _inner(before, "versions"), _inner(after, "versions")
    rows = [(name, first.get(name), last.get(name)) for name in dict.fromkeys((*first, *last))]
    rows += [(name, before.get(name), after.get(name)) for name in ("kernel", "platform")]
    for name, old, new in rows:
        if old != new:
            yield f"{name}: {old or 'none'} → {new or 'none'}"


def _inner(told: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = told.get(key)
    return found if isinstance(found, Mapping) else {}
