"""python -m iie guarantee: what bounded, noisy codes keep from every attacker."""

import argparse
import itertools
import math
from typing import TYPE_CHECKING

import numpy as np

from iie.commands import shared

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from iie.bounds.result import Bound

SUMMARY = "what codes of r numbers in [-1, 1] with noise keep from every attacker"

LINES = 5  # curves that a picture can hold


def add(commands: argparse._SubParsersAction) -> None:
    """Add this command's flags."""
    parser = commands.add_parser("guarantee", help=SUMMARY, description=SUMMARY)
    parser.add_argument(
        "--numbers", type=int, nargs="+", required=True, metavar="R", help="numbers in a code"
    )
    parser.add_argument(
        "--latents",
        type=int,
        required=True,
        metavar="K",
        help="standard normal numbers behind a picture",
    )
    parser.add_argument(
        "--noise", type=float, nargs="+", metavar="VARIANCE", help="of the noise on every number"
    )
    parser.add_argument("--bits", type=float, metavar="B", help="bits of each number")
    parser.add_argument(
        "--releases",
        type=int,
        nargs="+",
        default=[1, 10, 100],
        metavar="M",
        help="codes released of one person (default 1 10 100)",
    )
    shared.add_output_flags(parser, picture="iie-guarantee.png")
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Compute, draw and print; returns the exit code.

    Raises:
        ValueError: if a flag is not as it must be.
    """
    from iie.bounds.guarantee import NOT_COVERED

    json_file = shared.checked_outputs(options)
    if len(options.noise or ()) > LINES:
        msg = f"`--noise` must be at most {LINES} variances, to be told apart, got {options.noise}"
        raise ValueError(msg)
    rows = [
        (r, noise, m, _guarantee(options, r, noise, m))
        for r, noise, m in itertools.product(
            options.numbers, options.noise or [None], options.releases
        )
    ]
    assumptions = rows[0][3].assumptions
    content = {
        "command": "guarantee",
        "latents": options.latents,
        "assumptions": list(assumptions),
        "not_covered": NOT_COVERED,
        "rows": [
            {"numbers": r, "noise": noise, "releases": m, **bound.to_dict()}
            for r, noise, m, bound in rows
        ],
    }
    shared.write_json(json_file, content)
    note = "; ".join(assumptions) + ". " + NOT_COVERED
    picture = shared.draw(options.out, lambda: _figure(rows, options, note))

    numbers = ("numbers", "noise", "releases", "bits at most", "relative error", "rms error")
    table = shared.table((), numbers)
    for r, noise, m, bound in rows:
        shown = "-" if noise is None else f"{noise:g}"
        root = math.sqrt(bound.per_coordinate)
        table.add_row(
            f"{r:,}", shown, f"{m:,}", f"{bound.bits:,.5g}", f"{bound.relative:.4g}", f"{root:.3f}"
        )
    out = shared.console()
    out.print(f"{options.latents:,} numbers behind the picture: every attacker's error is at least")
    out.print(table)
    out.print(note)
    out.print(f"{picture}\nnumbers   {json_file}")
    return 0


def _guarantee(options: argparse.Namespace, r: int, noise: float | None, m: int) -> "Bound":
    from iie.bounds.guarantee import bounded_code_guarantee

    return bounded_code_guarantee(
        numbers=r, latents=options.latents, noise=noise, bits=options.bits, releases=m
    )


def _figure(rows: list, options: argparse.Namespace, note: str) -> "Figure":
    """Only r m matters: one curve for each noise, and the rows of the table on it."""
    from iie import plots

    made, axis = plots.figure()
    noises = options.noise or [None]
    most = max(r * m for r, _, m, _ in rows)
    told = np.geomspace(1, max(most, options.latents, 2), 200)
    of_one = [_guarantee(options, 1, noise, 1).per_coordinate for noise in noises]
    lines = [
        plots.Line(_label(noise, options.bits), told, share**told)
        for noise, share in zip(noises, of_one, strict=True)
    ]
    plots.draw_lines(axis, lines)
    for (colour, _, marker), noise in zip(plots.STYLES, noises, strict=False):
        points = [(r * m, bound.relative) for r, of, m, bound in rows if of == noise]
        axis.plot(*zip(*points, strict=True), marker, color=colour, markersize=6)
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set(
        xlabel="numbers in a code, times codes released of one person",
        ylabel="guaranteed relative error",
        ylim=(-0.02, 1.02),
    )
    axis.set_title(f"{options.latents:,} numbers behind the picture", fontsize=11, loc="left")
    plots.add_note(made, note)
    return made


def _label(noise: float | None, bits: float | None) -> str:
    parts = [] if noise is None else [f"noise variance {noise:g}"]
    parts += [] if bits is None else [f"{bits:g} bits a number"]
    return ", ".join(parts)
