"""python -m iie filter: what a given filter W leaks of the inputs it is applied to."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from iie.commands import shared
from iie.commands.arrays import FILES, load_rows, named_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from iie.covariance import Covariance
    from iie.filters.parts import PartErrors
    from iie.filters.random_simulation import RandomFilters
    from iie.filters.report import FilterReport

DRAWS, FEWEST, OPERATIONS = 256, 4, 1e10  # simulated random filters of this rank
TIES = (
    "W has equal singular values, so a truncation by SVD has no order of its own: among them the "
    "most leaking part comes first, and the band is all that any part of W can leak"
)
SUMMARY = "what a filter W leaks of samples X: its error, its place among all filters, its bits"


def add(commands: argparse._SubParsersAction) -> None:
    """Add this command's flags."""
    parser = commands.add_parser("filter", help=SUMMARY, description=SUMMARY)
    parser.add_argument("weight", metavar="W", help=f"one filter a row: {FILES}")
    parser.add_argument(
        "--samples", required=True, metavar="X", help="one input a row: .npy or .npz:KEY as W"
    )
    parser.add_argument(
        "--noise-share",
        type=float,
        default=1e-2,
        help="for bits: noise variance over the mean variance of an output (default 0.01)",
    )
    shared.add_seed_flag(parser, "the simulated random filters")
    shared.add_output_flags(parser, picture="iie-filter.png")
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Compute, draw and print; returns the exit code.

    Raises:
        ValueError: if a flag is not as it must be.
    """
    from iie.covariance import empirical_covariance
    from iie.filters.parts import part_errors
    from iie.filters.report import filter_report

    paths = [named_file(name)[0] for name in (options.weight, options.samples)]
    json_file = shared.checked_outputs(options, paths)
    weight = load_rows("W", options.weight)
    samples = load_rows("--samples", options.samples)
    if len(samples) < 2 or np.ptp(samples, axis=0).max() == 0:
        msg = f"`--samples` must hold samples that differ, got {len(samples)} that are all the same"
        raise ValueError(msg)
    report = filter_report(samples, weight, noise_share=options.noise_share)
    S = empirical_covariance(samples, report.shrinkage)
    random, parts = _random(S, report, options.seed), part_errors(S, weight)
    content = {
        "command": "filter",
        **report.to_dict(),
        "random_simulated": random.to_dict(),
        "parts": parts.to_dict(),
    }
    shared.write_json(json_file, content)
    title = f"{Path(options.weight).name} on {Path(options.samples).name}"
    picture = shared.draw(options.out, lambda: _figure(title, report, S, weight, random, parts))
    out = shared.console()
    table = shared.table(("what",), ("value",))
    table.add_column("meaning")
    for row in rows(report, random):
        table.add_row(*row)
    out.print(f"{title}: {report.samples:,} samples")
    out.print(table)
    for line in (*report.assumptions, *([TIES] if parts.tied else [])):
        out.print(line)
    out.print(f"{picture}\nnumbers   {json_file}")
    return 0


def _random(S: "Covariance", report: "FilterReport", seed: int) -> "RandomFilters":
    """Random filters of the report's rank, as many as are cheap."""
    from iie.filters.random_simulation import simulated_random_filters

    cheap = OPERATIONS / (2 * report.dim * max(report.rank, 1) ** 2)
    draws = int(min(max(cheap, FEWEST), DRAWS))
    return simulated_random_filters(S.spectrum(), [report.rank], draws=draws, rng=seed)


def rows(report: "FilterReport", random: "RandomFilters") -> list[tuple[str, str, str]]:
    """The report as rows: what, value, meaning."""
    place = "all filters of this rank leak the same"
    if report.position is not None:
        place = f"0 leaks most, 1 least; a random filter {report.random_position:.3f}"
    mean, error = random.mean[0] / report.variance, random.standard_error[0] / report.variance
    shrinkage = f"Ledoit-Wolf shrinkage {report.shrinkage:.3g}"
    return [
        ("relative IIE", f"{report.relative:.4f}", "share of the variance that stays unknown"),
        ("rank", f"{report.rank}", f"of {report.outputs} x {report.dim}; {shrinkage}"),
        ("effective rank", f"{report.effective_rank:.1f}", "of W S^1/2"),
        ("of the inputs", f"{report.feature_effective_rank:.1f}", "of S^1/2"),
        ("most leaking", f"{report.most_leaking:.4f}", "relative IIE of the worst of this rank"),
        ("random filter", f"{mean:.4f}", f"± {error:.2g}, mean of {random.draws} of this rank"),
        ("equivalent", f"{report.random:.4f}", "of it for large ranks; low for a steep spectrum"),
        ("least leaking", f"{report.least_leaking:.4f}", "relative IIE of the best of this rank"),
        ("position", _number(report.position), place),
        (
            "bits",
            f"{report.bits:.1f}",
            f"with noise of {report.noise_share:g} of an output's variance",
        ),
    ]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _figure(
    title: str,
    report: "FilterReport",
    S: "Covariance",
    weight: np.ndarray,
    random: "RandomFilters",
    parts: "PartErrors",
) -> "Figure":
    from iie import plots
    from iie.filters.curves import rank_curve

    last = min(report.dim, 2 * max(report.rank, 1))
    ranks = np.unique(np.linspace(0, last, 129).astype(int))
    curve = rank_curve(S, weight, ranks)
    assert curve.truncated is not None
    own = ranks <= report.rank
    label = "its most leaking part first (ties)" if parts.tied else "truncated by SVD"
    named = [
        ("least leaking filter", ranks, curve.least_leaking),
        ("random filter, equivalent", ranks, curve.random),
        ("most leaking filter", ranks, curve.most_leaking),
        (f"this filter, {label}", ranks[own], curve.truncated[own]),
    ]
    lines = [plots.Line(label, x.astype(float), y / curve.variance) for label, x, y in named]
    note = "; ".join([*report.assumptions[:2], *([TIES] if parts.tied else [])])
    made = plots.rank_figure(lines, title=title, note=note)
    whole = np.arange(len(parts.most_leaking), dtype=float)
    ends = (parts.most_leaking / curve.variance, parts.least_leaking / curve.variance)
    plots.add_band(made, "parts of this filter", whole, *ends)
    values = (random.mean / curve.variance, random.standard_error / curve.variance)
    plots.add_points(made, f"random, mean of {random.draws}", random.ranks.astype(float), *values)
    return made
