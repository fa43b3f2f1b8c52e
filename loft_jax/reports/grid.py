"""A table of the page as plain values: what is printed, and what it is sorted by."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from loft_jax.metrics.interval import Interval


class Bar(NamedTuple):
    """An interval drawn beside its numbers, in shares of the width; zero is at `zero`."""

    low: float
    value: float
    high: float
    zero: float


class Cell(NamedTuple):
    """One entry.

    Attributes:
        text: what is printed.
        value: what is sorted by; None is last in either direction.
        interval: `0.21 to 0.43`, if there is one; of a heading what is told below it.
        bar: the interval drawn, if it is.
    """

    text: str
    value: float | str | None
    interval: str | None = None
    bar: Bar | None = None


class Column(NamedTuple):
    """A heading; numbers stand right and are sorted as numbers."""

    name: str
    number: bool = True


@dataclass(frozen=True)
class Grid:
    """A sortable table.

    Attributes:
        name: for the page, unique.
        caption: what it shows.
        columns: of every row.
        rows: each a cell a column; the first is the row's heading.
        note: how to read it.
    """

    name: str
    caption: str
    columns: list[Column]
    rows: list[list[Cell]]
    note: str = ""


def word(value: Any) -> Cell:
    """A cell of text."""
    text = plainly(value)
    return Cell(text, None if value is None else text)


def number(value: float | int | None, digits: int = 3) -> Cell:
    """A cell with a number alone, with so many digits after the point below 10."""
    if value is None:
        return Cell("–", None)
    return Cell(_decimal(value, digits), float(value))


def with_interval(
    low: float | None,
    value: float | None,
    high: float | None,
    *,
    digits: int = 3,
) -> Cell:
    """A cell with a number and the ends of its interval."""
    cell = number(value, digits)
    if low is None or high is None:
        return cell
    return cell._replace(interval=f"{_decimal(low, digits)} to {_decimal(high, digits)}")


def difference(interval: Interval, bar: Bar | None = None) -> Cell:
    """A cell with a signed number, its interval, perhaps a drawing of it."""
    value, low, high = interval.value, interval.low, interval.high
    text = None
    if low is not None and high is not None:
        text = f"{_signed(low)} to {_signed(high)}"
    return Cell(_signed(value), value, text, bar)


def defense_cell(setting: dict[str, Any], *, seed: bool = False) -> Cell:
    """The defense's name, sorted by kind and strength; baselines first."""
    strength = 0.0 if setting["strength"] is None else setting["strength"]
    name = setting["label"] + (f", seed {setting['seed']}" if seed else "")
    kind = f"{bool(setting['baselines']):d} {setting['defense']}"
    return Cell(name, f"{kind} {strength:024.9f} {name}")


def p_value(p: float) -> Cell:
    """A cell with a p-value; one that resampling cannot tell from smaller is told as a bound."""
    return Cell("< 0.001" if p < 1e-3 else f"{p:.3f}", p)


def bars(intervals: Sequence[Interval]) -> list[Bar]:
    """The intervals on one axis that holds zero."""
    ends = [[one.value if x is None else x for x in (one.low, one.high)] for one in intervals]
    low = min([0.0, *(pair[0] for pair in ends)])
    high = max([0.0, *(pair[1] for pair in ends)])
    span = (high - low) or 1.0

    def place(x: float) -> float:
        return 0.04 + 0.92 * (x - low) / span

    return [
        Bar(place(pair[0]), place(one.value), place(pair[1]), place(0.0))
        for one, pair in zip(intervals, ends, strict=True)
    ]


def plainly(value: Any) -> str:
    """A setting in words."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple | list):
        return ", ".join(map(plainly, value)) or "none"
    return str(value)


def _decimal(value: float | int, digits: int = 3) -> str:
    if not math.isfinite(value):
        return str(value)
    large = max(digits - 2, min(digits, 1)) if abs(value) < 1000 else 0
    shown = digits if abs(value) < 10 else large
    # + 0.0 turns a rounded -0.0 into 0.0.
    return f"{round(value, shown) + 0.0:,.{shown}f}".replace("-", "−")


def _signed(value: float) -> str:
    return f"{round(value, 3) + 0.0:+.3f}".replace("-", "−")
