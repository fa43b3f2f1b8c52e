"""The closing table of a sweep: what was attacked, what came of it, and what that shows."""

import shlex
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from loft_jax.findings.wording import priors_differ

WHERE = ("data", "trunk", "attack", "adaptive", "prior", "seeds")
"""What a line may differ in beside its defense."""
JUDGE = "judge_accuracy"
NAMES = {"data": "pictures", "adaptive": "attacker"}


def closing_table(numbers: dict[str, Any], failed: dict[str, str], root: Path) -> RenderableType:
    """What ends `python -m loft_jax.sweep`."""
    rows = numbers["summary"]
    table = _table(rows, f"{root}")
    parts: list[RenderableType] = [table, Text(f"{_judges(rows)}\n")] if rows else []
    for said in numbers["conclusion"]:
        parts += [Text(said["lead"], style="bold"), Text(f"{said['rest']}\n".lstrip("\n"))]
    if failed:
        name, error = next(iter(failed.items()))
        count = "1 cell" if len(failed) == 1 else f"{len(failed)} cells"
        parts.append(Text(f"{count} failed, such as {name}: {error}", style="bold"))
    if not rows:
        return Group(*parts)
    parts.append(
        Text(
            f"look at   {root / 'leakage.png'}, {root / 'trade_off.png'}\n"
            f"numbers   {root / 'summary.json'}, {root / 'table.parquet'}\n"
            f"next      python -m loft_jax.report {shlex.quote(str(root))}"
        )
    )
    return Group(*parts)


def _table(rows: list[dict[str, Any]], title: str) -> Table:
    """A line for each defense and attack; what is the same for all is told in the title."""
    differing = [name for name in WHERE if len({row[name] for row in rows}) > 1]
    shared = [_told(name, row[name]) for row in rows[:1] for name in WHERE if name not in differing]
    if "prior" in differing and not priors_differ(rows):
        differing.remove("prior")  # the attack says it
    table = Table(
        title=", ".join([title, *filter(None, shared)]),
        title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=0,
    )  # fmt: skip
    for name in ("defense", *differing):
        table.add_column(NAMES.get(name, name), overflow="fold")
    known = any(row["identity_error"] is not None for row in rows)  # on synthetic faces
    controlled = any(row["over_lookalikes"] is not None for row in rows)
    over = ["over its\nlookalikes"] if controlled else []
    identity = ["identity\nerror"] if known else []
    for name in ("test\naccuracy", "Acc@1", "95 %", *over, *identity):
        table.add_column(name, justify="right", no_wrap=True)  # where it is narrow, names fold
    for row in rows:
        low, high = row["accuracy_at_1_low"], row["accuracy_at_1_high"]
        table.add_row(
            row["label"],
            *("as it is" if row[name] == "none" else str(row[name]) for name in differing),
            _number(row["test_accuracy"]),
            _number(row["accuracy_at_1"]),
            "" if low is None else f"{low:.2f} to {high:.2f}",
            *([_signed(row["over_lookalikes"])] if controlled else []),
            *([_number(row["identity_error"])] if known else []),
        )
    return table


def _judges(rows: list[dict[str, Any]]) -> str:
    """What the evaluators know themselves: a poor judge's Acc@1 says little."""
    name = "real_accuracy_at_1" if any(row["real_accuracy_at_1"] for row in rows) else JUDGE
    known = [row[name] for row in rows if row[name] is not None]
    if not known:
        return "nothing is known of the judges"
    ends = dict.fromkeys(f"{end:.3f}" for end in (min(known), max(known)))
    of = "" if name == JUDGE else " of the attacked classes"
    told = f"judges' own accuracy on held-out pictures{of}: {' to '.join(ends)}"
    held = sum(row["withheld"] is not None for row in rows)
    return f"{told}; verdicts on {held} of {len(rows)} lines are withheld" if held else told


def _told(name: str, value: Any) -> str:
    if name == "seeds":
        return f"{value} seed{'' if value == 1 else 's'}"
    if name == "prior":
        return f"prior {value}"
    return "" if value == "none" else str(value)


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
