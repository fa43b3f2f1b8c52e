"""The closing table of a sweep: what was attacked, what came of it, and what that shows."""

from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from loft_jax.findings.wording import attack_name, head_name, priors_differ


def closing_table(numbers: dict[str, Any], failed: dict[str, str], root: Path) -> RenderableType:
    """What ends `python -m loft_jax.sweep`."""
    rows = numbers["summary"]
    several = len({(row["data"], row["trunk"]) for row in rows}) > 1
    priors = sorted({row["prior"] for row in rows})
    title = f"{root}" + (f" (prior {priors[0]})" if len(priors) == 1 else "")
    table = Table(title=title, title_justify="left", pad_edge=False)
    for name in (*(["pictures"] if several else []), "head", "attack"):
        table.add_column(name, overflow="fold")
    for name in ("seeds", "test accuracy", "Acc@1", "95 %", "Acc@5", "identity error"):
        table.add_column(name, justify="right", no_wrap=name == "95 %")
    for row in rows:
        low, high = row["accuracy_at_1_low"], row["accuracy_at_1_high"]
        table.add_row(
            *([f"{row['data']}, {row['trunk']}"] if several else []),
            head_name(row),
            attack_name(row, prior=priors_differ(rows)),
            str(row["seeds"]),
            _number(row["test_accuracy"]),
            _number(row["accuracy_at_1"]),
            "" if low is None else f"{low:.2f} to {high:.2f}",
            _number(row["accuracy_at_5"]),
            _number(row["identity_error"]),
        )
    parts: list[RenderableType] = [*([table] if rows else []), Text(numbers["conclusion"])]
    if failed:
        name, error = next(iter(failed.items()))
        parts.append(Text(f"{len(failed)} cells failed, such as {name}: {error}", style="bold"))
    if not rows:
        return Group(*parts)
    parts.append(
        Text(
            f"look at   {root / 'leakage.png'}, {root / 'trade_off.png'}\n"
            f"numbers   {root / 'summary.json'}, {root / 'table.parquet'}\n"
            f"next      python -m loft_jax.report {root}"
        )
    )
    return Group(*parts)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
