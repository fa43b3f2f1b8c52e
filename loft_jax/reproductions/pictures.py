"""The pictures of the reproduced figures and tables."""

from typing import Any

import numpy as np

from loft_jax.data.sources import source_of
from loft_jax.findings.drawing import COLOURS
from loft_jax.findings.forest import attacks_in_lines, models_in_lines
from loft_jax.findings.frontier import frontiers
from loft_jax.findings.strengths import leakage_against_strength
from loft_jax.findings.summary import summary
from loft_jax.findings.wording import kind_name
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.session import load_data
from loft_jax.reproductions.results import Results
from loft_jax.runs.arrays import read_arrays
from loft_jax.runs.drawing import png
from loft_jax.sweeps.cells import Attack

SHOWN = 10
"""People in a picture of reconstructions."""


def leakage_picture(results: Results) -> bytes:
    """PNG: Acc@1 against the strength."""
    return leakage_against_strength(results.table)


def frontier_picture(results: Results) -> bytes:
    """PNG: a panel a defense, its strengths by test accuracy and Acc@1 of the strongest attack."""
    return frontiers(results.table)


def models_picture(results: Results) -> bytes:
    """PNG: a line a model."""
    return models_in_lines(results.table)


def attacks_picture(results: Results) -> bytes:
    """PNG: a line an attack."""
    return attacks_in_lines(results.table)


def cut_picture(results: Results) -> bytes:
    """PNG: test accuracy, Acc@1 and what is kept of the spectrum, against the rank kept."""
    from matplotlib.figure import Figure

    rows = summary(results.table)
    plain = next((row for row in rows if not row["baselines"]), None)
    kinds = dict.fromkeys(row["defense"] for row in rows if row["baselines"])
    figure = Figure(figsize=(4.5 * max(1, len(kinds)), 3.8), layout="constrained")
    panels = figure.subplots(1, max(1, len(kinds)), sharey=True, squeeze=False)[0]
    for axes, kind in zip(panels, kinds, strict=False):
        cut = sorted((r for r in rows if r["defense"] == kind), key=lambda row: row["strength"])
        x = np.log2([row["strength"] for row in cut])
        for i, (name, label) in enumerate(
            (
                ("test_accuracy", "test accuracy"),
                ("accuracy_at_1", "attack accuracy (Acc@1)"),
                ("retention", "share of the spectrum kept"),
            )
        ):
            _curve(axes, x, cut, name, COLOURS[i], "o^s"[i], label)
            if plain is not None and name != "retention":
                axes.axhline(plain[name], color=COLOURS[i], lw=0.9, ls=":")
        axes.set_xticks(x, [f"{row['strength']:g}" for row in cut])
        axes.set(title=kind_name(cut[0]), xlabel="rank kept", ylim=(-0.03, 1.05))
        axes.grid(axis="y", color="#dddddd")
        axes.set_axisbelow(True)
    panels[0].set_ylabel("share")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    figure.suptitle("Plain head, cut after training (dotted: uncut); 95 % intervals", fontsize=10)
    return png(figure, 150)


def side_by_side(results: Results) -> bytes:
    """PNG: a row of reconstructions for each model under the attack as it is; people as columns.

    A private picture stands above them where the source of the pictures says it may be shown.
    """
    from matplotlib.figure import Figure

    shown = [
        attack
        for attack in results.cells.attacks
        if attack.config.adaptive == "none" and results.store.status(attack) == "done"
    ]
    first = shown[0]
    rows = [
        (attack.model.config.model.defense.label, _reconstructions(results, attack))
        for attack in shown
    ]
    labels = rows[0][1]["labels"][:SHOWN]
    if source_of(first.model.config.data.data).shown:
        rows.insert(0, ("private", {"images": _private(results, first, labels)[:, None]}))
    figure = Figure(figsize=(1.1 * len(labels) + 1.2, 1.15 * len(rows) + 0.4), layout="constrained")
    panels = figure.subplots(len(rows), len(labels), squeeze=False)
    for line, (name, found) in zip(panels, rows, strict=True):
        for axes, image in zip(line, found["images"][:SHOWN, 0], strict=True):
            axes.imshow(image.squeeze(), cmap="gray", vmin=0, vmax=255)
            axes.set(xticks=[], yticks=[])
            for spine in axes.spines.values():
                spine.set_visible(False)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    figure.suptitle(f"{first.config.attack}, seed {first.model.config.run.seed}", fontsize=10)
    return png(figure, 150)


def _curve(
    axes: Any, x: np.ndarray, rows: list[dict], name: str, colour: str, marker: str, label: str
) -> None:
    values = np.array([row[name] for row in rows])
    ends = [
        (row[f"{name}_low"], row[f"{name}_high"])
        if row[f"{name}_low"] is not None
        else (row[name], row[name])
        for row in rows
    ]
    low, high = np.array(ends).reshape(-1, 2).T
    errors = np.maximum([values - low, high - values], 0)
    axes.errorbar(x, values, yerr=errors, color=colour, marker=marker, ms=4, capsize=2, label=label)


def _reconstructions(results: Results, attack: Attack) -> dict[str, np.ndarray]:
    return read_arrays(results.store.path(attack) / "reconstructions.npz")


def _private(results: Results, attack: Attack, labels: np.ndarray) -> np.ndarray:
    folder = RunFolder(results.store.path(attack.model))
    data = load_data(folder.config())
    train = folder.split(data).train
    return np.stack([data.images[train[data.labels[train] == label][0]] for label in labels])
