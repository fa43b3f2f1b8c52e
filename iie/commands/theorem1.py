"""python -m iie theorem1: exact rationals, the closed form and simulation, case by case."""

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np

from iie._input import checks
from iie.agreement import (
    ALLOWED_RELATIVE,
    ALLOWED_STANDARD_ERRORS,
    Agreement,
    compare,
    theorem_1_cases,
)
from iie.commands import shared
from iie.error.closed_form import ASSUMPTIONS, SOURCE

SAMPLES, QUICK_SAMPLES, MOST_SAMPLES = 100_000, 20_000, 10**9
SUMMARY = "Theorem 1 by exact rationals, closed form and Monte Carlo; exit 1 when they disagree"


def add(commands: argparse._SubParsersAction) -> None:
    """Add this command's flags."""
    parser = commands.add_parser("theorem1", help=SUMMARY, description=SUMMARY)
    shared.add_seed_flag(parser, "cases and samples")
    samples = parser.add_mutually_exclusive_group()
    samples.add_argument(
        "--samples", type=int, default=SAMPLES, help=f"per case (default {SAMPLES:,})"
    )
    samples.add_argument(
        "--quick",
        dest="samples",
        action="store_const",
        const=QUICK_SAMPLES,
        help=f"the same as --samples {QUICK_SAMPLES}",
    )
    shared.add_output_flags(parser)
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Compare, print and write; returns 0 if all routes agree, else 1.

    Raises:
        ValueError: if a flag is not as it must be.
    """
    checks.count("--samples", options.samples, at_least=2)
    if options.samples > MOST_SAMPLES:
        msg = f"`--samples` must be at most {MOST_SAMPLES:,}, got {options.samples}"
        raise ValueError(msg)
    shared.check_outputs({"--json": options.json})
    results = [
        compare(case, samples=options.samples, rng=np.random.default_rng([options.seed, i]))
        for i, case in enumerate(theorem_1_cases(np.random.default_rng(options.seed)))
    ]
    _print(results, options.samples)
    if options.json is not None:
        shared.write_json(options.json, _report(results, options.seed, options.samples))
    return 0 if all(r.agrees for r in results) else 1


def _print(results: Sequence[Agreement], samples: int) -> None:
    """The tables of the mean and of the spread, with assumptions and verdict."""
    means = shared.table(
        ("prior",),
        ("d", "rows", "rank", "rational", "closed form", "off", "Monte Carlo ±s.e.", "off"),
    )
    spreads = shared.table(("prior",), ("rank", "√(2 tr C²)", "measured", "off"))
    means.add_column("agree", no_wrap=True)
    for r in results:
        m, d = r.case.weight.shape
        means.add_row(
            r.case.prior,
            f"{d}",
            f"{m}",
            f"{r.exact.rank}",
            f"{float(r.rational):.5g}",
            f"{r.exact.total:.5g}",
            f"{r.rational_off:.0e}",
            f"{r.simulated.mean:.5g} ±{r.simulated.sem:.1g}",
            f"{r.mean_off:+.2f}",
            "yes" if r.agrees else "NO",
        )
        spreads.add_row(
            r.case.prior,
            f"{r.exact.rank}",
            f"{r.exact_spread:.4g}",
            f"{r.simulated.spread:.4g}",
            f"{r.spread_off:+.2f}",
        )
    out = shared.console()
    out.print(
        f"Theorem 1 by exact rationals, by the closed form in float64, and by {samples:,} simulated"
        " attacks a case.\nMean squared error, in squared input units. off: closed form from "
        "rational, relative; simulation from closed form, in standard errors."
    )
    out.print(means)
    out.print("Standard deviation of one attack's squared error, predicted and measured.")
    out.print(spreads)
    for line in (*ASSUMPTIONS, f"Source: {SOURCE}."):
        out.print(line)
    wrong = [f"{r.case.prior} (rank {r.exact.rank})" for r in results if not r.agrees]
    allowed = f"{ALLOWED_STANDARD_ERRORS:g} standard errors, and {ALLOWED_RELATIVE:g} for rationals"
    if wrong:
        out.print(f"DISAGREE beyond {allowed}: {', '.join(wrong)}.")
    else:
        out.print(f"All {len(results)} cases agree within {allowed}.")


def _report(results: Sequence[Agreement], seed: int, samples: int) -> dict[str, Any]:
    """The table as numbers."""
    return {
        "command": "theorem1",
        "seed": seed,
        "samples": samples,
        "allowed_standard_errors": ALLOWED_STANDARD_ERRORS,
        "allowed_relative": ALLOWED_RELATIVE,
        "agree": all(r.agrees for r in results),
        "assumptions": list(ASSUMPTIONS),
        "source": SOURCE,
        "cases": [
            {
                "prior": r.case.prior,
                "d": r.case.weight.shape[1],
                "rows": r.case.weight.shape[0],
                "rank": r.exact.rank,
                "cutoff": r.exact.cutoff,
                "rational": float(r.rational),
                "rational_fraction": str(r.rational),
                "closed_form": r.exact.total,
                "closed_form_off_relative": r.rational_off,
                "monte_carlo": r.simulated.mean,
                "standard_error": r.simulated.sem,
                "off_standard_errors": r.mean_off,
                "spread_closed_form": r.exact_spread,
                "spread_monte_carlo": r.simulated.spread,
                "spread_off_standard_errors": r.spread_off,
                "agrees": r.agrees,
            }
            for r in results
        ],
    }
