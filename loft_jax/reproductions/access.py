"""What weights, scores or labels give away, by the number of questions: a picture and sentences."""

from collections.abc import Iterator
from typing import Any

from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.findings.budgets import named
from loft_jax.findings.drawing import COLOURS, CONTROL, LOOKALIKES, MARKERS, Row, errors
from loft_jax.findings.summary import summary
from loft_jax.reproductions.results import Results
from loft_jax.runs.drawing import png

SHOWN = {"white": "weights", "scores": "scores", "label": "labels"}
FOUND = "accuracy_at_1"


def access_picture(results: Results) -> bytes:
    """PNG: a panel a defense; Acc@1 against questions for each class, weights as a level line."""
    return drawn(summary(results.table))


def drawn(rows: list[Row]) -> bytes:
    """The picture of the rows of `summary`."""
    from matplotlib.figure import Figure

    labels = _labels(rows)
    figure = Figure(figsize=(max(3.2 * len(labels), 6.4), 3.8), layout="constrained")
    panels = figure.subplots(1, len(labels), sharey=True, squeeze=False)[0]
    lines = list(dict.fromkeys(_line(row) for row in rows))
    for axes, label in zip(panels, labels, strict=True):
        own = [row for row in rows if row["label"] == label]
        for i, line in enumerate(lines):
            found = [row for row in own if _line(row) == line]
            _draw(axes, found, COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)], line)
        asked = sorted({_queries(row) for row in own} - {0})
        axes.set_xscale("log")
        axes.set_xticks(asked, [f"{n:,}" for n in asked])
        axes.minorticks_off()
        axes.margins(x=0.15)
        axes.set(title=label, xlabel="questions for each class", ylim=(-0.03, 1.05))
        axes.grid(axis="y", color="#dddddd")
        axes.set_axisbelow(True)
    panels[0].set_ylabel("attack accuracy (Acc@1)")
    panels[0].plot([], [], color="#555555", marker="_", ms=9, mew=1.6, ls="", label=LOOKALIKES)
    handles = {
        label: handle
        for axes in panels
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        list(handles.values()), list(handles), loc="outside lower center", ncols=2, fontsize=8,
        frameon=False,
    )  # fmt: skip
    figure.suptitle(
        "What an attacker is shown, and how often he may ask; 95 % intervals", fontsize=10
    )
    return png(figure, 150)


def access_sentences(rows: list[Row]) -> list[str]:
    """For each defense what is found by weights, and by scores and labels with most questions."""
    said = []
    for label in _labels(rows):
        own = [row for row in rows if row["label"] == label]
        told = [_told(row) for row in _most(own)]
        said.append(f"{label[:1].upper()}{label[1:]}: {'; '.join(told)}.")
    return said


def _labels(rows: list[Row]) -> list[str]:
    """Defenses, behind what they are compared with."""
    ordered = sorted(rows, key=lambda row: bool(row["baselines"]))
    return list(dict.fromkeys(row["label"] for row in ordered))


def _most(rows: list[Row]) -> Iterator[Row]:
    """Of every line the row with most questions."""
    for line in dict.fromkeys(map(_line, rows)):
        yield max((row for row in rows if _line(row) == line), key=_queries)


def _told(row: Row) -> str:
    """`labels (label-nes), 1000 questions a class find 0.50 (0.30 to 0.70), +0.40 over ...`."""
    asked = named(row["attack"])
    limit = "" if asked.queries is None else f", {asked.queries} questions a class"
    found = f"{row[FOUND]:.2f}{_ends(row, FOUND)}"
    gain = row["over_lookalikes"]
    more = "" if gain is None else f", {gain:+.2f}{_ends(row, 'over_lookalikes')} over lookalikes"
    return f"{_line(row)}{limit} find {found}{more}"


def _ends(row: Row, name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return "" if low is None else f" ({low:.2f} to {high:.2f})"


def _queries(row: Row) -> int:
    return named(row["attack"]).queries or 0


def _line(row: Row) -> str:
    """What belongs to one line: the attack, what it is shown, and its form."""
    attack = named(row["attack"]).attack
    known = RECIPES.get(attack)
    shown = SHOWN[known.asks] if known is not None else "answers"
    form = "" if row["adaptive"] == "none" else f", {row['adaptive']}"
    return f"{shown} ({attack}{form})"


def _draw(axes: Any, rows: list[Row], colour: str, marker: str, label: str) -> None:
    """Points by their questions; what has no limit is a level line with its interval."""
    if not rows:
        return
    if any(_queries(row) == 0 for row in rows):
        (row,) = rows
        axes.axhline(row[FOUND], color=colour, lw=1.4, label=label)
        if row[f"{FOUND}_low"] is not None:
            axes.axhspan(row[f"{FOUND}_low"], row[f"{FOUND}_high"], color=colour, alpha=0.12, lw=0)
        return
    rows = sorted(rows, key=_queries)
    x = [_queries(row) for row in rows]
    axes.errorbar(
        x, [row[FOUND] for row in rows], yerr=errors(rows, FOUND), color=colour, marker=marker,
        ms=5, capsize=2.5, label=label,
    )  # fmt: skip
    for place, row in zip(x, rows, strict=True):
        if row[CONTROL] is not None:
            axes.plot([place], [row[CONTROL]], color=colour, marker="_", ms=9, mew=1.6)
