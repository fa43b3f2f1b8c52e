"""python -m iie design: the filter that leaks least for the class signal it keeps."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float64, Int64

from iie._input import checks
from iie.commands import shared
from iie.commands.prior import load_rows

if TYPE_CHECKING:
    from iie.filters.designs import FilterDesign

SUMMARY = "the filter of rank r that leaks least for the class signal it keeps, and the trade-off"
NOTE = (
    "Model: Gaussian classes with one covariance (LDA), fitted to the samples. Share: kept part of "
    "the signal tr(S^-1 S_b). Relative error: of the best linear attacker; the ideal attacker's "
    "lies between `given the label` and it. Leaks least: among all filters of this rank and "
    "share, certified by the dual problem (gap); ours. Accuracy: Bayes rule under the model, not "
    "on held-out data."
)


def add(commands: argparse._SubParsersAction) -> None:
    """Add this command's flags."""
    parser = commands.add_parser("design", help=SUMMARY, description=SUMMARY)
    parser.add_argument(
        "--samples",
        default="digits",
        help="FILE.npy, one sample a row, or digits (scikit-learn's, bundled; the default)",
    )
    parser.add_argument(
        "--labels", type=Path, metavar="FILE.npy", help="class of each sample, whole numbers"
    )
    parser.add_argument(
        "--rank", type=int, default=None, help="r (default: the rank that keeps all signal)"
    )
    parser.add_argument(
        "--share",
        type=float,
        default=None,
        help="kept part of the signal in [0, 1] (default: all that rank r can keep)",
    )
    parser.add_argument(
        "--weight", type=Path, metavar="FILE.npy", help="where the filter W itself goes"
    )
    parser.add_argument("--quick", action="store_true", help="fewer draws for the accuracy")
    shared.add_seed_flag(parser, "the accuracy's draws")
    shared.add_output_flags(parser, picture="iie-design.png")
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Compute, draw and print; returns the exit code.

    Raises:
        ValueError: if a flag is not as it must be.
    """
    from iie.filters.designs import least_leaking_filter, sufficient_rank, trade_off

    json_file = shared.checked_outputs(options)
    shared.check_writable("--weight", options.weight)
    checks.count("--seed", options.seed, at_least=0)
    name, samples, labels = _samples(options)
    model = _fitted(samples, labels)
    enough = sufficient_rank(model)
    rank = enough if options.rank is None else options.rank
    if not 1 <= rank <= samples.shape[1]:
        msg = f"`--rank` must be in 1..{samples.shape[1]} (the input dimension), got {rank}"
        raise ValueError(msg)
    draws = {"samples": 2_000 if options.quick else 20_000}
    curve = trade_off(model, rank, rng=np.random.default_rng([options.seed, 0]), **draws)
    share = curve[-1].share if options.share is None else options.share
    chosen = least_leaking_filter(
        model, rank, share, rng=np.random.default_rng([options.seed, 1]), **draws
    )
    title = f"{name}: {samples.shape[1]} inputs, {len(model.means)} classes, rank {rank}"
    _draw(title, curve, chosen, options.out)
    if options.weight is not None:
        shared.write_whole(options.weight, lambda partial: _save(partial, chosen.weight))
    content = {
        "command": "design",
        "samples": name,
        "seed": options.seed,
        "rank": rank,
        "sufficient_rank": enough,
        "note": NOTE,
        "chosen": _numbers(chosen),
        "trade_off": [_numbers(point) for point in curve],
    }
    shared.write_json(json_file, content)

    columns = ("share", "relative error", "given the label", "gap", "accuracy", "± s.e.")
    table = shared.table(("filter",), columns)
    for label, point in [*(("trade-off", point) for point in curve), ("chosen", chosen)]:
        table.add_row(label, *_cells(point, float(np.trace(model.total))))
    out = shared.console()
    out.print(f"{title} (rank {enough} can keep all of the signal)")
    out.print(table)
    out.print(NOTE)
    out.print(f"look at   {options.out}\nnumbers   {json_file}")
    if options.weight is not None:
        out.print(f"filter    {options.weight}")
    return 0


def _samples(
    options: argparse.Namespace,
) -> tuple[str, Float64[np.ndarray, "n d"], Int64[np.ndarray, " n"]]:
    if options.samples == "digits":
        from sklearn.datasets import load_digits

        images, digits = load_digits(return_X_y=True)
        return "digits", np.asarray(images, np.float64), np.asarray(digits, np.int64)
    if options.labels is None:
        msg = "`--labels` must name the classes of --samples, got none"
        raise ValueError(msg)
    samples = load_rows("--samples", Path(options.samples))
    labels = load_labels("--labels", options.labels, len(samples))
    return Path(options.samples).name, samples, labels


def load_labels(name: str, path: Path, n: int) -> Int64[np.ndarray, " n"]:
    """Classes in an .npy file, one whole number a sample.

    Raises:
        ValueError: if it cannot be read or does not hold `n` whole numbers.
    """
    try:
        labels = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        msg = f"`{name}` must be a readable .npy file of whole numbers, got {path} ({error})"
        raise ValueError(msg) from None
    if labels.dtype.kind not in "iu" or labels.shape != (n,):
        msg = f"`{name}` must be {n} whole numbers, got {labels.dtype} of shape {labels.shape}"
        raise ValueError(msg)
    return labels.astype(np.int64)


def _fitted(samples: Float64[np.ndarray, "n d"], labels: Int64[np.ndarray, " n"]):
    """Class means, and their shared covariance shrunk as Ledoit and Wolf do."""
    from iie.covariance import empirical_covariance
    from iie.filters.discriminant import lda_model

    classes, index = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        msg = f"`--labels` must name at least 2 classes, got {len(classes)}"
        raise ValueError(msg)
    means = np.stack([samples[index == k].mean(axis=0) for k in range(len(classes))])
    within = empirical_covariance(samples - means[index])
    return lda_model(means, within.dense(), np.bincount(index))


def _draw(
    title: str, curve: "tuple[FilterDesign, ...]", chosen: "FilterDesign", path: Path
) -> None:
    from iie import plots

    made, axis = plots.figure()
    shares = np.array([point.share for point in curve])
    lines = [
        plots.Line("accuracy", shares, np.array([point.accuracy.value for point in curve])),
        plots.Line("relative error", shares, np.array([point.relative for point in curve])),
    ]
    plots.draw_lines(axis, lines)
    axis.axvline(chosen.share, color="#888888", linewidth=1)
    axis.set(xlabel="share of the class signal kept", ylim=(-0.02, 1.02))
    axis.set_title(title, fontsize=11, loc="left")
    plots.add_note(made, NOTE)
    shared.write_whole(path, lambda partial: plots.save(made, partial))


def _save(path: Path, weight: Float64[np.ndarray, "r d"]) -> None:
    with path.open("wb") as file:
        np.save(file, weight, allow_pickle=False)


def _cells(point: "FilterDesign", variance: float) -> tuple[str, ...]:
    error = point.accuracy.standard_error
    return (
        f"{point.share:.4f}",
        f"{point.relative:.5f}",
        f"{point.error_given_label / variance:.5f}",
        f"{point.gap / variance:.1g}",
        f"{point.accuracy.value:.4f}",
        "exact" if error is None else f"{error:.4f}",
    )


def _numbers(point: "FilterDesign") -> dict[str, Any]:
    return {
        "rank": point.rank,
        "share": point.share,
        "error": point.error,
        "relative": point.relative,
        "error_given_label": point.error_given_label,
        "gap": point.gap,
        "accuracy": vars(point.accuracy),
    }
