"""The intervals of an audit as one picture: a bar a release, a panel for each that is sought."""

from typing import Any

from loft_jax.runs.drawing import png

BAR, KNOWN, HIDDEN = "#0072B2", "#f3d9c9", "#dfe9df"
TITLES = {"identity": "who is on the picture", "picture": "the picture"}


def intervals(releases: list[dict[str, Any]]) -> bytes:
    """PNG of the share of variance that stays unknown: between the ends lies the best attacker.

    Args:
        releases: of audit.json.
    """
    from matplotlib.figure import Figure

    panels = [name for name in TITLES if name in releases[0]["intervals"]]
    height = 1.1 + 0.42 * len(releases)
    figure = Figure(figsize=(4.6 * len(panels) + 1.2, height), layout="constrained")
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    names = [one["release"] for one in releases]
    for axis, panel in zip(axes, panels, strict=True):
        for row, one in enumerate(releases):
            found = one["intervals"][panel]
            low, high = found["lower"], found["upper"]
            end = min(high, 1.0)  # above 1 no decoder does as well as the mean
            axis.barh(row, low, color=HIDDEN, height=0.7)
            axis.barh(row, 1 - end, left=end, color=KNOWN, height=0.7)
            axis.barh(row, end - low, left=low, color=BAR, height=0.34)
            axis.text(1.02, row, f"{low:.2f} to {high:.2f}", va="center", fontsize=8)
        axis.set(xlim=(0, 1.32), xticks=(0, 0.25, 0.5, 0.75, 1))
        axis.set_title(f"{TITLES[panel]}: share that stays unknown", fontsize=10)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_yticks(range(len(names)), names)
    axes[0].invert_yaxis()
    return png(figure)
