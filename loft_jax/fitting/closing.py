"""The closing table of a run: the numbers of result.json, and what to do next."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from loft_jax.fitting.run_folder import pictures_of
from loft_jax.fitting.settings import TrainConfig
from loft_jax.runs.closing import Row, rows_table


def closing_table(result: dict[str, Any], config: TrainConfig, run: Path) -> RenderableType:
    """The table that ends `python -m loft_jax.train`."""
    table = rows_table(_rows(result, config.optim.epochs), str(run))
    said = {"note": result["remark"], "guarantee": result.get("guarantee")}
    if lines := [f"{kind}: {line}" for kind, line in said.items() if line is not None]:
        table.caption, table.caption_justify = "\n".join(lines), "left"
    drawn = [str(run / name) for name in pictures_of(True) if (run / name).exists()]
    following = Text(
        f"look at   {', '.join(drawn)}\n"
        f"numbers   {run / 'result.json'}\n"
        f"next      python -m loft_jax.evaluate {shlex.quote(str(run))}"
    )
    return Group(table, following)


def _rows(result: dict[str, Any], epochs: int) -> Iterator[Row]:
    yield accuracy_row("test accuracy", result, "test_")
    yield from control_rows(result)
    if (validation := result["validation_accuracy"]) is not None:
        best = f"best epoch, {result['best_epoch']} of {epochs}"
        yield "validation accuracy", f"{validation:.3f}", best
    yield from rank_rows(result)
    if (epsilon := result.get("epsilon")) is not None:
        meaning = f"of a picture, at delta {result['delta']:.1g}; "
        meaning += f"{result['epsilon_if_sampled']:.2f} if batches were drawn"
        yield "epsilon", f"{epsilon:.2f}", meaning
    for phase, meaning in (
        ("compile", "tracing and compiling, all phases"),
        ("train", "steps and validation"),
        ("evaluate", "test pictures, ranks"),
        ("total", "since the process started"),
    ):
        yield f"seconds, {phase}", f"{result[f'seconds_{phase}']:.1f}", meaning
    yield "peak memory", f"{result['peak_memory_bytes'] / 2**30:.2f} GiB", "of this process"


def epoch_line(row: Mapping[str, Any], epochs: int) -> str:
    """What is printed of a finished epoch."""
    validation = row.get("validation_accuracy")
    text = "" if validation is None else f"  validation accuracy {validation:.3f}"
    return (
        f"epoch {row['epoch']:>3}/{epochs}  loss {row['train_loss']:.3f}  "
        f"accuracy {row['train_accuracy']:.3f}{text}"
    )


def accuracy_row(name: str, numbers: dict[str, Any], prefix: str = "") -> Row:
    """Accuracy with its interval."""
    accuracy, low, high = (numbers[f"{prefix}accuracy{end}"] for end in ("", "_low", "_high"))
    meaning = f"95 % interval {low:.3f} to {high:.3f}, {numbers['pictures']} pictures"
    return name, f"{accuracy:.3f}", meaning


def control_rows(result: dict[str, Any]) -> Iterator[Row]:
    """The control of training, with a word where the network is below it."""
    control = result.get("pca_lda_accuracy")  # no key: trained before there was a control
    if control is not None:
        below = result["test_accuracy"] < control
        word = "the network is below it: a poor target and a poor judge" if below else ""
        meaning = f"the control, of gray pixels; {word or 'same pictures'}"
        yield "  PCA + LDA", f"{control:.3f}", meaning


def rank_rows(numbers: dict[str, Any]) -> Iterator[Row]:
    """Ranks of the head's weights, the trunk's features and the code."""
    yield "rank of head weights", f"{numbers['head_weight_rank']}", "of W2 W1 (plain head: W)"
    width, effective = numbers["feature_width"], numbers["feature_effective_rank"]
    yield "rank of features", f"{numbers['feature_rank']}", f"of {width}; effective {effective:.1f}"
    if numbers["code_rank"] is not None:
        meaning = f"what the head lets through; effective {numbers['code_effective_rank']:.1f}"
        yield "rank of code", f"{numbers['code_rank']}", meaning


def leakage_rows(leakage: dict[str, Any]) -> Iterator[Row]:
    """What the head's first layer leaves unknown of the features."""
    meaning = f"given the code; a random head {leakage['random']:.3f}"
    yield "relative IIE of features", f"{leakage['relative']:.3f}", meaning
    most, least = leakage["most_leaking"], leakage["least_leaking"]
    meaning = f"and {least:.3f}: most and least of rank {leakage['rank']}"
    yield "  between", f"{most:.3f}", meaning
    place, meaning = leakage["position"], "0 leaks most, 1 least"
    if place is not None:
        meaning += f"; random {leakage['random_position']:.3f}"
    yield "  position", "-" if place is None else f"{place:.3f}", meaning
    meaning = f"with noise of {leakage['noise_share']:g} of an output's variance"
    yield "  bits", f"{leakage['bits']:.0f}", meaning
