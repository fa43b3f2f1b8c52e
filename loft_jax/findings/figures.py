"""Two pictures of a table: leakage against rank, and utility against leakage."""

import io
from typing import Any

import numpy as np
import polars as pl

from loft_jax.findings.sentence import head_name
from loft_jax.findings.summary import summary

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's, which colour-blind readers can tell apart."""
MARKERS = ("o", "^", "s", "D", "v", "P", "X")


def leakage_against_rank(table: pl.DataFrame) -> bytes:
    """PNG: Acc@1 of every attack against the rank, the plain head at the right, utility above it."""
    from matplotlib.figure import Figure

    rows = summary(table)
    heads = [row for row in rows if row["head"] != "plain"]
    ranks = sorted({row["rank"] for row in heads})
    end = (np.log2(ranks[-1]) if ranks else 0) + 1.2
    figure = Figure(figsize=(7.5, 4.6), layout="constrained")
    axes = figure.add_subplot()
    lines: dict[tuple, list[dict[str, Any]]] = {}
    for row in heads:
        lines.setdefault(_line(row), []).append(row)
    for i, (name, points) in enumerate(lines.items()):
        points.sort(key=lambda row: row["rank"])
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
        shift = 0.05 * (i - (len(lines) - 1) / 2)  # intervals side by side
        x = [np.log2(row["rank"]) + shift for row in points]
        _points(axes, x, points, "accuracy_at_1", colour, marker, label=_attack_name(name, rows))
        plain = _plain_beside(points[0], rows)
        if plain is not None:
            _points(axes, [end + shift], [plain], "accuracy_at_1", colour, marker, label=None)
    first = next(iter(lines.values()), [])
    _points(
        axes, [np.log2(row["rank"]) for row in first], first, "test_accuracy", "#777777", "",
        label="test accuracy", style="--",
    )  # fmt: skip
    plain = [row for row in rows if row["head"] == "plain"][:1]
    _points(axes, [end], plain, "test_accuracy", "#777777", "_", label=None)
    if rows:
        chance = 1 / rows[0]["classes"]
        axes.axhline(chance, color="#777777", lw=1, ls=":", label=f"chance, {chance:.3f}")
    axes.set_xticks([*np.log2(ranks), end] if plain else np.log2(ranks))
    axes.set_xticklabels([*map(str, ranks), "none\n(plain)"] if plain else [*map(str, ranks)])
    axes.set(xlabel="rank of the head", ylabel="share", ylim=(-0.03, 1.05))
    axes.set_title(f"{_world(rows)}: attack accuracy (Acc@1), 95 % intervals", fontsize=10)
    axes.grid(axis="y", color="#dddddd")
    axes.set_axisbelow(True)
    figure.legend(loc="outside right upper", fontsize=8, frameon=False)
    return _png(figure)


def utility_against_leakage(table: pl.DataFrame) -> bytes:
    """PNG: test accuracy against Acc@1, a point a model and attack; upper left is better."""
    from matplotlib.figure import Figure

    rows = summary(table)
    figure = Figure(figsize=(7.5, 4.8), layout="constrained")
    axes = figure.add_subplot()
    attacks = list(dict.fromkeys(_attack(row) for row in rows))
    for row in rows:
        i = attacks.index(_attack(row))
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
        x, y = row["accuracy_at_1"], row["test_accuracy"]
        axes.errorbar(
            x, y, xerr=_errors(row, "accuracy_at_1"), yerr=_errors(row, "test_accuracy"),
            color=colour, marker=marker, ms=6, lw=0.8, alpha=0.9,
        )  # fmt: skip
        if i == 0:
            short = head_name(row).replace("LoFt rank ", "").replace("rank ", "")
            axes.annotate(
                short, (x, y), xytext=(6, -10), textcoords="offset points", fontsize=8, color="#333333"
            )
    for i, attack in enumerate(attacks):
        axes.plot(
            [], [], color=COLOURS[i % len(COLOURS)], marker=MARKERS[i % len(MARKERS)], ls="",
            label=", ".join(attack),
        )  # fmt: skip
    axes.annotate(
        "better", (0.02, 0.97), xycoords="axes fraction", va="top", color="#009E73", weight="bold",
        bbox={"boxstyle": "larrow,pad=0.3", "fc": "none", "ec": "#009E73"},
    )  # fmt: skip
    axes.set(
        xlabel="attack accuracy (Acc@1)", ylabel="test accuracy", xlim=(-0.03, 1.05), ylim=(None, 1.04)
    )
    axes.set_title(f"{_world(rows)}: numbers beside points are ranks; 95 % intervals", fontsize=10)
    axes.grid(color="#e5e5e5")
    axes.set_axisbelow(True)
    figure.legend(loc="outside right upper", fontsize=8, frameon=False)
    return _png(figure)


def _points(
    axes: Any, x: list, rows: list[dict], name: str, colour: str, marker: str, *, label: str | None,
    style: str = "-",
) -> None:  # fmt: skip
    if rows:
        errors = np.array([_errors(row, name)[:, 0] for row in rows]).T
        axes.errorbar(
            x, [row[name] for row in rows], yerr=errors, color=colour, marker=marker or None, ls=style,
            lw=1.2, ms=5, elinewidth=0.9, capsize=2, label=label,
        )  # fmt: skip


def _errors(row: dict[str, Any], name: str) -> np.ndarray:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if low is None or high is None:
        return np.zeros((2, 1))
    return np.maximum([[row[name] - low], [high - row[name]]], 0)


def _attack(row: dict[str, Any]) -> tuple[str, ...]:
    return (row["attack"], row["prior"], row["adaptive"])


def _line(row: dict[str, Any]) -> tuple:
    return (*_attack(row), row["head"], row["activation"], row["input_norm"], row["trunk"])


def _plain_beside(row: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    alike = [
        one
        for one in rows
        if one["head"] == "plain"
        and all(one[n] == row[n] for n in ("trunk", "data", "attack", "prior"))
    ]
    own = [one for one in alike if one["adaptive"] == row["adaptive"]]
    return next(iter([*own, *(one for one in alike if one["adaptive"] == "none")]), None)


def _attack_name(line: tuple, rows: list[dict[str, Any]]) -> str:
    attack, prior, adaptive, head, activation, norm, trunk = line
    name = [attack, f"prior {prior}"]
    name += [] if adaptive == "none" else [adaptive]
    name += [head] if len({row["head"] for row in rows} - {"plain"}) > 1 else []
    name += [activation] if len({row["activation"] for row in rows if row["rank"]}) > 1 else []
    name += ["input norm"] if norm else []
    name += [trunk] if len({row["trunk"] for row in rows}) > 1 else []
    return ", ".join(name)


def _world(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "nothing attacked"
    data = ", ".join(dict.fromkeys(row["data"] for row in rows))
    seeds, classes = rows[0]["seeds"], rows[0]["attacked_classes"]
    return f"{data}, {seeds} seed{'s' * (seeds > 1)} x {classes} of {rows[0]['classes']} classes"


def _png(figure: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150)
    return buffer.getvalue()
