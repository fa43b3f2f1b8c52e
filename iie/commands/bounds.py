"""python -m iie bounds: between which limits the ideal attacker's error lies, from samples."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Float64

from iie.commands import shared
from iie.commands.arrays import FILES, load_rows, named_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from iie.bounds.result import Bound, BoundTable
    from iie.laws import Gaussian

SUMMARY = "limits on what any attacker can do with any release, from samples of it"
ANY = (
    "Lower bounds hold for every attacker, biased or not, and any model; upper bounds are what an"
    " attacker reached on samples it was not fitted to. A3 squared error. Limits are one-sided, and"
    " all of a kind hold together with the confidence stated (Bonferroni)."
)
NO_LOWER = "No lower bound: real numbers released exactly can carry everything (--noise, --bits)."


class Given(NamedTuple):
    """What the files say, checked."""

    title: str
    samples: Float64[np.ndarray, "n d"]
    releases: Float64[np.ndarray, "n m"]
    prior: "Gaussian"
    assumption: str


def add(commands: argparse._SubParsersAction) -> None:
    """Add this command's flags."""
    parser = commands.add_parser("bounds", help=SUMMARY, description=SUMMARY)
    parser.add_argument(
        "--samples", required=True, metavar="X", help=f"one private input a row: {FILES}"
    )
    parser.add_argument(
        "--releases", required=True, metavar="Y", help="what is released of each, before noise"
    )
    parser.add_argument(
        "--noise", type=float, metavar="VARIANCE", help="of the noise on every released number"
    )
    parser.add_argument(
        "--latents",
        action="store_true",
        help="the samples are numbers u ~ N(0, I) behind the pictures, not pictures",
    )
    parser.add_argument(
        "--jacobian",
        metavar="J",
        help="of the release at each sample, n x outputs x inputs (van Trees)",
    )
    parser.add_argument("--bits", type=float, help="that the release takes in all, if it is coded")
    parser.add_argument(
        "--entropy",
        type=float,
        metavar="BITS",
        help="differential entropy of the inputs, if they are not Gaussian",
    )
    parser.add_argument(
        "--confidence", type=float, default=0.95, help="with which each end holds (default 0.95)"
    )
    shared.add_seed_flag(parser, "the halves that fit and measure, and the noise")
    shared.add_output_flags(parser, picture="iie-bounds.png")
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Compute, draw and print; returns the exit code.

    Raises:
        ValueError: if a flag is not as it must be.
    """
    from iie.bounds.upper import upper_bound

    json_file = shared.checked_outputs(options, _files(options))
    given = _given(options)
    flags = {"noise": options.noise, "confidence": options.confidence, "rng": options.seed}
    variance = given.prior.covariance.trace()
    upper = upper_bound(given.samples, given.releases, variance=variance, **flags)
    lower = _lower(given, options, flags)
    note = f"{given.assumption} {ANY}" if lower is not None else f"{ANY} {NO_LOWER}"
    note += f" Relative is the share of tr S = {variance:.5g}, at both ends."
    content = {
        "command": "bounds",
        "samples": len(given.samples),
        "dim": given.samples.shape[1],
        "noise": options.noise,
        "variance": variance,
        "seed": options.seed,
        "note": note,
        "lower": None if lower is None else lower.to_dict(),
        "upper": upper.to_dict(),
    }
    shared.write_json(json_file, content)
    picture = shared.draw(options.out, lambda: _figure(given.title, lower, upper, note))
    _print(given.title, lower, upper, note)
    shared.console().print(f"{picture}\nnumbers   {json_file}")
    return 0


def _files(options: argparse.Namespace) -> list[Path]:
    """The files that the flags name, to be read."""
    names = (options.samples, options.releases, options.jacobian)
    return [named_file(name)[0] for name in names if name is not None]


def _given(options: argparse.Namespace) -> Given:
    """The files and the prior that the samples stand for.

    Raises:
        ValueError: if a file cannot be read or does not fit the others.
    """
    from iie.covariance import IsotropicCovariance, empirical_covariance
    from iie.laws import Gaussian

    samples = load_rows("--samples", options.samples)
    releases = load_rows("--releases", options.releases)
    n, d = samples.shape
    if len(releases) != n:
        msg = f"`--releases` must have one row for each of the {n} samples, got {len(releases)}"
        raise ValueError(msg)
    names = f"{Path(options.releases).name} of {Path(options.samples).name}"
    title = f"{names}: {n:,} samples, d = {d:,}"
    if options.latents:
        known = "A1 the samples are standard normal, u ~ N(0, I)."
        return Given(title, samples, releases, Gaussian(IsotropicCovariance(1.0, d)), known)
    assumption = "A1 x is Gaussian with the samples' mean and covariance (Ledoit-Wolf)."
    if options.entropy is not None:
        assumption = f"A1 x has the differential entropy {options.entropy:g} bits."
    prior = Gaussian(empirical_covariance(samples), samples.mean(axis=0))
    return Given(title, samples, releases, prior, assumption)


def _lower(given: Given, options: argparse.Namespace, flags: dict[str, Any]) -> "BoundTable | None":
    """All lower bounds that the flags allow, or None where they allow none."""
    from iie.bounds.lower import lower_bound

    if options.noise is None and options.jacobian is not None:
        msg = "`--jacobian` must come with --noise (without noise there is no such bound), got none"
        raise ValueError(msg)
    if options.noise is None and options.bits is None:
        return None
    jacobian = None
    if options.jacobian is not None:
        jacobian = _jacobian(options.jacobian, given)
    return lower_bound(
        given.prior,
        samples=given.samples,
        releases=given.releases,
        jacobian=jacobian,
        bits=options.bits,
        entropy=options.entropy,
        **flags,
    )


def _jacobian(text: str, given: Given) -> Float64[np.ndarray, "n m d"]:
    flat = load_rows("--jacobian", text)
    shape = (*given.releases.shape, given.samples.shape[1])
    if flat.shape != (shape[0], shape[1] * shape[2]):
        msg = f"`--jacobian` must be {' x '.join(map(str, shape))}, got {flat.shape} when flattened"
        raise ValueError(msg)
    return flat.reshape(shape)


def _rows(lower: "BoundTable | None", upper: "BoundTable") -> "list[Bound]":
    return [*upper.table, *(lower.table if lower is not None else ())]


def _print(title: str, lower: "BoundTable | None", upper: "BoundTable", note: str) -> None:
    numbers = ("error, u^2", "per coordinate", "relative", "s.e.", "confidence")
    table = shared.table(("limit", "by"), numbers)
    for bound in _rows(lower, upper):
        error = "-" if bound.standard_error is None else f"{bound.standard_error:.2g}"
        table.add_row(
            bound.kind,
            bound.name,
            f"{bound.total:,.5g}",
            f"{bound.per_coordinate:.4g}",
            f"{bound.relative:.4f}",
            error,
            f"{bound.confidence:.4g}",
        )
    out = shared.console()
    out.print(title)
    out.print(table)
    if lower is not None:
        ends = f"{lower.best.relative:.4f} and {upper.best.relative:.4f}"
        out.print(f"Of the variance, between {ends} stays unknown to the ideal attacker.")
    out.print(note)


def _figure(title: str, lower: "BoundTable | None", upper: "BoundTable", note: str) -> "Figure":
    from iie import plots

    bounds = _rows(lower, upper)
    made, axis = plots.figure(height=1.6 + 0.4 * len(bounds))
    for place, bound in enumerate(bounds):
        share = bound.relative or 0.0
        over = bound.kind == "upper bound"
        colour, _, _ = plots.STYLES[1 if over else 0]
        # What the bound rules out: above an upper one, below a lower one.
        start, length = (share, max(1.02 - share, 0)) if over else (0.0, share)
        axis.barh(place, length, 0.55, left=start, color=colour, alpha=0.35)
        axis.plot([share], [place], "<" if over else ">", color=colour, markersize=7)
    top = min(upper.best.relative or 0.0, 1.02)
    low = 0.0 if lower is None else lower.best.relative or 0.0
    axis.axvspan(low, top, color="#888888", alpha=0.15, label="the ideal attacker's error")
    names = [f"{bound.name} ({bound.kind.split()[0]})" for bound in bounds]
    axis.set(xlim=(-0.02, 1.04), xlabel="relative error", yticks=range(len(names)))
    axis.set_yticklabels(names, fontsize=9)
    axis.invert_yaxis()
    axis.legend(frameon=False, fontsize=9, loc="lower right", bbox_to_anchor=(1.0, 1.0))
    axis.set_title(title, fontsize=11, loc="left", pad=26)
    plots.add_note(made, note)
    return made
