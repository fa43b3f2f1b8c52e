"""Training curves of all runs in one figure."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from loft_jax.findings.drawing import COLOURS, GREY, png
from loft_jax.findings.wording import head_name
from loft_jax.reports.folders import Run
from loft_jax.reports.pictures import Picture


def curves(runs: Sequence[Run]) -> Picture | None:
    """Loss and accuracy against epoch, a colour a head; None without metrics.

    A compressed head was not trained: its curve is that of its original and is left out.
    """
    from matplotlib.figure import Figure

    trained = [run for run in runs if run.metrics and run.compression is None]
    if not trained:
        return None
    trained.sort(key=lambda run: (run.model["rank"] or 0, run.model["seed"]))
    names = list(dict.fromkeys(_name(run, trained) for run in trained))
    colours = dict(zip(names, _colours(len(names)), strict=True))
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    for axis, quantity in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for run in trained:
            for part, style, width in (("train", ":", 0.9), ("validation", "-", 1.4)):
                key = f"{part}_{quantity}"
                points = [(row["epoch"], row[key]) for row in run.metrics if key in row]
                if points:
                    colour = colours[_name(run, trained)]
                    axis.plot(*zip(*points, strict=True), style, color=colour, lw=width)
        axis.set_xlabel("epoch")
        axis.set_title(quantity, fontsize=10, loc="left")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.25)
    for name in names:
        axis.plot([], [], "-", color=colours[name], label=name)
    axis.plot([], [], "-", color=GREY, label="validation")
    axis.plot([], [], ":", color=GREY, label="training")
    figure.legend(loc="outside right upper", fontsize=8, frameon=False)
    return Picture(png(figure), _words(trained, names))


def _words(runs: list[Run], names: list[str]) -> str:
    ends = []
    for name in names:
        last = [_last(run) for run in runs if _name(run, runs) == name]
        ends.append(f"{name} {min(last):.2f}" + (f" to {max(last):.2f}" if len(last) > 1 else ""))
    epochs = max(row["epoch"] for run in runs for row in run.metrics)
    many = f"{len(runs)} run" + "s" * (len(runs) > 1)
    return (
        f"Loss and accuracy of {many} over {epochs} epochs. Accuracy after the last epoch "
        f"(validation where there is any): {'; '.join(ends)}."
    )


def _last(run: Run) -> float:
    row: dict[str, Any] = run.metrics[-1]
    return row.get("validation_accuracy", row.get("train_accuracy", float("nan")))


def _name(run: Run, runs: Sequence[Run]) -> str:
    trunks = {one.model["trunk"] for one in runs}
    return head_name(run.model) + (f", {run.model['trunk']}" if len(trunks) > 1 else "")


def _colours(count: int) -> list[Any]:
    if count <= len(COLOURS):
        return list(COLOURS[:count])
    from matplotlib import colormaps

    return list(colormaps["viridis"](np.linspace(0, 0.92, count)))
