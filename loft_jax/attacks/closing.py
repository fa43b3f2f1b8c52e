"""The closing table of an attack: the numbers of attack.json, and what they mean."""

from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text


def closing_table(result: dict[str, Any], folder: Path) -> RenderableType:
    """The table that ends `python -m loft_jax.attack`."""
    judges = result["evaluators"]
    table = Table(title=f"{folder}", title_justify="left", pad_edge=False)
    table.add_column("what")
    table.add_column("pooled", justify="right")
    for judge in judges:
        table.add_column(judge["name"], justify="right")
    table.add_column("meaning", style="dim")
    blank = [""] * len(judges)
    for key, name, meaning in (
        ("accuracy_at_1", "Acc@1", "share judged to be the class; 95 % interval over classes"),
        ("accuracy_at_5", "Acc@5", "class among the first five"),
        ("feature_distance", "feature distance", "squared, to the nearest private picture"),
        ("fid", "FID", "against the private pictures, on this evaluator's features"),
    ):
        columns = [_with_interval(numbers, key) for numbers in (result, *judges)]
        if any(columns):
            table.add_row(name, *columns, meaning)
    if result.get("identity_error") is not None:
        chance, stranger = result["identity_error_chance"], result["identity_error_stranger"]
        table.add_row(
            "identity error", _with_interval(result, "identity_error"), *blank,
            f"population deviations; mean face {chance:.2f}, a stranger {stranger:.2f}",
        )  # fmt: skip
    accuracies = [f"{judge['test_accuracy']:.3f}" for judge in judges]
    table.add_row("test accuracy", "", *accuracies, "of the evaluators themselves")
    table.add_row(
        "seconds to train", "", *(f"{judge['seconds_train']:.0f}" for judge in judges),
        "of the evaluators, once",
    )  # fmt: skip
    table.add_row("target confidence", f"{result['target_confidence']:.3f}", *blank, "of the kept")
    for phase, meaning in (
        ("compile", "tracing and compiling, part of the others"),
        ("candidates", "scoring public pictures once"),
        ("search", "steps and final selection"),
        ("measure", "evaluators and metrics"),
        ("total", "since the process started, without training evaluators"),
    ):
        table.add_row(f"seconds, {phase}", f"{result[f'seconds_{phase}']:.1f}", *blank, meaning)
    peak = f"{result['peak_memory_bytes'] / 2**30:.2f} GiB"
    table.add_row("peak memory", peak, *blank, "of this process")
    following = Text(
        f"look at   {folder / 'reconstructions.png'}\nnumbers   {folder / 'attack.json'}"
    )
    return Group(table, following)


def _with_interval(numbers: dict[str, Any], key: str) -> str:
    value = numbers.get(key)
    if value is None:
        return ""
    text = f"{value:.3g}" if abs(value) >= 10 else f"{value:.3f}"
    low, high = numbers.get(f"{key}_low"), numbers.get(f"{key}_high")
    return text if low is None or high is None else f"{text} [{low:.3f}, {high:.3f}]"
