"""python -m iie curve: what no attacker recovers, against the rank of the release."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float64

from iie.commands import shared
from iie.commands.prior import (
    NamedCovariance,
    add_prior_flags,
    prior_files,
    prior_of,
    refuse,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from iie.filters.curves import RankCurve
    from iie.filters.random_simulation import RandomFilters

SUMMARY = "relative IIE against rank: most leaking, random and least leaking filter"
NOTE = (
    "A1 x is Gaussian with this covariance; A2 y = W x, no noise; A3 squared error. Most and least "
    "leaking: exact, ours (Ky Fan). Any W of rank r lies between the two. Random filter: mean of "
    "simulated ones with standard error where that is cheap, else at most (Halko et al. 2011); "
    "equivalent: Derezinski et al. 2020, exact for an isotropic prior and the limit of large "
    "ranks, too low at small ones for a steep spectrum."
)
MOST_RANKS = 10_000  # rows of a table
DRAWS = 32  # simulated filters of each rank
OPERATIONS = {False: 1e10, True: 1e9}  # for them, quick or not


def add(commands: argparse._SubParsersAction) -> None:
    """Add this command's flags."""
    parser = commands.add_parser("curve", help=SUMMARY, description=SUMMARY)
    add_prior_flags(parser)
    parser.add_argument(
        "--ranks",
        nargs="+",
        default=None,
        metavar="R",
        help="ranks of the table; 1 2 4 ... 512 goes on by the same factor (default: about ten)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="32 x 32 gray pixels unless --shape says otherwise"
    )
    shared.add_seed_flag(parser, "the simulated random filters")
    shared.add_output_flags(parser, picture="iie-curve.png")
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Compute, draw and print; returns the exit code.

    Raises:
        ValueError: if a flag is not as it must be.
    """
    from iie.filters.curves import rank_curve

    json_file = shared.checked_outputs(options, prior_files(options))
    if prior_files(options):
        refuse(options, "quick", "with samples")
    if options.quick and options.shape is None:
        options.shape = [32, 32, 1]
    prior = prior_of(options)
    ranks = _ranks(options.ranks, prior.covariance.dim)
    curve = rank_curve(prior.covariance, ranks=ranks)
    random = _simulated(prior, curve, options)
    shared.write_json(json_file, _report(prior, curve, random))
    picture = shared.draw(options.out, lambda: _figure(prior, curve, random))
    _print(prior, curve, random, [picture, f"numbers   {json_file}"])
    return 0


def _simulated(
    prior: NamedCovariance, curve: "RankCurve", options: argparse.Namespace
) -> "RandomFilters":
    """Random filters of those ranks that are cheap enough."""
    from iie.filters.random_simulation import simulated_random_filters

    limit = (OPERATIONS[options.quick] / (2 * curve.dim * DRAWS)) ** 0.5
    ranks = curve.ranks[curve.ranks <= limit]
    spectrum = prior.covariance.spectrum()
    return simulated_random_filters(spectrum, ranks, draws=DRAWS, rng=options.seed)


def parse_ranks(words: Sequence[str]) -> list[int]:
    """Whole numbers; `...` between two of them goes on by the last factor, or else the last step.

    Raises:
        ValueError: if a word is no whole number, or `...` has not two numbers before it and a
            larger one after it.

    Examples:
        >>> parse_ranks(["1", "2", "4", "...", "32"])
        [1, 2, 4, 8, 16, 32]
        >>> parse_ranks(["10", "15", "...", "30"])
        [10, 15, 20, 25, 30]
    """
    ranks: list[int] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in ("...", "…"):
            if len(ranks) < 2 or not rest or not rest[0].isdecimal():
                msg = f"`--ranks` must have two numbers before ... and one after, got {words}"
                raise ValueError(msg)
            _go_on(ranks, _whole(rest[0]))
        elif word.isdecimal():
            ranks.append(_whole(word))
        else:
            msg = f"`--ranks` must be whole numbers of at least 0 or ..., got {word}"
            raise ValueError(msg)
    return sorted(set(ranks))


def _whole(word: str) -> int:
    """The number; one too long for `int` is too large for a rank as well."""
    return int(word[:20])


def _go_on(ranks: list[int], last: int) -> None:
    before, now = ranks[-2:]
    if now <= before or last < now:
        msg = f"`--ranks` must rise around ..., got {before} {now} ... {last}"
        raise ValueError(msg)
    factor = now // before if before > 0 and now % before == 0 else 1
    if factor == 1 and (last - now) // (now - before) > MOST_RANKS:
        msg = f"`--ranks` must be at most {MOST_RANKS:,} ranks, got {before} {now} ... {last}"
        raise ValueError(msg)
    while ranks[-1] < last:
        step = ranks[-1] * factor if factor > 1 else ranks[-1] + now - before
        ranks.append(min(step, last))


def _ranks(words: Sequence[str] | None, dim: int) -> list[int]:
    if words is None:
        powers = [2**k for k in range(0, dim.bit_length(), max(1, dim.bit_length() // 9))]
        return [r for r in powers if r < dim] + [dim]
    ranks = parse_ranks(words)
    if len(ranks) > MOST_RANKS:
        msg = f"`--ranks` must be at most {MOST_RANKS:,} ranks, got {len(ranks):,}"
        raise ValueError(msg)
    if ranks[-1] > dim:
        msg = f"`--ranks` must be at most {dim} (the input dimension d), got {ranks[-1]}"
        raise ValueError(msg)
    return ranks


def _lines(curve: "RankCurve") -> dict[str, Float64[np.ndarray, " n"]]:
    return {
        "least leaking filter": curve.least_leaking,
        "random filter, equivalent": curve.random,
        "most leaking filter": curve.most_leaking,
    }


def _figure(prior: NamedCovariance, curve: "RankCurve", random: "RandomFilters") -> "Figure":
    """A smooth picture: many ranks between 0 and the largest that was asked for."""
    from iie import plots
    from iie.filters.curves import rank_curve

    last = int(curve.ranks.max())
    spread = np.unique(np.rint(np.geomspace(1, max(last, 1), 200)).astype(int))
    dense = rank_curve(prior.covariance, ranks=np.concatenate([[0], spread[spread <= last]]))
    lines = [
        plots.Line(label, dense.ranks.astype(float), values / dense.variance)
        for label, values in _lines(dense).items()
    ]
    made = plots.rank_figure(lines, title=prior.name, note=f"{NOTE} {prior.estimated}")
    values = (random.mean / curve.variance, random.standard_error / curve.variance)
    label = f"random filters, mean of {random.draws}"
    plots.add_points(made, label, random.ranks.astype(float), *values)
    return made


def _print(
    prior: NamedCovariance, curve: "RankCurve", random: "RandomFilters", files: Sequence[str]
) -> None:
    title = f"{prior.name}: relative IIE, the share of the variance that no attacker recovers"
    columns = ("rank", "most leaking", "random", "± s.e.", "equivalent", "least leaking")
    table = shared.table((), columns)
    for i, r in enumerate(curve.ranks):
        ends = (curve.most_leaking[i], curve.random[i], curve.least_leaking[i])
        most, equivalent, least = (f"{value / curve.variance:.6f}" for value in ends)
        mean, error = f"≤ {curve.random_at_most[i] / curve.variance:.6f}", "-"
        if i < len(random.ranks):
            values = (random.mean[i], random.standard_error[i])
            mean, error = (f"{value / curve.variance:.6f}" for value in values)
        table.add_row(f"{r:,}", most, mean, error, equivalent, least)
    out = shared.console()
    out.print(title)
    out.print(table)
    out.print(f"{NOTE}\n{prior.estimated}".strip())
    out.print("\n".join(files))


def _report(prior: NamedCovariance, curve: "RankCurve", random: "RandomFilters") -> dict[str, Any]:
    return {
        "command": "curve",
        "prior": prior.name,
        "shrinkage": prior.shrinkage,
        "variance_per_coordinate": curve.variance / curve.dim,
        "note": NOTE,
        **curve.to_dict(),
        "random_simulated": random.to_dict(),
        "relative": {
            label: (values / curve.variance).tolist() for label, values in _lines(curve).items()
        },
    }
