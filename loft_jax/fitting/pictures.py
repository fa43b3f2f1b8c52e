"""The two pictures of a run folder: its curves, and what the network was shown."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Integer
from rich.console import Console

from loft_jax.data.augment import augment
from loft_jax.data.dataset import Dataset
from loft_jax.data.split import Split
from loft_jax.fitting.fitted_folder import METRICS
from loft_jax.fitting.run_folder import CURVES, SAMPLES, RunFolder, pictures_of
from loft_jax.fitting.settings import TrainConfig
from loft_jax.runs.drawing import draw, png
from loft_jax.runs.files import read_lines

# Okabe and Ito's palette, told apart by colour-blind readers; line styles tell them apart in print.
BLUE, ORANGE = "#0072B2", "#D55E00"


def draw_run(
    run: RunFolder, data: Dataset, split: Split, config: TrainConfig, out: Console
) -> None:
    """Write what `run` has not: training.png, and samples.png with 32 training pictures, augmented.

    Pictures that may not be shown to others (photographs) stay out of the folder.
    """
    title = f"{data.name}, {config.model.trunk}, {config.model.defense.label}"
    make = {
        CURVES: lambda: curves(read_lines(run.path / METRICS), title),
        SAMPLES: lambda: _samples(data, split, config),
    }
    for name in pictures_of(data.shown):
        if name not in run:
            draw(out, run.path / name, make[name])


def _samples(data: Dataset, split: Split, config: TrainConfig) -> bytes:
    rng = np.random.default_rng(config.run.seed)
    chosen = rng.choice(split.train, size=min(32, len(split.train)), replace=False)
    pixels = jnp.asarray(data.images[chosen], jnp.float32) / 255
    key = jax.random.key(config.run.seed)
    shown = np.asarray(jax.jit(augment, static_argnums=2)(key, pixels, config.augment))
    return samples(shown, data.labels[chosen], data.class_names)


def curves(rows: list[dict[str, Any]], title: str) -> bytes:
    """PNG of loss and accuracy against epoch."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), layout="constrained")
    figure.suptitle(title, fontsize=11)
    epochs = [row["epoch"] for row in rows]
    for axis, quantity in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for part, colour, style in (("train", BLUE, "-"), ("validation", ORANGE, "--")):
            key = f"{part}_{quantity}"
            if all(key in row for row in rows):
                values = [row[key] for row in rows]
                axis.plot(epochs, values, style, color=colour, marker=".", label=part)
        axis.set_xlabel("epoch")
        axis.set_title(quantity, fontsize=10)
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.25)
        axis.legend(frameon=False)
    return png(figure)


def samples(
    images: Float[np.ndarray, "n h w ch"], labels: Integer[np.ndarray, "n"], names: tuple[str, ...]
) -> bytes:
    """PNG of training pictures as the network sees them (augmented), with their labels."""
    from matplotlib.figure import Figure

    columns, size, label = 8, images.shape[1], 0.3  # the label's height, in pictures
    rows = -(-len(images) // columns)
    figure = Figure(figsize=(columns * 1.15, rows * (1 + label) * 1.15))
    # One axis for all: an axis for each picture takes seconds to draw.
    axis = figure.add_axes((0, 0, 1, 1))
    axis.axis("off")
    for k, (image, name) in enumerate(zip(images, labels, strict=True)):
        row, column = divmod(k, columns)
        top, margin = row * (1 + label) + label, 1 / size
        pixels = np.broadcast_to(image, (*image.shape[:2], 3))
        extent = (column + margin, column + 1 - margin, top + 1 - margin, top + margin)
        axis.imshow(pixels, extent=extent, vmin=0, vmax=1, interpolation="nearest", aspect="auto")
        title = shortened(names[name])
        axis.text(column + 0.5, top - 0.05, title, fontsize=7, ha="center", va="bottom")
    axis.set(xlim=(0, columns), ylim=(rows * (1 + label), 0))
    return png(figure)


def shortened(name: str) -> str:
    """The name, or as much of it as stands above a picture."""
    return name if len(name) <= 16 else f"{name[:15]}…"
