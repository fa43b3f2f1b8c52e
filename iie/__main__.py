"""The command line of the theory: python -m iie theorem1."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from iie import _checks
from iie.agreement import ALLOWED_STANDARD_ERRORS, Agreement, compare, theorem_1_cases
from iie.closed_form import ASSUMPTIONS, SOURCE

SAMPLES, QUICK_SAMPLES = 100_000, 20_000


class _Parser(argparse.ArgumentParser):
    """argparse that refuses in one sentence."""

    def error(self, message: str) -> NoReturn:
        print(f"error: {message} (see {self.prog} --help)", file=sys.stderr)
        raise SystemExit(2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 if theory and simulation agree, 1 if they do not. Bad input exits with 2.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        _checks.count("--samples", options.samples, at_least=2)
        _checks.count("--seed", options.seed, at_least=0)
        if options.json is not None and (
            options.json.is_dir() or not options.json.absolute().parent.is_dir()
        ):
            parser.error(f"`--json` must be a file in an existing folder, got {options.json}")
    except ValueError as error:
        parser.error(str(error))
    results = theorem1(options.seed, options.samples)
    if options.json is not None:
        try:
            write_json(options.json, _report(results, options.seed, options.samples))
        except OSError as error:
            parser.error(f"`--json` must be a writable file, got {options.json} ({error.strerror})")
    return 0 if all(r.agrees for r in results) else 1


def theorem1(seed: int, samples: int) -> list[Agreement]:
    """Theorem 1 beside its simulation, printed with assumptions and verdict."""
    results = [
        compare(case, samples=samples, rng=np.random.default_rng([seed, i]))
        for i, case in enumerate(theorem_1_cases(np.random.default_rng(seed)))
    ]
    # rich cannot see the width of a pipe and would fold the table to 80 columns.
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False, markup=False)
    console.print(_table(results, samples))
    for line in (*ASSUMPTIONS, f"Source: {SOURCE}."):
        console.print(line)
    wrong = [f"{r.case.prior} (rank {r.exact.rank})" for r in results if not r.agrees]
    allowed = f"{ALLOWED_STANDARD_ERRORS:g} standard errors"
    if wrong:
        console.print(f"DISAGREE beyond {allowed}: {', '.join(wrong)}.")
    else:
        console.print(f"All {len(results)} cases agree within {allowed}.")
    return results


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write `content` to `path` whole or not at all.

    Raises:
        OSError: if the folder is missing or cannot be written; no partial file is left.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _table(results: Sequence[Agreement], samples: int) -> Table:
    title = (
        f"Theorem 1 beside {samples:,} simulated attacks a case: mean and spread of the squared "
        "error\n(squared input units; off = simulated minus theory, in standard errors)"
    )
    table = Table(
        title=title, box=SIMPLE_HEAD, pad_edge=False, padding=(0, 0, 0, 1), title_justify="left"
    )
    table.add_column("prior", no_wrap=True)
    numbers = ("d", "rows", "rank", "closed form", "Monte Carlo ±s.e.", "off")
    for name in (*numbers, "√(2 tr C²)", "measured", "off"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("agree", no_wrap=True)
    for r in results:
        m, d = r.case.weight.shape
        table.add_row(
            r.case.prior,
            f"{d}",
            f"{m}",
            f"{r.exact.rank}",
            f"{r.exact.total:.5g}",
            f"{r.simulated.mean:.5g} ±{r.simulated.sem:.1g}",
            f"{r.mean_off:+.2f}",
            f"{r.exact_spread:.4g}",
            f"{r.simulated.spread:.4g}",
            f"{r.spread_off:+.2f}",
            "yes" if r.agrees else "NO",
        )
    return table


def _report(results: Sequence[Agreement], seed: int, samples: int) -> dict[str, Any]:
    """The table as numbers."""
    return {
        "command": "theorem1",
        "seed": seed,
        "samples": samples,
        "allowed_standard_errors": ALLOWED_STANDARD_ERRORS,
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
                "closed_form": r.exact.total,
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


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m iie", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="command")
    summary = "Theorem 1's closed form beside Monte Carlo; exit 1 when they disagree"
    theorem = commands.add_parser("theorem1", help=summary, description=summary)
    theorem.add_argument("--seed", type=int, default=0, help="of cases and samples (default 0)")
    samples = theorem.add_mutually_exclusive_group()
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
    theorem.add_argument("--json", type=Path, metavar="FILE", help="write the table as numbers")
    return parser


if __name__ == "__main__":
    sys.exit(main())
