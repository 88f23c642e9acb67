"""The measurements as a figure: time per case, a point for each program."""

from __future__ import annotations

from pathlib import Path

from benchmarks.cases import CASES
from benchmarks.peers import PEERS, peer
from benchmarks.table import Numbers

COLOURS = ("#0b5394", "#cc0000", "#6aa84f", "#e69138", "#8e7cc3", "#777777", "#45818e")
MARKERS = "os^Dvp<"


def draw(numbers: Numbers, target: Path) -> None:
    """Write the figure."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams |= {"svg.hashsalt": "benchmarks", "svg.fonttype": "none", "font.family": "sans-serif"}
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8.5, 0.42 * len(numbers) + 1.4), layout="constrained")
    for name, colour, marker in zip(PEERS, COLOURS, MARKERS, strict=True):
        style = {"s": 34, "edgecolors": colour, "marker": marker, "linewidths": 1.3}
        for task, filling in (("df", colour), ("fit", "none")):
            points = _points(numbers, name, only_fit=task == "fit")
            axes.scatter(*points, facecolors=filling, **style)
        if any(name in programs for programs in numbers.values()):
            axes.scatter([], [], facecolors=colour, label=peer(name).title, **style)
    axes.set_xscale("log")
    axes.set_yticks(range(len(numbers)), [CASES[case].title for case in numbers])
    axes.invert_yaxis()
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("processor seconds, one thread (hollow: the fit alone; filled: with tests)")
    figure.legend(loc="outside upper center", ncols=len(PEERS), frameon=False, columnspacing=1.2)
    figure.savefig(target, metadata={"Date": None})
    plt.close(figure)


def _points(numbers: Numbers, name: str, *, only_fit: bool) -> tuple[list[float], list[int]]:
    """Return times and rows of a program's fits, or of its other tasks."""
    found = [
        (taken.median, row)
        for row, programs in enumerate(numbers.values())
        for task, taken in programs.get(name, {}).items()
        if not taken.note and (task == "fit") is only_fit
    ]
    return [median for median, _ in found], [row for _, row in found]
