"""The pictures of the reproduced figures and tables."""

from typing import Any

import numpy as np

from loft_jax.data.sources import source_of
from loft_jax.findings.drawing import COLOURS, png
from loft_jax.findings.figures import leakage_against_rank, utility_against_leakage
from loft_jax.findings.forest import attacks_in_lines, heads_in_lines
from loft_jax.findings.summary import summary
from loft_jax.findings.wording import head_name
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.session import load_data
from loft_jax.reproductions.results import Results
from loft_jax.sweeps.cells import Attack

SHOWN = 10
"""People in a picture of reconstructions."""


def leakage_picture(results: Results) -> bytes:
    """PNG: Acc@1 against the rank."""
    return leakage_against_rank(results.table)


def trade_off_picture(results: Results) -> bytes:
    """PNG: test accuracy against Acc@1."""
    return utility_against_leakage(results.table)


def heads_picture(results: Results) -> bytes:
    """PNG: a line a head."""
    return heads_in_lines(results.table)


def attacks_picture(results: Results) -> bytes:
    """PNG: a line an attack."""
    return attacks_in_lines(results.table)


def compression_picture(results: Results) -> bytes:
    """PNG: test accuracy, Acc@1 and what is kept of the spectrum, against the rank kept."""
    from matplotlib.figure import Figure

    rows = summary(results.table)
    plain = next((row for row in rows if row["head"] == "plain"), None)
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    titles = {"svd": "SVD of the head's weight", "covariance": "covariance of its features"}
    for axes, (method, title) in zip(panels, titles.items(), strict=True):
        cut = sorted((r for r in rows if r["head"] == method), key=lambda row: row["rank"])
        x = np.log2([row["rank"] for row in cut])
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
        axes.set_xticks(x, [str(row["rank"]) for row in cut])
        axes.set(title=title, xlabel="rank kept", ylim=(-0.03, 1.05))
        axes.grid(axis="y", color="#dddddd")
        axes.set_axisbelow(True)
    panels[0].set_ylabel("share")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    figure.suptitle("Plain head, cut after training (dotted: uncut); 95 % intervals", fontsize=10)
    return png(figure)


def side_by_side(results: Results) -> bytes:
    """PNG: a row of reconstructions for each head under the attack as it is; people as columns.

    Of synthetic faces a private picture stands above them; photographs of people are not shown.
    """
    from matplotlib.figure import Figure

    shown = [
        attack
        for attack in results.cells.attacks
        if attack.config.adaptive == "none" and results.store.status(attack) == "done"
    ]
    first = shown[0]
    rows = [(_name(attack), _reconstructions(results, attack)) for attack in shown]
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
    return png(figure)


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


def _name(attack: Attack) -> str:
    config, cut = attack.model.config.model, attack.model.compression
    head = "plain" if config.rank is None else "loft"
    rank = config.rank
    if cut is not None:
        head, rank = cut
    return head_name(
        {
            "head": head, "rank": rank, "activation": config.activation,
            "input_norm": config.input_norm and head != "plain",
        }
    )  # fmt: skip


def _reconstructions(results: Results, attack: Attack) -> dict[str, np.ndarray]:
    path = results.store.path(attack) / "reconstructions.npz"
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return {name: stored[name] for name in ("images", "labels")}


def _private(results: Results, attack: Attack, labels: np.ndarray) -> np.ndarray:
    folder = RunFolder(results.store.path(attack.model))
    data = load_data(folder.config())
    train = folder.split(data).train
    return np.stack([data.images[train[data.labels[train] == label][0]] for label in labels])
