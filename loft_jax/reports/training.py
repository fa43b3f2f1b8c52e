"""Training curves of all runs in one figure."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from loft_jax.findings.drawing import COLOURS, GREY
from loft_jax.reports.folders import Epoch, Run
from loft_jax.reports.pictures import Picture, drawn
from loft_jax.runs.drawing import png


def curves(runs: Sequence[Run]) -> Picture | None:
    """Loss and accuracy against epoch, a colour a model; None without metrics.

    What is no training has its original's curve and is left out: a head cut afterwards.
    """
    trained = [run for run in runs if run.metrics and run.config.model.defense.trains]
    if not trained:
        return None
    trained.sort(key=lambda run: (run.model["defense"], run.model["strength"] or 0,
                                  run.model["seed"]))  # fmt: skip
    names = list(dict.fromkeys(_name(run, trained) for run in trained))
    return drawn(lambda: _figure(trained, names), _words(trained, names))


def _figure(trained: list[Run], names: list[str]) -> bytes:
    from matplotlib.figure import Figure

    colours = dict(zip(names, _colours(len(names)), strict=True))
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    for axis, quantity in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for run in trained:
            for part, style, width in (("train", ":", 0.9), ("validation", "-", 1.4)):
                points = [(row.epoch, getattr(row, f"{part}_{quantity}")) for row in run.metrics]
                points = [point for point in points if point[1] is not None]
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
    return png(figure, 150)


def _words(runs: list[Run], names: list[str]) -> str:
    ends = []
    for name in names:
        last = [_last(run) for run in runs if _name(run, runs) == name]
        ends.append(f"{name} {min(last):.2f}" + (f" to {max(last):.2f}" if len(last) > 1 else ""))
    epochs = max(row.epoch for run in runs for row in run.metrics)
    many = f"{len(runs)} run" + "s" * (len(runs) > 1)
    return (
        f"Loss and accuracy of {many} over {epochs} epochs. Accuracy after the last epoch "
        f"(validation where there is any): {'; '.join(ends)}."
    )


def _last(run: Run) -> float:
    row: Epoch = run.metrics[-1]
    found = row.train_accuracy if row.validation_accuracy is None else row.validation_accuracy
    return float("nan") if found is None else found


def _name(run: Run, runs: Sequence[Run]) -> str:
    trunks = {one.model["trunk"] for one in runs}
    return run.model["label"] + (f", {run.model['trunk']}" if len(trunks) > 1 else "")


def _colours(count: int) -> list[Any]:
    if count <= len(COLOURS):
        return list(COLOURS[:count])
    from matplotlib import colormaps

    return list(colormaps["viridis"](np.linspace(0, 0.92, count)))
