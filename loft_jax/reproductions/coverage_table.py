"""The simulated intervals as a table and a picture."""

from datetime import UTC, datetime

from loft_jax.findings.drawing import COLOURS, MARKERS
from loft_jax.reproductions.coverage import CLASSES, SEEDS, SHARES, SPREADS, TRIALS, Cell
from loft_jax.runs.drawing import png

LEAST, MOST, ALONE = 0.93, 0.99, 0.90
"""Between which coverages intervals of 95 % are held to lie; what one seed must reach."""


def conclusion(cells: list[Cell]) -> list[str]:
    """What the simulation shows, in sentences."""
    said = []
    for trials in TRIALS:
        shares = [one for one in cells if one.kind == "share" and one.trials == trials]
        of = "one reconstruction" if trials == 1 else f"{trials} reconstructions"
        several, single = (
            [one.coverage for one in shares if (one.seeds > 1) == many] for many in (True, False)
        )
        said.append(
            f"Intervals of a share with {of} of each person hold it in {min(several):.3f} to "
            f"{max(several):.3f} of repeats with two seeds or more, with one, which speaks of its "
            f"own model, in {min(single):.3f} to {max(single):.3f}."
        )
    told = ", ".join(
        f"{one.power:.2f} (from {one.base:g}, seeds' deviation {one.spread:g})"
        for one in cells
        if one.kind == "difference" and one.seeds == 3 and one.truth < 0
    )
    return [*said, f"A fall of 0.2 is shown with 3 seeds and 24 people with power {told}."]


def markdown(cells: list[Cell], repeats: int, command: str) -> str:
    """A Markdown page: shares, differences, and the strongest of several, with what made it."""
    heads = [f"{p:g}, {spread:g}" for p in SHARES for spread in SPREADS]
    lines = ["# Coverage of intervals of 95 %, by simulation", "", " ".join(conclusion(cells)), ""]
    lines += [
        f"| reconstructions, seeds, people | {' | '.join(heads)} |",
        "|---" * (1 + len(heads)) + "|",
        *(
            f"| {trials}, {r}, {k} | {' | '.join(_row(cells, trials, r, k))} |"
            for trials in TRIALS
            for r in SEEDS
            for k in CLASSES
        ),
        "",
        "Columns: the true share, and the standard deviation of seeds on the probit scale. In each "
        "cell the coverage, and the mean width of the interval.",
        "",
        "| what | seeds | people | truth | baseline | seeds' deviation | coverage | "
        "leaves zero out | width |",
        "|---" * 9 + "|",
        *(
            f"| {one.kind} | {one.seeds} | {one.people} | {one.truth:+.2f} | {one.base:g} | "
            f"{one.spread:g} | {one.coverage:.3f} | {one.power:.3f} | {one.width:.2f} |"
            for one in cells
            if one.power is not None
        ),
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, `{command}`, {repeats} repeats of each cell. One seed's "
        "interval is of that model, and so is the truth it is held against.",
        "",
    ]
    return "\n".join(lines)


def picture(cells: list[Cell]) -> bytes:
    """PNG: coverage against the true share, a panel a number of seeds, a colour a deviation."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), layout="constrained")
    panels = figure.subplots(len(TRIALS), len(SEEDS), sharex=True, sharey=True)
    for line, trials in zip(panels, TRIALS, strict=True):
        for axes, r in zip(line, SEEDS, strict=True):
            axes.axhspan(ALONE if r == 1 else LEAST, 1 if r == 1 else MOST, color="#eeeeee")
            axes.axhline(0.95, color="#999999", lw=0.8)
            for i, spread in enumerate(SPREADS):
                for j, k in enumerate(CLASSES):
                    found = [one for one in cells if one.kind == "share"
                             and one[1:4] == (r, k, trials) and one.spread == spread]  # fmt: skip
                    shift = 0.12 * (i - 1) + 0.05 * j
                    axes.plot(
                        [x + shift for x in range(len(found))],
                        [one.coverage for one in found],
                        color=COLOURS[i], marker=MARKERS[j], ms=4, ls="",
                        label=f"seeds' deviation {spread:g}, {k} people",
                    )  # fmt: skip
            axes.set_xticks(range(len(SHARES)), [f"{p:g}" for p in SHARES])
            if trials == TRIALS[-1]:
                axes.set_xlabel("true share", fontsize=9)
            axes.set_title(f"{r} seed{'' if r == 1 else 's'}, {trials} a person", fontsize=9)
    panels[0][0].set_ylim(0.88, 1.0)
    figure.supylabel("coverage of intervals of 95 %", fontsize=9)
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    return png(figure, 150)


def _row(cells: list[Cell], trials: int, r: int, k: int) -> list[str]:
    return [
        f"{one.coverage:.3f} ({one.width:.2f})"
        for one in cells
        if one.kind == "share" and one[1:4] == (r, k, trials)
    ]
