"""Figure 4: where attacks end in the plane, above what theory says that any attack could know."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from iie import GaussianMixture, LabelOnly, ideal_inversion_error, prior_nodes
from loft_jax.runs.drawing import png
from loft_jax.runs.files import write_bytes, write_json
from loft_jax.toy.attack import gradient_field
from loft_jax.toy.conclusions import conclusions
from loft_jax.toy.evaluation import NOISE, Effort, Paths, evaluate, releases
from loft_jax.toy.fitting import fit
from loft_jax.toy.law import CLASSES, bayes_class, class_log_densities, class_shares, three_classes
from loft_jax.toy.networks import ARCHITECTURES, ToyNetwork

# Okabe and Ito's palette, told apart by colour-blind readers; shapes tell them apart in print.
BLUE, ORANGE = "#0072B2", "#D55E00"
REGIONS = ("#F8E3B8", "#C6E4F5", "#E9D3E1")  # tints of its orange, sky blue and purple
REACH = 6.0  # of the map, on both sides of the origin
TARGET = 0  # the class whose attack is drawn, the upper one
SHOWN = 30  # paths on a map


def draw(out: Path, *, seed: int, quick: bool) -> dict[str, Any]:
    """Write fig4.png and fig4.json into the folder `out`; the numbers of fig4.json.

    Args:
        out: the folder; made if need be.
        seed: of all weights, draws and starts.
        quick: one small training of each architecture instead of three.
    """
    out.mkdir(parents=True, exist_ok=True)
    side, steps, networks = (101, 500, 1) if quick else (251, 3000, 3)
    effort = (
        Effort(paths=60, class_steps=500, victims=100, restarts=2, code_steps=200, samples=500)
        if quick
        else Effort(
            paths=300, class_steps=2000, victims=1000, restarts=6, code_steps=400, samples=4000
        )
    )
    law = three_classes()
    nodes = prior_nodes(law, side)
    label = ideal_inversion_error(law, LabelOnly(CLASSES)).relative
    numbers: dict[str, list[dict[str, Any]]] = {}
    maps: dict[str, tuple[ToyNetwork, Paths]] = {}
    for name in ARCHITECTURES:
        for k in range(networks):
            network = fit(name, law, seed=seed + k, steps=steps)
            row, paths = evaluate(network, law, nodes, effort, seed=seed + k)
            numbers.setdefault(name, []).append(row)
            maps.setdefault(name, (network, paths))
    result = {
        "seed": seed,
        "quick": quick,
        "noise": NOISE,
        "variance": law.covariance.trace(),
        "label_iie": label,
        "bayes_accuracy": float(nodes.weights @ class_shares(law, nodes.points).max(axis=1)),
        "nodes": len(nodes.points),
        "training_steps": steps,
        "effort": effort._asdict(),
        "networks": numbers,
        "conclusions": conclusions(numbers, label, CLASSES * effort.paths),
    }
    write_bytes(out / "fig4.png", _picture(law, maps, numbers, label))
    write_json(out / "fig4.json", result)
    return result


def _picture(
    law: GaussianMixture,
    maps: dict[str, tuple[ToyNetwork, Paths]],
    numbers: dict[str, list[dict[str, Any]]],
    label: float,
) -> bytes:
    figure = Figure(figsize=(3.2 * len(maps) + 0.6, 9.2), layout="constrained")
    drawn = len(next(iter(numbers.values())))
    figure.suptitle(
        "What small networks let out of a point of the plane: exact ideal inversion error (IIE, "
        "blue), and the error of gradient attacks, an upper bound on it (orange)\n"
        f"Above: one trained network of each kind. Below: {drawn} of each kind.",
        fontsize=13,
    )
    above, below = figure.subplots(
        2, len(maps), sharey="row", gridspec_kw={"height_ratios": (1.25, 1)}
    )
    for axis, (name, (network, paths)) in zip(above, maps.items(), strict=True):
        row = numbers[name][0]
        axis.set_title(
            f"{name}\naccuracy {100 * row['accuracy']:.1f} %\nattack on the classes succeeds: "
            f"{100 * row['class_attack']['success']:.0f} %",
            fontsize=10,
        )
        _map(axis, law, network, paths)
    for axis, rows in zip(below, numbers.values(), strict=True):
        _errors(axis, rows, label)
    above[0].set_ylabel("$x_2$")
    below[0].set_ylabel("squared error / variance of $x$")
    figure.legend(
        handles=_legend(),
        loc="outside lower center",
        ncols=4,
        frameon=False,
        fontsize=9,
    )
    return png(figure, dpi=130)


def _map(axis: Axes, law: GaussianMixture, network: ToyNetwork, paths: Paths) -> None:
    """Decision regions, density, gradient field and paths of the attack on one class."""
    line = np.linspace(-REACH, REACH, 201)
    x = np.stack(np.meshgrid(line, line), axis=-1)
    answers = releases(network, x.reshape(-1, 2))[0].argmax(axis=1).reshape(x.shape[:2])
    extent = (-REACH, REACH, -REACH, REACH)
    axis.imshow(
        answers,
        origin="lower",
        extent=extent,
        cmap=ListedColormap(REGIONS),
        vmin=-0.5,
        vmax=CLASSES - 0.5,
        interpolation="nearest",
    )
    density = np.exp(class_log_densities(law, x.reshape(-1, 2))).sum(axis=1).reshape(x.shape[:2])
    levels = density.max() * np.array([0.01, 0.1, 0.5])
    axis.contour(line, line, density, levels=levels, colors="#555555", linewidths=0.8)
    _arrows(axis, network)
    drawn = np.flatnonzero(paths.targets == TARGET)[:SHOWN]
    points = paths.points[:, drawn]
    axis.plot(points[..., 0], points[..., 1], color="black", lw=0.9, alpha=0.65, zorder=3)
    axis.plot(*points[0].T, "o", color="white", mec="black", mew=0.7, ms=3, zorder=4)
    reached = bayes_class(law, points[-1]) == TARGET
    axis.plot(*points[-1, reached].T, "^", color=ORANGE, mec="black", mew=0.6, ms=7, zorder=5)
    axis.plot(*points[-1, ~reached].T, "x", color=ORANGE, mew=1.8, ms=6, zorder=5)
    axis.plot(*law.means[TARGET], "*", color="white", mec="black", mew=0.8, ms=12, zorder=6)
    axis.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xlabel="$x_1$", aspect="equal")


def _arrows(axis: Axes, network: ToyNetwork) -> None:
    """The gradient of the target's log probability: directions, paler where it is smaller."""
    line = np.linspace(-REACH + 0.4, REACH - 0.4, 15)
    x = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    field = gradient_field(network, x, TARGET)
    size = np.linalg.norm(field, axis=1)
    unit = field / np.maximum(size, 1e-30)[:, None]
    # From 1e-4, on which 2000 steps of 0.02 move nothing one can see, to 1.
    strength = np.clip(1 + np.log10(np.maximum(size, 1e-30)) / 4, 0.0, 1.0)
    colours = np.zeros((len(x), 4))
    colours[:, :3], colours[:, 3] = 0.25, 0.75 * strength
    axis.quiver(
        *x.T, *unit.T, color=colours, scale=26, width=0.0045, pivot="mid", headwidth=4, zorder=2
    )


def _errors(axis: Axes, rows: list[dict[str, Any]], label: float) -> None:
    """Exact errors and attacks' errors of what is released: code, logits, label."""
    for key, place in (("code", -0.15), ("logits", 1.0)):
        for row in rows:
            axis.plot(place, row[key]["iie"], **_exact_style(row[key]["kind"] != "exact"))
        _write(axis, place, [row[key]["iie"] for row in rows], above=False)
    axis.plot(1.85, label, **_exact_style(False))
    _write(axis, 1.85, [label], above=False)
    for key, place in (("code_attack", 0.15), ("class_attack", 2.15)):
        attacks = [row[key] for row in rows]
        axis.errorbar(
            [place] * len(rows),
            [attack["error"] for attack in attacks],
            [2 * attack["standard_error"] for attack in attacks],
            fmt="v",
            color=ORANGE,
            ms=7,
            mec="black",
            mew=0.5,
        )
        _write(axis, place, [attack["error"] for attack in attacks], above=True)
    axis.axhline(1, color="#555555", lw=0.9, ls=":")
    axis.axhline(label, color=BLUE, lw=0.9, ls="--", zorder=0)
    numbers = rows[0]["code"]["numbers"]
    axis.set_xticks(
        [0, 1, 2], [f"code\n({numbers} number{'s' * (numbers > 1)})", "logits", "label"]
    )
    axis.set(xlim=(-0.5, 2.5), yscale="log", ylim=(0.006, 20), xlabel="what is released")
    axis.grid(axis="y", alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)


def _write(axis: Axes, place: float, values: list[float], *, above: bool) -> None:
    """The mean of the values, as a number beyond the outermost of them."""
    at, shift = (max(values), 8) if above else (min(values), -16)
    text, colour = f"{np.mean(values):#.2g}", ORANGE if above else BLUE
    axis.annotate(
        text,
        (place, at),
        (0, shift),
        textcoords="offset points",
        ha="center",
        fontsize=8.5,
        color=colour,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
    )


def _exact_style(estimated: bool) -> dict[str, Any]:
    face = "white" if estimated else BLUE
    return {"marker": "o", "ls": "", "mec": BLUE, "mfc": face, "mew": 1.4, "ms": 7}


def _legend() -> list[Any]:
    def line(label: str, **style: Any) -> Line2D:
        return Line2D([], [], label=label, **style)

    def mark(marker: str, label: str, **style: Any) -> Line2D:
        return line(label, ls="", marker=marker, **style)

    black = {"mec": "black", "mew": 0.7}
    noise = f"noise: {NOISE:g} of its standard deviation"
    regions = [
        Patch(color=colour, label=f"network says class {k + 1}") for k, colour in enumerate(REGIONS)
    ]
    return [
        *regions,
        line("true density, 1, 10, 50 % of its peak", color="#555555", lw=0.8),
        mark(r"$\rightarrow$", "gradient of log p(class 1 | x), paler if small", color="#404040"),
        mark("*", "mean of class 1", color="white", ms=12, **black),
        line(
            "path (cut at the frame), start", color="black", lw=0.9, marker="o", mfc="white", ms=4
        ),
        mark("^", "end in class 1 (Bayes classifier)", color=ORANGE, ms=7, **black),
        mark("x", "end elsewhere", color=ORANGE, mew=1.8, ms=6),
        line(f"exact IIE, mean below ({noise})", **_exact_style(False)),
        line("the same, an estimate with its uncertainty", **_exact_style(True)),
        mark("v", "attack, mean above: upper bound, ±2 s.e.", color=ORANGE, ms=7, **black),
        line("error of guessing the mean of $x$", color="#555555", lw=0.9, ls=":"),
        line("exact IIE of the true label", color=BLUE, lw=0.9, ls="--"),
    ]
