"""python -m iie bits: how few bits allow how good a reconstruction, whatever the model."""

import argparse
import math

from iie._input import checks
from iie.commands import shared
from iie.commands.prior import add_prior_flags, prior_files, prior_of

SUMMARY = "bits against the best possible reconstruction: labels, quantised codes, PSNR targets"
NOTE = (
    "A1 x is Gaussian with this covariance; A3 squared error; A4 the release takes at most 2^bits "
    "values. Bounds, ours, by data processing and the Gaussian rate-distortion function (Cover "
    "and Thomas 2006): no attacker does better; that one does as well is not claimed."
)
PSNRS = (10.0, 15.0, 20.0, 25.0, 30.0)
CLASSES = (2, 128, 1000)


def add(commands: argparse._SubParsersAction) -> None:
    """Add this command's flags."""
    parser = commands.add_parser("bits", help=SUMMARY, description=SUMMARY)
    add_prior_flags(parser)
    parser.add_argument(
        "--psnr", type=float, nargs="+", default=PSNRS, help="reconstructions to price, in dB"
    )
    parser.add_argument(
        "--classes", type=int, nargs="+", default=CLASSES, help="classifiers that tell a label only"
    )
    parser.add_argument(
        "--code",
        type=int,
        nargs=2,
        action="append",
        metavar=("R", "B"),
        help="a code of R outputs of B bits each; may be repeated (default 64 32)",
    )
    parser.add_argument(
        "--range",
        type=float,
        default=None,
        help="largest minus smallest pixel value, for PSNR (default 4 standard deviations)",
    )
    shared.add_output_flags(parser)
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Compute and print; returns the exit code.

    Raises:
        ValueError: if a flag is not as it must be.
    """
    from iie.information.rate_distortion import bits_to_reach_psnr, label_bound, quantised_bound

    shared.check_outputs({"--json": options.json}, prior_files(options))
    prior = prior_of(options)
    spectrum = prior.covariance.spectrum()
    d = prior.covariance.dim
    value_range = options.range
    if value_range is not None and not 0 < value_range < math.inf:
        msg = f"`--range` must be positive and finite, got {value_range}"
        raise ValueError(msg)
    if value_range is None:
        value_range = 4 * math.sqrt(prior.covariance.trace() / d)
    for classes in options.classes:
        checks.count("--classes", classes, at_least=1)
    rows = [(f"label, {k:,} classes", label_bound(spectrum, k)) for k in options.classes]
    for outputs, bits in options.code or [(64, 32)]:
        checks.count("--code R", outputs, at_least=0)
        checks.count("--code B", bits, at_least=0)
        name = f"{outputs:,} outputs of {bits} bits"
        rows.append((name, quantised_bound(spectrum, outputs, bits)))
    for psnr in options.psnr:
        rows.append((f"PSNR of {psnr:g} dB", bits_to_reach_psnr(spectrum, psnr, value_range)))

    title = f"{prior.name}: bits and the smallest error they allow"
    numbers = ("bits", "bits per coordinate", "smallest relative error", "largest PSNR, dB")
    table = shared.table(("release, or what is wanted of it",), numbers)
    report = []
    for name, bound in rows:
        psnr = math.inf
        if bound.per_coordinate > 0:
            psnr = 10 * math.log10(value_range**2 / bound.per_coordinate)
        table.add_row(
            name,
            f"{bound.bits:,.5g}",
            f"{bound.bits / d:.3g}",
            f"{bound.relative:.4g}",
            f"{psnr:.2f}",
        )
        report.append(
            {
                "release": name,
                "kind": bound.kind,
                "bits": bound.bits,
                "total": bound.total,
                "per_coordinate": bound.per_coordinate,
                "relative": bound.relative,
                "psnr": psnr,
            }
        )
    out = shared.console()
    out.print(title)
    out.print(table)
    out.print(f"{NOTE}\n{prior.estimated}".strip())
    out.print(f"PSNR for a range of {value_range:.4g} (--range).")
    if options.json is not None:
        content = {
            "command": "bits",
            "prior": prior.name,
            "shrinkage": prior.shrinkage,
            "d": d,
            "value_range": value_range,
            "assumptions": rows[0][1].assumptions if rows else (),
            "source": rows[0][1].source if rows else "",
            "rows": report,
        }
        shared.write_json(options.json, content)
        out.print(f"numbers in {options.json}")
    return 0
