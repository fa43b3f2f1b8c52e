"""Pictures of the theory in one style, readable in print and by colour-blind people.

matplotlib is imported by the functions, not by `import iie`.
"""

import contextlib
import itertools
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette; each colour comes with its own line style and marker as well.
STYLES = (
    ("#0072B2", "-", "o"),
    ("#D55E00", "--", "s"),
    ("#009E73", "-.", "^"),
    ("#CC79A7", ":", "D"),
    ("#000000", "-", "x"),
)
Values = Float[np.ndarray, " n"]
MARKED = 16  # up to so many points each gets a marker


@dataclass(frozen=True)
class Line:
    """One labelled curve."""

    label: str
    x: Values
    y: Values


@contextlib.contextmanager
def own_style() -> "Iterator[None]":
    """Matplotlib's own defaults, whatever a matplotlibrc says, and no $ read as mathematics."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({"text.parse_math": False, "text.usetex": False})
        yield


def figure(width: float = 6.4, height: float = 4.2) -> "tuple[Figure, Axes]":
    """An empty figure with one axis in the project's style."""
    made = _blank(width, height)
    axis = made.subplots()
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(alpha=0.25)
    return made, axis


def draw_lines(axis: "Axes", lines: Sequence[Line]) -> None:
    """Add the lines with their legend, each in its own colour, dash and marker.

    Raises:
        ValueError: if there are more lines than styles to tell them apart.
    """
    if len(lines) > len(STYLES):
        msg = f"`lines` must be at most {len(STYLES)}, to be told apart, got {len(lines)}"
        raise ValueError(msg)
    for line, (colour, dash, marker) in zip(lines, STYLES, strict=False):
        shown = marker if len(line.x) <= MARKED else ""
        axis.plot(line.x, line.y, dash, color=colour, marker=shown, markersize=5, label=line.label)
    axis.legend(frameon=False, fontsize=9)


def rank_figure(lines: Sequence[Line], *, title: str, note: str) -> "Figure":
    """Share of the input's variance that nobody can recover, against rank.

    Args:
        lines: relative IIE in [0, 1] against rank r; rank 0 is drawn where the axis is linear.
        title: what the prior is.
        note: the assumption under which the lines are true, printed below.
    """
    made, axis = figure()
    draw_lines(axis, lines)
    largest = max(float(line.x.max()) for line in lines)
    if largest > 64:
        # In fours from where the labels of every power of two would run into each other.
        axis.set_xscale("symlog", base=2 if largest <= 1024 else 4, linthresh=1)
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set(xlabel="rank r of the release", ylabel="relative IIE", ylim=(-0.02, 1.02))
    axis.set_title(title, fontsize=11, loc="left")
    add_note(made, note)
    return made


def add_points(made: "Figure", label: str, x: Values, y: Values, error: Values) -> None:
    """Add simulated values with bars of two standard errors to a figure of lines."""
    axis = made.axes[0]
    style = {"fmt": "x", "color": "#000000", "markersize": 5, "elinewidth": 1}
    axis.errorbar(x, y, yerr=2 * error, label=label, **style)
    axis.legend(frameon=False, fontsize=9)


def add_band(made: "Figure", label: str, x: Values, low: Values, high: Values) -> None:
    """Add all that lies between two curves to a figure of lines."""
    axis = made.axes[0]
    axis.fill_between(x, low, high, color="#000000", alpha=0.12, linewidth=0, label=label)
    axis.legend(frameon=False, fontsize=9)


def picture_grid(
    pictures: Float[np.ndarray, "n k h w"],
    captions: Sequence[Sequence[str]],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    note: str,
) -> "Figure":
    """Gray pictures side by side, as an original beside its reconstructions.

    Args:
        pictures: n rows of k; 0 is drawn black and 1 white, and what is outside is cut off.
        captions: n times k, printed below each picture.
        rows: n labels, printed left.
        columns: k labels, printed on top.
        note: the assumption under which the pictures are true, printed below.
    """
    n, k = pictures.shape[:2]
    made = _blank(1.35 * k + 0.4, 1.75 * n + 0.3)
    grid = made.subplots(n, k, squeeze=False)
    for axis, picture, caption in zip(
        grid.ravel(),
        pictures.reshape(n * k, *pictures.shape[2:]),
        itertools.chain.from_iterable(captions),
        strict=True,
    ):
        axis.imshow(picture, cmap="gray", vmin=0.0, vmax=1.0)
        axis.set(xticks=[], yticks=[])
        axis.set_xlabel(caption, fontsize=8)
    for axis, label in zip(grid[:, 0], rows, strict=True):
        axis.set_ylabel(label, fontsize=10)
    for axis, label in zip(grid[0], columns, strict=True):
        axis.set_title(label, fontsize=10)
    add_note(made, note)
    return made


def add_note(made: "Figure", note: str) -> None:
    """Print what has to hold for the picture to be true below it."""
    lines = textwrap.fill(note, 112)
    made.text(0.01, -0.02, lines, fontsize=7, color="#444444", va="top")


def save(made: "Figure", path: Path) -> None:
    """Write the figure; the ending of `path` decides the format."""
    made.savefig(path, dpi=150, bbox_inches="tight", pad_inches=0.12, format=path.suffix[1:])


def _blank(width: float, height: float) -> "Figure":
    """A figure that needs no window and no global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(made)
    return made
