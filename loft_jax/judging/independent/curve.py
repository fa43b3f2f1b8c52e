"""The verification curve as a picture: who is accepted where how many strangers are."""

import numpy as np
from jaxtyping import Float64

from loft_jax.judging.independent.judgement import RATE
from loft_jax.metrics.verification import accepted_at
from loft_jax.runs.drawing import png

LINES = {
    "people": ("people it is measured on", "0.55", "-"),
    "real": ("real pictures of the classes", "C0", "-"),
    "images": ("reconstructions", "C3", "-"),
    "lookalikes": ("lookalikes, no search", "C1", "--"),
}
TICKS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1)
RATES = np.logspace(-5, 0, 101)[:-1]


def verification_curve(scores: dict[str, Float64[np.ndarray, " _"]]) -> bytes:
    """The picture, as a PNG file.

    Args:
        scores: of `Judgement`.
    """
    from matplotlib.figure import Figure  # a second to import

    figure = Figure(figsize=(5.2, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for kind, (label, colour, style) in LINES.items():
        if kind in scores:
            shares = accepted_at(scores[kind], scores["strangers"], RATES)
            axes.plot(RATES, shares, style, color=colour, label=label)
    axes.plot(RATES, RATES, ":", color="0.7", label="no better than a stranger")
    axes.axvline(RATE, color="0.85", zorder=0)
    axes.set(xscale="log", xlim=(RATES[0], 1), ylim=(0, 1.01))
    # Without formulas: class names may hold dollar signs, so that they are switched off.
    axes.set_xticks(TICKS, [f"{100 * rate:g} %" for rate in TICKS])
    axes.set(xlabel="share of strangers accepted", ylabel="share accepted as the class")
    figure.legend(loc="outside upper center", ncols=2, fontsize=8)
    return png(figure)
