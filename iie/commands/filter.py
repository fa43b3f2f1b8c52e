"""python -m iie filter: what a given filter W leaks of the inputs it is applied to."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from iie.commands import shared
from iie.commands.prior import load_rows

if TYPE_CHECKING:
    from iie.filters.report import FilterReport

SUMMARY = "what a filter W leaks of samples X: its error, its place among all filters, its bits"


def add(commands: argparse._SubParsersAction) -> None:
    """Add this command's flags."""
    parser = commands.add_parser("filter", help=SUMMARY, description=SUMMARY)
    parser.add_argument("weight", type=Path, metavar="W.npy", help="one filter a row")
    parser.add_argument(
        "--samples", type=Path, required=True, metavar="X.npy", help="one input a row"
    )
    parser.add_argument(
        "--noise",
        type=float,
        default=1e-2,
        help="for bits: noise variance over the mean variance of an output (default 0.01)",
    )
    shared.add_output_flags(parser, picture="iie-filter.png")
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Compute, draw and print; returns the exit code.

    Raises:
        ValueError: if a flag is not as it must be.
    """
    from iie.filters.report import filter_report

    json_file = shared.checked_outputs(options)
    weight = load_rows("W.npy", options.weight)
    samples = load_rows("--samples", options.samples)
    report = filter_report(samples, weight, noise=options.noise)
    title = f"{options.weight.name} on {options.samples.name}"
    _draw(title, report, samples, weight, options.out)
    shared.write_json(json_file, {"command": "filter", **report.to_dict()})
    out = shared.console()
    table = shared.table(("what",), ("value",))
    table.add_column("meaning")
    for row in rows(report):
        table.add_row(*row)
    out.print(f"{title}: {report.samples:,} samples")
    out.print(table)
    for line in report.assumptions:
        out.print(line)
    out.print(f"look at   {options.out}\nnumbers   {json_file}")
    return 0


def rows(report: "FilterReport") -> list[tuple[str, str, str]]:
    """The report as rows: what, value, meaning."""
    place = "all filters of this rank leak the same"
    if report.position is not None:
        place = f"0 leaks most, 1 least; a random filter {report.random_position:.3f}"
    shrinkage = f"Ledoit-Wolf shrinkage {report.shrinkage:.3g}"
    return [
        ("relative IIE", f"{report.relative:.4f}", "share of the variance that stays unknown"),
        ("rank", f"{report.rank}", f"of {report.outputs} x {report.dim}; {shrinkage}"),
        ("effective rank", f"{report.effective_rank:.1f}", "of W S^1/2"),
        ("of the inputs", f"{report.feature_effective_rank:.1f}", "of S^1/2"),
        ("most leaking", f"{report.most_leaking:.4f}", "relative IIE of the worst of this rank"),
        ("random filter", f"{report.random:.4f}", "expected, deterministic equivalent"),
        ("least leaking", f"{report.least_leaking:.4f}", "relative IIE of the best of this rank"),
        ("position", _number(report.position), place),
        ("bits", f"{report.bits:.1f}", f"with noise of {report.noise:g} of an output's variance"),
    ]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _draw(
    title: str, report: "FilterReport", samples: np.ndarray, weight: np.ndarray, path: Path
) -> None:
    from iie import plots
    from iie.covariance import empirical_covariance
    from iie.filters.curves import rank_curve

    S = empirical_covariance(samples, report.shrinkage)
    last = min(report.dim, 2 * max(report.rank, 1))
    ranks = np.unique(np.linspace(0, last, 129).astype(int))
    curve = rank_curve(S, weight, ranks)
    assert curve.truncated is not None
    own = ranks <= report.rank
    named = [
        ("least leaking filter", ranks, curve.least_leaking),
        ("random filter", ranks, curve.random),
        ("most leaking filter", ranks, curve.most_leaking),
        ("this filter, truncated by SVD", ranks[own], curve.truncated[own]),
    ]
    scale = curve.variance if curve.variance > 0 else 1.0
    lines = [plots.Line(label, x.astype(float), y / scale) for label, x, y in named]
    note = "; ".join(report.assumptions[:2])
    made = plots.rank_figure(lines, title=title, note=note)
    shared.write_whole(path, lambda partial: plots.save(made, partial))
