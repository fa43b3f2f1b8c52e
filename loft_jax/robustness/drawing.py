"""robustness.png: what is left under attack, whether scores are odds, bad pictures, strangers."""

from typing import Any

import numpy as np

from loft_jax.robustness.adversaries import WORST
from loft_jax.robustness.closing import NAMES, strength_name
from loft_jax.runs.drawing import png

# Okabe and Ito's palette; styles and markers tell the lines apart in print.
LINES = {
    "pgd": ("#56B4E9", "--", "^"),
    "apgd": ("#0072B2", "-.", "s"),
    "square": ("#E69F00", ":", "D"),
    WORST: ("#D55E00", "-", "o"),
}
KINDS = (("#0072B2", "-", "o"), ("#D55E00", "--", "^"), ("#009E73", "-.", "s"),
         ("#CC79A7", ":", "D"))  # fmt: skip
LABELS = {**NAMES, WORST: "worst of them"}
BLUE, GREY = "#0072B2", "0.6"


def picture(numbers: dict[str, Any], title: str) -> bytes:
    """The picture, as a PNG file.

    Args:
        numbers: of robustness.json.
        title: what was measured.
    """
    from matplotlib.figure import Figure  # a second to import

    figure = Figure(figsize=(10, 6.4), layout="constrained")
    figure.suptitle(f"{title}\n95 % intervals over people", fontsize=10)
    axes = figure.subplots(2, 2)
    _attacked(axes[0, 0], numbers["adversarial"], "linf")
    _attacked(axes[0, 1], numbers["adversarial"], "l2")
    _reliability(axes[1, 0], numbers["calibration"], numbers["strangers"])
    _corrupted(axes[1, 1], numbers["corruptions"])
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.25)
        axis.set_ylim(-0.02, 1.02)
        axis.legend(frameon=False, fontsize=8)
    return png(figure)


def _attacked(axis: Any, found: dict[str, Any], norm: str) -> None:
    """Accuracy that is left against strength; at 0 nobody attacks."""
    rows = [row for row in found["strengths"] if row["norm"] == norm]
    places = [0.0, *(row["strength"] for row in rows)]
    for name, (colour, style, marker) in LINES.items():
        key = f"{name}_accuracy"
        values = [found["accuracy"], *(row[key] for row in rows)]
        axis.plot(places, values, style, color=colour, marker=marker, ms=4, label=LABELS[name])
        if name == WORST:
            whole = [{key + end: found[f"accuracy{end}"] for end in ("", "_low", "_high")}, *rows]
            _bars(axis, places, whole, key, colour)
    axis.set_xticks(places, ["0", *(strength_name(norm, place) for place in places[1:])])
    what = "largest change of a number, L-inf" if norm == "linf" else "length of the change, L2"
    axis.set(xlabel=what, ylabel="accuracy")


def _reliability(axis: Any, found: dict[str, Any], strangers: dict[str, Any]) -> None:
    bins = found["bins"]
    known = [n for n, count in enumerate(bins["count"]) if count]
    sizes = np.array([bins["count"][n] for n in known])
    sure, right = ([bins[name][n] for n in known] for name in ("confidence", "accuracy"))
    axis.plot([0, 1], [0, 1], color=GREY, lw=1, label="odds as they should be")
    axis.plot(sure, right, color=BLUE, lw=1, label=f"ECE {found['ece']:.3f}")
    axis.scatter(sure, right, s=4 + 80 * sizes / sizes.sum(), color=BLUE)
    if strangers["missing"] is None:
        label = f"mean of strangers, AUROC {strangers['auroc']:.3f}"
        axis.axvline(strangers["confidence"], color="#D55E00", ls="--", lw=1, label=label)
    axis.set(xlabel="highest probability", ylabel="share of right answers", xlim=(-0.02, 1.02))


def _corrupted(axis: Any, found: dict[str, Any]) -> None:
    whole = {"severity": 0, **{f"accuracy{end}": found[f"accuracy{end}"]
                               for end in ("", "_low", "_high")}}  # fmt: skip
    kinds = list(dict.fromkeys(row["kind"] for row in found["kinds"]))
    for number, kind in enumerate(kinds):
        colour, style, marker = KINDS[number % len(KINDS)]
        rows = [whole, *(row for row in found["kinds"] if row["kind"] == kind)]
        places = [row["severity"] + 0.04 * number for row in rows]
        values = [row["accuracy"] for row in rows]
        axis.plot(places, values, style, color=colour, marker=marker, ms=4, label=kind)
        _bars(axis, places, rows, "accuracy", colour)
    axis.set(xlabel="severity of the corruption", ylabel="accuracy", xticks=range(4))


def _bars(
    axis: Any, places: list[float], rows: list[dict[str, Any]], key: str, colour: str
) -> None:
    """The intervals, where there are some."""
    for place, row in zip(places, rows, strict=True):
        if row[f"{key}_low"] is not None:
            axis.plot([place, place], [row[f"{key}_low"], row[f"{key}_high"]], color=colour, lw=1)
