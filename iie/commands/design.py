"""python -m iie design: the filter that leaks least for the class signal it keeps."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int64

from iie.commands import shared
from iie.commands.arrays import FILES, load_labels, load_rows, named_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from iie.filters.designs import FilterDesign
    from iie.filters.discriminant import Accuracy, LinearDiscriminantModel

SUMMARY = "the filter of rank r that leaks least for the class signal it keeps, and the trade-off"
NOTE = (
    "Model: Gaussian classes with one covariance (LDA), fitted to the samples that are not held "
    "out. Share: kept part of the signal tr(S^-1 S_b). Relative error: ideal, of an attacker who "
    "weighs the classes by their posterior under the model; linear, of the best linear one; given "
    "the label, of one who is told the class. Accuracy: of Bayes' rule, by the model and on "
    "held-out samples."
)
DESIGNED = {
    "ideal": "Leaks least: to the ideal attacker, the best of several climbs; a local optimum, "
    "ours.",
    "linear": "Leaks least: to the linear attacker, among all filters of this rank and share, "
    "certified by the dual problem (gap); ours.",
}


class Point(NamedTuple):
    """One design, and its accuracy on held-out samples; None if none were held out."""

    design: "FilterDesign"
    held_out: "Accuracy | None"


class Data(NamedTuple):
    """Samples with classes 0, 1, ..., and which of them are held out."""

    name: str
    samples: Float64[np.ndarray, "n d"]
    labels: Int64[np.ndarray, " n"]
    held_out: Bool[np.ndarray, " n"]


def add(commands: argparse._SubParsersAction) -> None:
    """Add this command's flags."""
    parser = commands.add_parser("design", help=SUMMARY, description=SUMMARY)
    parser.add_argument(
        "--samples",
        default="digits",
        help=f"one sample a row: {FILES}; or digits (scikit-learn's, bundled; the default)",
    )
    parser.add_argument(
        "--labels", metavar="FILE", help="class of each sample, whole numbers: .npy or .npz:KEY"
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
        "--attacker",
        choices=tuple(DESIGNED),
        default="ideal",
        help="whom the filter is to tell least: ideal knows the classes (default), linear does not",
    )
    parser.add_argument(
        "--held-out",
        type=float,
        default=0.2,
        metavar="SHARE",
        help="of every class's samples, for the accuracy alone; 0 fits to all (default 0.2)",
    )
    parser.add_argument(
        "--weight", type=Path, metavar="FILE.npy", help="where the filter W itself goes"
    )
    parser.add_argument("--quick", action="store_true", help="fewer draws")
    shared.add_seed_flag(parser, "all draws, and of what is held out")
    shared.add_output_flags(parser, picture="iie-design.png")
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Compute, draw and print; returns the exit code.

    Raises:
        ValueError: if a flag is not as it must be.
    """
    from iie.filters.designs import design_filter, sufficient_rank, trade_off

    json_file = _checked(options)
    data = _data(options)
    model = _fitted(data)
    enough = sufficient_rank(model)
    rank = enough if options.rank is None else options.rank
    d = data.samples.shape[1]
    if not 1 <= rank <= d:
        msg = f"`--rank` must be in 1..{d} (the input dimension), got {rank}"
        raise ValueError(msg)
    source = np.random.default_rng([options.seed, 1])
    common = {"samples": 2_000 if options.quick else 20_000, "rng": source}
    common["attacker"] = options.attacker
    designs = trade_off(model, rank, **common)
    share = designs[-1].share if options.share is None else options.share
    curve = [_judged(design, model, data) for design in designs]
    chosen = _judged(design_filter(model, rank, share, **common), model, data)
    title = f"{data.name}: {d} inputs, {len(model.means)} classes, rank {rank}"
    if options.weight is not None:
        shared.write_whole(options.weight, lambda partial: _save(partial, chosen.design.weight))
    content = {
        "command": "design",
        "samples": data.name,
        "seed": options.seed,
        "held_out": int(data.held_out.sum()),
        "rank": rank,
        "sufficient_rank": enough,
        "note": f"{NOTE} {DESIGNED[options.attacker]}",
        "chosen": _numbers(chosen),
        "trade_off": [_numbers(point) for point in curve],
    }
    shared.write_json(json_file, content)
    note = f"{NOTE} {DESIGNED[options.attacker]}"
    picture = shared.draw(options.out, lambda: _figure(title, curve, chosen, note))
    _print(f"{title} (rank {enough} can keep all of the signal)", curve, chosen, data, note)
    out = shared.console()
    out.print(f"{picture}\nnumbers   {json_file}")
    if options.weight is not None:
        out.print(f"filter    {options.weight}")
    return 0


def _checked(options: argparse.Namespace) -> Path:
    """Where the numbers go, if all flags are as they must be."""
    inputs = [named_file(options.labels)[0]] if options.labels is not None else []
    if options.samples != "digits":
        inputs.append(named_file(options.samples)[0])
    json_file = shared.checked_outputs(options, inputs, {"--weight": options.weight})
    if not 0 <= options.held_out < 1:
        msg = f"`--held-out` must be in [0, 1), got {options.held_out}"
        raise ValueError(msg)
    return json_file


def _data(options: argparse.Namespace) -> Data:
    if options.samples == "digits":
        if options.labels is not None:
            msg = f"`--labels` must be left out for digits, got {options.labels}"
            raise ValueError(msg)
        images, classes = _digits()
        name, samples = "digits", np.asarray(images, np.float64)
    elif options.labels is None:
        msg = "`--labels` must name the classes of --samples, got none"
        raise ValueError(msg)
    else:
        name, samples = Path(options.samples).name, load_rows("--samples", options.samples)
        classes = load_labels("--labels", options.labels, len(samples))
    named, labels = np.unique(classes, return_inverse=True)
    if len(named) < 2:
        msg = f"`--labels` must name at least 2 classes, got {len(named)}"
        raise ValueError(msg)
    return Data(name, samples, labels, _held_out(labels, options.held_out, options.seed))


def _digits() -> Any:
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError as error:
        msg = (
            "`--samples` must be FILE.npy or FILE.npz:KEY where scikit-learn is not installed "
            "(pip install 'loft-iie[networks]'), got digits"
        )
        raise ValueError(msg) from error
    return load_digits(return_X_y=True)


def _held_out(labels: Int64[np.ndarray, " n"], share: float, seed: int) -> Bool[np.ndarray, " n"]:
    """The same share of every class, rounded down: a class of one sample is fitted."""
    rng = np.random.default_rng([seed, 0])
    chosen = np.zeros(len(labels), bool)
    for k in range(labels.max() + 1):
        members = rng.permutation(np.flatnonzero(labels == k))
        chosen[members[: int(share * len(members))]] = True
    return chosen


def _fitted(data: Data) -> "LinearDiscriminantModel":
    """Class means, and their shared covariance shrunk as Ledoit and Wolf do."""
    from iie.covariance import empirical_covariance
    from iie.filters.discriminant import lda_model

    samples, labels = data.samples[~data.held_out], data.labels[~data.held_out]
    means = np.stack([samples[labels == k].mean(axis=0) for k in range(labels.max() + 1)])
    rest = samples - means[labels]
    if not rest.any():
        msg = "`--samples` must differ within a class, got classes of equal samples"
        raise ValueError(msg)
    return lda_model(means, empirical_covariance(rest).dense(), np.bincount(labels))


def _judged(design: "FilterDesign", model: "LinearDiscriminantModel", data: Data) -> Point:
    from iie.filters.discriminant import held_out_accuracy

    if not data.held_out.any():
        return Point(design, None)
    samples, labels = data.samples[data.held_out], data.labels[data.held_out]
    return Point(design, held_out_accuracy(model, design.weight, samples, labels))


def _figure(title: str, curve: list[Point], chosen: Point, note: str) -> "Figure":
    from iie import plots

    made, axis = plots.figure()
    shares = np.array([point.design.share for point in curve])
    values = {
        "accuracy by the model": [point.design.accuracy.value for point in curve],
        "relative error, ideal attacker": [point.design.ideal.relative for point in curve],
        "relative error, linear attacker": [
            point.design.linear_error / point.design.variance for point in curve
        ],
    }
    held = [point.held_out.value for point in curve if point.held_out is not None]
    if held:
        values["accuracy on held-out samples"] = held
    plots.draw_lines(axis, [plots.Line(name, shares, np.array(y)) for name, y in values.items()])
    axis.axvline(chosen.design.share, color="#888888", linewidth=1)
    axis.set(xlabel="share of the class signal kept", ylim=(-0.02, 1.02))
    axis.set_title(title, fontsize=11, loc="left")
    plots.add_note(made, note)
    return made


def _print(title: str, curve: list[Point], chosen: Point, data: Data, note: str) -> None:
    columns = ("share", "ideal error", "± s.e.", "linear", "given label", "accuracy")
    table = shared.table(("filter",), (*columns, "held out", "± s.e."))
    for label, point in [*(("trade-off", point) for point in curve), ("chosen", chosen)]:
        table.add_row(label, *_cells(point))
    out = shared.console()
    out.print(title)
    out.print(table)
    gap = chosen.design.gap
    certified = "" if gap is None else f" Gap of the chosen: {gap / chosen.design.variance:.1g}."
    out.print(f"{note}{certified} Held out: {data.held_out.sum():,} of {len(data.labels):,}.")


def _cells(point: Point) -> tuple[str, ...]:
    design, held = point
    error = design.ideal.standard_error
    return (
        f"{design.share:.4f}",
        f"{design.ideal.relative:.4f}",
        "exact" if error is None else f"{error / design.variance:.1g}",
        f"{design.linear_error / design.variance:.4f}",
        f"{design.error_given_label / design.variance:.4f}",
        f"{design.accuracy.value:.4f}",
        "-" if held is None else f"{held.value:.4f}",
        "-" if held is None else f"{held.standard_error:.1g}",
    )


def _numbers(point: Point) -> dict[str, Any]:
    numbers = point.design.to_dict()
    del numbers["weight"]  # in the file of --weight
    held = None if point.held_out is None else point.held_out.to_dict()
    return {**numbers, "held_out_accuracy": held}


def _save(path: Path, weight: Float64[np.ndarray, "r d"]) -> None:
    with path.open("wb") as file:
        np.save(file, weight, allow_pickle=False)
