"""What the pictures share: points with intervals, colours, names, the legend."""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy  # not its parts: they load at first use, and a command begins sooner

from loft_jax.findings.columns import ATTACK
from loft_jax.findings.wording import attack_name, kind_name, priors_differ

Row = dict[str, Any]
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000",
           "#7B4B1E", "#6A3D9A", "#9A9A00")  # fmt: skip
"""One an attack: Okabe and Ito's, which colour-blind readers can tell apart, then three more."""
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "<", ">")
STYLES = ("-", "--", "-.", ":")
GREY, BASELINE = "#555555", "*"
CONTROL = "lookalike_accuracy_at_1"
LOOKALIKES = "the same attack without search (lookalikes)"
NARROW = 4.2
"""Inches: the width of a figure for a telephone, whose letters stay readable there."""
HALF = 24
"""Letters that half of it holds."""


def colour(i: int) -> str:
    """Of the i-th attack."""
    return COLOURS[i % len(COLOURS)]


def marker(i: int) -> str:
    """Of the i-th defense, or attack where there is one defense."""
    return MARKERS[i % len(MARKERS)]


def style(i: int) -> str:
    """Of the i-th curve."""
    return STYLES[i % len(STYLES)]


def line(
    axes: Any, x: list[float], rows: list[Row], name: str, colour: str, marker: str, style: str
) -> None:
    """Points at these places with their intervals, joined by a line of this style."""
    if rows:
        y = [row[name] for row in rows]
        point(axes, np.array(x), y, colour, marker, yerr=errors(rows, name), ls=style)


def point(axes: Any, x: Any, y: Any, colour: str, marker: str, **more: Any) -> None:
    """One point or several, with intervals."""
    star = marker == BASELINE
    axes.errorbar(
        x, y, color=colour, marker=marker, ms=9 if star else 6, mec=colour if star else "white",
        mew=0.5, lw=1.2, elinewidth=1.1, capsize=2.5, **more,
    )  # fmt: skip


def errors(rows: list[Row], name: str) -> np.ndarray:
    """Lengths down and up; none where there is no interval."""
    lengths = []
    for row in rows:
        low, value, high = row[f"{name}_low"], row[name], row[f"{name}_high"]
        if low is None:
            lengths.append((np.nan, np.nan))
        else:  # rounding may leave -1e-17 where there is no width
            lengths.append((max(value - low, 0.0), max(high - value, 0.0)))
    return np.array(lengths).T


def control(axes: Any, line: Callable, rows: list[Row]) -> None:
    """What an attack must beat: its lookalikes' marks are named, else a line at a guess's share."""
    if any(row[CONTROL] is not None for row in rows):
        mark = "|" if line == axes.axvline else "_"
        axes.plot([], [], color=GREY, marker=mark, ms=9, mew=1.6, ls="", label=LOOKALIKES)
        rows = [row for row in rows if row[CONTROL] is None]
    for share in sorted({1 / row["classes"] for row in rows}):
        line(share, color=GREY, lw=1, ls=":", label=f"chance {share:.3g}")


def lookalikes(
    axes: Any, row: Row, place: float, colour: str, *, across: bool, **more: Any
) -> None:
    """A stroke in the attack's colour where its lookalikes are, if they were measured."""
    if row[CONTROL] is not None:
        x, y = (row[CONTROL], place) if across else (place, row[CONTROL])
        axes.plot([x], [y], color=colour, marker="|" if across else "_", ms=9, mew=1.6, **more)


def legend(
    figure: Any, axes: Any, rows: list[Row], curves: list[Row], *, narrow: bool = False
) -> None:
    """Below the axes: colours are attacks; markers too, or defenses where there are several."""
    from matplotlib.lines import Line2D

    priors = priors_differ(rows)
    handles: list[Any] = []
    for i, row in enumerate(one_each(rows, attacks_of(rows), ATTACK)):
        shape = "s" if len(curves) > 1 else marker(i)
        label = attack_name(row, prior=priors)
        handles.append(Line2D([], [], color=colour(i), marker=shape, ls="", label=label))
    for j, row in enumerate(curves if len(curves) > 1 else []):
        label = ", ".join((kind_name(row), *apart(row, rows)))
        handles.append(Line2D([], [], color=GREY, marker=marker(j), ls=style(j), label=label))
    for label in dict.fromkeys(row["label"] for row in rows if not row["baselines"]):
        handles.append(Line2D([], [], color=GREY, marker=BASELINE, ms=9, ls="", label=label))
    handles += axes.get_legend_handles_labels()[0]
    if handles:
        long = max(len(handle.get_label()) for handle in handles) > HALF
        columns = (1 if long else 2) if narrow else 3
        figure.legend(
            handles=handles, loc="outside lower center", fontsize=8, frameon=False,
            ncols=min(columns, len(handles)),
        )  # fmt: skip


def head(figure: Any, rows: list[Row], *, narrow: bool) -> None:
    """The title above the figure, in two lines where one is too long."""
    told = title(rows)
    told = told.replace(", 95 %", ",\n95 %") if narrow else told
    figure.suptitle(told, fontsize=9 if narrow else 10)


def title(rows: list[Row]) -> str:
    """Pictures, seeds, classes and what the intervals are over."""
    if not rows:
        return "nothing attacked"
    data = ", ".join(dict.fromkeys(row["data"] for row in rows))
    seeds, classes = _span(rows, "seeds"), _span(rows, "attacked_classes")
    over = "classes" if seeds == "1" else "seeds and classes"
    told = f"{data}: {seeds} seed{'' if seeds == '1' else 's'}, {classes} of "
    told += f"{_span(rows, 'classes')} classes attacked"
    known = any(row["accuracy_at_1_low"] is not None for row in rows)
    return f"{told}, 95 % intervals over {over}" if known else told


def limits(rows: list[Row]) -> tuple[float, float]:
    """Of test accuracy: all of its intervals, never less than 0.1 in all."""
    ends = [row[f"test_accuracy{end}"] for row in rows for end in ("", "_low", "_high")]
    known = np.array([end for end in ends if end is not None] or [0.0, 1.0])
    half = 0.6 * max(0.1, float(np.ptp(known)))
    middle = float(known.min() + known.max()) / 2
    return middle - half, middle + half


def spread(heights: list[float], gap: float, low: float, high: float) -> list[float]:
    """Heights moved by as little as puts neighbours `gap` apart, all of them in [low, high]."""
    if not heights:
        return []
    order, steps = np.argsort(heights, kind="stable"), gap * np.arange(len(heights))
    # With the steps taken off, "at least a gap apart" is "not falling".
    level = scipy.optimize.isotonic_regression(np.array(heights)[order] - steps).x
    placed = np.empty(len(heights))
    placed[order] = np.clip(level, low + gap / 2, high - gap / 2 - steps[-1]) + steps
    return placed.tolist()


def apart(row: Row, rows: list[Row]) -> list[str]:
    """What tells a model from others beyond its defense: pictures and trunk, if they differ."""
    named = [row["data"]] if len({one["data"] for one in rows}) > 1 else []
    alike = {one["fingerprint"] for one in rows if one["data"] == row["data"]}
    named += [row["fingerprint"][:8]] if len(alike) > 1 else []
    return named + ([row["trunk"]] if len({one["trunk"] for one in rows}) > 1 else [])


def attacks_of(rows: list[Row]) -> list[tuple]:
    """Every attack once, the adaptive forms behind the attack as it is."""
    found = dict.fromkeys((row["attack"], row["prior"], row["adaptive"]) for row in rows)
    ordered = sorted(found, key=lambda one: (*one[:2], one[2] != "none", one[2]))
    return [(attack, adaptive, prior) for attack, prior, adaptive in ordered]


def one_each(rows: list[Row], keys: list[tuple], names: tuple[str, ...]) -> list[Row]:
    """The first row of each key."""
    return [next(row for row in rows if key(row, names) == one) for one in keys]


def key(row: Row, names: tuple[str, ...]) -> tuple:
    """The row's values under these names."""
    return tuple(row[name] for name in names)


def _span(rows: list[Row], name: str) -> str:
    low, high = min(row[name] for row in rows), max(row[name] for row in rows)
    return str(low) if low == high else f"{low} to {high}"
