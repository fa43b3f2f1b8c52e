"""The closing table of a run: the numbers of result.json, and what to do next."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from loft_jax.fitting.settings import TrainConfig

PICTURES = ("training.png", "samples.png")


def closing_table(result: dict[str, Any], config: TrainConfig, run: Path) -> RenderableType:
    """The table that ends `python -m loft_jax.train`."""
    table = Table(title=f"{run}", title_justify="left", show_header=False, pad_edge=False)
    table.add_column("what")
    table.add_column("value", justify="right")
    table.add_column("meaning", style="dim")
    for row in accuracy_rows("test accuracy", result, "test_") + control_rows(result):
        table.add_row(*row)
    if result["validation_accuracy"] is not None:
        table.add_row(
            "validation accuracy",
            f"{result['validation_accuracy']:.3f}",
            f"best epoch, {result['best_epoch']} of {config.optim.epochs}",
        )
    for row in rank_rows(result):
        table.add_row(*row)
    for phase, meaning in (
        ("compile", "tracing and compiling, all phases"),
        ("train", "steps and validation"),
        ("evaluate", "test pictures, ranks"),
        ("total", "since the process started"),
    ):
        table.add_row(f"seconds, {phase}", f"{result[f'seconds_{phase}']:.1f}", meaning)
    table.add_row(
        "peak memory", f"{result['peak_memory_bytes'] / 2**30:.2f} GiB", "of this process"
    )
    if result["remark"] is not None:
        table.caption, table.caption_justify = f"note: {result['remark']}", "left"
    following = Text(
        f"look at   {', '.join(str(run / name) for name in PICTURES if (run / name).exists())}\n"
        f"numbers   {run / 'result.json'}\n"
        f"next      python -m loft_jax.evaluate {shlex.quote(str(run))}"
    )
    return Group(table, following)


def epoch_line(row: Mapping[str, Any], epochs: int) -> str:
    """What is printed of a finished epoch."""
    validation = row.get("validation_accuracy")
    text = "" if validation is None else f"  validation accuracy {validation:.3f}"
    return (
        f"epoch {row['epoch']:>3}/{epochs}  loss {row['train_loss']:.3f}  "
        f"accuracy {row['train_accuracy']:.3f}{text}"
    )


def accuracy_rows(name: str, numbers: dict[str, Any], prefix: str) -> list[tuple[str, str, str]]:
    """Accuracy with its interval."""
    low, high = numbers[f"{prefix}accuracy_low"], numbers[f"{prefix}accuracy_high"]
    return [
        (
            name,
            f"{numbers[f'{prefix}accuracy']:.3f}",
            f"95 % interval {low:.3f} to {high:.3f}, {numbers['pictures']} pictures",
        )
    ]


def control_rows(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The control of training, with a word where the network is below it."""
    control = result.get("pca_lda_accuracy")  # no key: trained before there was a control
    if control is None:
        return []
    below = result["test_accuracy"] < control
    word = "the network is below it: a poor target and a poor judge" if below else "same pictures"
    return [("  PCA + LDA", f"{control:.3f}", f"the control, of gray pixels; {word}")]


def rank_rows(numbers: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Ranks of the head's weights, the trunk's features and the code."""
    rows = [
        ("rank of head weights", f"{numbers['head_weight_rank']}", "of W2 W1 (plain head: W)"),
        (
            "rank of features",
            f"{numbers['feature_rank']}",
            f"of {numbers['feature_width']}; effective {numbers['feature_effective_rank']:.1f}",
        ),
    ]
    if numbers["code_rank"] is not None:
        rows.append(
            (
                "rank of code",
                f"{numbers['code_rank']}",
                f"what the head lets through; effective {numbers['code_effective_rank']:.1f}",
            )
        )
    return rows


def leakage_rows(leakage: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What the head's first layer leaves unknown of the features."""
    place = leakage["position"]
    return [
        (
            "relative IIE of features",
            f"{leakage['relative']:.3f}",
            f"given the code; a random head {leakage['random']:.3f}",
        ),
        (
            "  between",
            f"{leakage['most_leaking']:.3f}",
            f"and {leakage['least_leaking']:.3f}: most and least of rank {leakage['rank']}",
        ),
        (
            "  position",
            "-" if place is None else f"{place:.3f}",
            "0 leaks most, 1 least"
            + ("" if place is None else f"; random {leakage['random_position']:.3f}"),
        ),
        (
            "  bits",
            f"{leakage['bits']:.0f}",
            f"with noise of {leakage['noise_share']:g} of an output's variance",
        ),
    ]
