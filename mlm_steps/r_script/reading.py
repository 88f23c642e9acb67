"""Read, stack, join and reshape the data files in R."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import PurePath

from mlm_steps.data.delimited import as_utf8, sniff_delimiter
from mlm_steps.r_script.plan import ScriptPlan
from mlm_steps.r_script.text import DATA, column, comment, joined, name, number, string, vector
from mlm_steps.spec.files import JoinSpec, ReadSpec
from mlm_steps.spec.reshape import LongToWide, WideToLong, pattern_parts

__all__ = ["libraries_of", "reading"]

_PACKAGES = {
    ".sav": ("haven", "read_sav"), ".dta": ("haven", "read_dta"), ".sas7bdat": ("haven", "read_sas"),
    ".xlsx": ("readxl", "read_excel"), ".parquet": ("arrow", "read_parquet"),
    ".feather": ("arrow", "read_feather"),
}  # fmt: skip
_OF_R = (".rds", ".rda", ".rdata")
_PACKED = (".gz", ".zst")
HEAD = 1 << 16
"""Bytes of a text file that are read to find its delimiter and its header."""
_IN_NUMBERS = (".", "#N/A")
"""Marks of a missing value in columns of numbers, besides an empty cell."""


def libraries_of(plan: ScriptPlan) -> list[str]:
    """Return the packages that read the files."""
    found = [_PACKAGES[_suffix(file)][0] for file in plan.spec.data.files if _suffix(file) in _PACKAGES]
    return list(dict.fromkeys(found))


def _suffix(file: str) -> str:
    path = PurePath(file.lower())
    return PurePath(path.stem).suffix if path.suffix in _PACKED else path.suffix


def reading(plan: ScriptPlan) -> Iterator[str]:
    """Yield the lines that make the data frame ``d`` of the files."""
    data = plan.spec.data
    frames: list[tuple[str | None, ReadSpec]] = [(data.file, data)] if data.file else []
    frames += [(each.file, _with_defaults(each, data)) for each in data.stack]
    if not data.stack:
        yield _read(plan, DATA, str(data.file), data)
    else:
        yield from _stacked(plan, frames)
    for position, each in enumerate(data.join):
        yield from _joined(plan, each, f"table_{position + 1}")
    if data.reshape is not None and data.reshape.wide_to_long is not None:
        yield from _long(plan, data.reshape.wide_to_long)
    elif data.reshape is not None and data.reshape.long_to_wide is not None:
        yield from _wide(data.reshape.long_to_wide)


def _with_defaults(each: ReadSpec, data: ReadSpec) -> ReadSpec:
    """Return how a stacked file is read: what it does not say is as in ``data``."""
    keys = ("encoding", "decimal", "thousands", "delimiter", "sheet", "object", "skip")
    given = {key: getattr(each, key) for key in keys}
    return data.model_copy(
        update={key: value for key, value in given.items() if value is not None}
        | {"na": tuple(dict.fromkeys([*(data.na or ()), *(each.na or ())]))}
    )


def _read(plan: ScriptPlan, frame: str, file: str, options: ReadSpec) -> str:
    """Return the line that reads one file."""
    suffix = _suffix(file)
    if suffix in _PACKAGES:
        package, function = _PACKAGES[suffix]
        sheet = [f"sheet = {_sheet(options.sheet)}"] if options.sheet else []
        skip = [f"skip = {options.skip}"] if options.skip and suffix == ".xlsx" else []
        call = joined(f"{package}::{function}(", [string(file), *sheet, *skip])
        return f"{frame} <- as.data.frame({call})"
    if suffix in _OF_R:
        return _read_r(plan, frame, file, options.object)
    return _read_text(plan, frame, file, options)


def _sheet(sheet: str) -> str:
    return sheet if sheet.isdigit() else string(sheet)


def _read_r(plan: ScriptPlan, frame: str, file: str, wanted: str | None) -> str:
    if _suffix(file) == ".rds":
        return f"{frame} <- as.data.frame(readRDS({string(file)}))"
    if wanted is None:
        plan.leave_out("the object in the file of R is the first one that load() brings")
    chosen = "1" if wanted is None else string(wanted)
    return (
        f"{frame} <- local({{ e <- new.env(); get(load({string(file)}, e)[{chosen}], e) }})"
        if (wanted is None)
        else f"{frame} <- local({{ e <- new.env(); load({string(file)}, e); e[[{chosen}]] }})"
    )


def _read_text(plan: ScriptPlan, frame: str, file: str, options: ReadSpec) -> str:
    """Return the call of ``read.csv`` or its like for a text file."""
    if file.lower().endswith(".zst"):
        what = f"{file} is packed by zstd, which R does not read: unpack it first"
        plan.leave_out(what)
    path = plan.loaded.paths[file]
    delimiter, header = _head_of(path.read_bytes() if _packed(file) else _first_bytes(path), file, options)
    texts = [each for each in header if _is_text(plan, each)]
    marks = dict.fromkeys(["", *(options.na or plan.spec.data.na), *_number_marks(plan)])
    parts = [
        string(file),
        *([f"skip = {options.skip}"] if options.skip else []),
        *([f"sep = {string(delimiter)}"] if delimiter not in (",", "whitespace") else []),
        *([f"dec = {string(options.decimal)}"] if options.decimal not in (None, ".") else []),
        f"na.strings = {vector(map(string, marks))}",
        f"fileEncoding = {string(options.encoding or 'UTF-8-BOM')}",
        "check.names = FALSE",
        "strip.white = TRUE",
    ]
    if texts:
        typed = ", ".join(f'{name(each)} = "character"' for each in texts)
        parts.append(f"colClasses = c({typed})")
    if delimiter == "whitespace":
        return joined(f"{frame} <- read.table(", [parts[0], "header = TRUE", *parts[1:]])
    return joined(f"{frame} <- read.csv(", parts)


def _packed(file: str) -> bool:
    return file.lower().endswith(_PACKED)


def _first_bytes(path: object) -> bytes:
    with open(str(path), "rb") as stream:  # noqa: PTH123 - a part of the file
        return stream.read(HEAD)


def _head_of(content: bytes, file: str, options: ReadSpec) -> tuple[str, list[str]]:
    """Return delimiter and header of a text file; no header of a packed file."""
    fixed = {".tsv": "\t"}.get(_suffix(file))
    if _packed(file):
        return options.delimiter or fixed or ",", []
    text = as_utf8(content[: content.rfind(b"\n") + 1] or content, options.encoding)
    below = b"\n".join(text.splitlines()[options.skip or 0 :])
    delimiter = options.delimiter or fixed or sniff_delimiter(below, blanks=_suffix(file) == ".txt")
    lines = io.StringIO(below.decode("utf-8", "replace"))
    header = next(csv.reader(lines, delimiter=delimiter if len(delimiter) == 1 else " "), [])
    return delimiter, [each.strip() for each in header if each.strip()]


def _is_text(plan: ScriptPlan, each: str) -> bool:
    """Return whether a column of a file is used, and is no number."""
    found = plan.columns.get(each)
    keys = {key for join in plan.spec.data.join for pair in join.keys.items() for key in pair}
    if each in keys:
        return True
    return found is not None and each in plan.needed and (found.kind != "number" or _has_thousands(plan))


def _has_thousands(plan: ScriptPlan) -> bool:
    return plan.spec.data.thousands is not None


def _number_marks(plan: ScriptPlan) -> list[str]:
    """Return the marks of missing numbers, unless a category has one of them as a level."""
    levels = {level for found in plan.columns.values() for level in found.levels or ()}
    return [mark for mark in _IN_NUMBERS if mark not in levels]


def _stacked(plan: ScriptPlan, frames: list[tuple[str | None, ReadSpec]]) -> Iterator[str]:
    """Yield the lines that stack files; a column that a file does not have is missing in its rows."""
    source = plan.spec.data.source_as
    names = [f"part_{position + 1}" for position in range(len(frames))]
    labels = {each.file: each.as_ for each in plan.spec.data.stack}
    for frame, (file, options) in zip(names, frames, strict=True):
        yield _read(plan, frame, str(file), options)
        if source:
            value = labels.get(str(file)) or PurePath(str(file)).name.split(".")[0]
            yield f"{column(source, frame)} <- {string(value)}"
    yield "parts <- list(" + ", ".join(names) + ")"
    yield "columns <- unique(unlist(lapply(parts, names)))"
    yield f"{DATA} <- do.call(rbind, lapply(parts, function(part) {{"
    yield "  part[setdiff(columns, names(part))] <- NA"
    yield "  part[columns]"
    yield "}))"


def _joined(plan: ScriptPlan, each: JoinSpec, frame: str) -> Iterator[str]:
    """Yield the lines that add the columns of a file by its key."""
    yield _read(plan, frame, each.file, each.model_copy(update={"na": each.na or plan.spec.data.na}))
    left = [column(key) for key in each.keys]
    right = [column(key, frame) for key in each.keys.values()]
    sides = [pair[0] if len(pair) == 1 else f"paste({', '.join(pair)})" for pair in (left, right)]
    yield f"row <- match({sides[0]}, {sides[1]})"
    if each.columns is None:
        yield f"added <- setdiff(names({frame}), {vector(map(string, each.keys.values()))})"
    else:
        yield f"added <- {vector(map(string, each.columns))}"
    yield f"{DATA}[added] <- {frame}[row, added, drop = FALSE]"
    if each.unmatched == "drop":
        yield f"{DATA} <- {DATA}[!is.na(row), ]"
    elif each.unmatched == "error":
        yield "stopifnot(!anyNA(row))"


def _long(plan: ScriptPlan, spec: WideToLong) -> Iterator[str]:
    """Yield the lines that make one row per row and occasion."""
    times = spec.times or _times(plan, spec)
    time, values = spec.time_name, list(spec.variables)
    identifier = spec.id or "id"
    if spec.id is None or spec.id not in plan.columns:
        yield f"{column(identifier)} <- seq_len(nrow({DATA}))"
    varying = [
        f"{string(value)} = {vector(string(each) for each in _wide_names(patterns, times))}"
        for value, patterns in spec.variables.items()
    ]
    numeric = all(_is_number(each) for each in times)
    yield joined(
        f"{DATA} <- reshape(",
        [
            DATA, 'direction = "long"', f"idvar = {string(identifier)}",
            f"varying = list({', '.join(each.partition(' = ')[2] for each in varying)})",
            f"v.names = {vector(map(string, values))}", f"timevar = {string(time)}",
            f"times = {vector(times if numeric else map(string, times))}",
        ],
    )  # fmt: skip
    if spec.missing == "drop":
        gone = " & ".join(f"is.na({column(value)})" for value in values)
        yield f"{DATA} <- {DATA}[!({gone}), ]"


def _times(plan: ScriptPlan, spec: WideToLong) -> tuple[str, ...]:
    """Return the occasions as the data have them."""
    if not spec.has_pattern:
        return tuple(next(iter(spec.variables.values())))
    values = plan.frame[spec.time_name]
    found = list(getattr(values, "cat", values).categories) if hasattr(values, "cat") else sorted(set(values))
    return tuple(number(each) if isinstance(each, float) else str(each) for each in found)


def _wide_names(patterns: tuple[str, ...], times: tuple[str, ...]) -> list[str]:
    parts = pattern_parts(patterns[0])
    if parts is None:
        return list(patterns)
    return [f"{parts[0]}{time}{parts[2]}" for time in times]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _wide(spec: LongToWide) -> Iterator[str]:
    """Yield the lines that make one row per unit."""
    keep = vector(map(string, [*spec.id, spec.time, *spec.values]))
    yield comment("other columns are left out: reshape() would keep those of the first row")
    yield joined(
        f"{DATA} <- reshape(",
        [
            f"{DATA}[{keep}]", 'direction = "wide"', f"idvar = {vector(map(string, spec.id))}",
            f"timevar = {string(spec.time)}", f"v.names = {vector(map(string, spec.values))}", 'sep = "_"',
        ],
    )  # fmt: skip
