"""The table of an experiment in Markdown, with what made it."""

from datetime import UTC, datetime
from typing import Any

from loft_jax.reproductions.experiments import Experiment

COLUMNS = (
    "defense", "attack", "adaptive", "prior", "seeds", "test accuracy", "Acc@1", "lookalikes",
    "above them", "open set", "real pictures", "retrieval", "identity error", "verdict",
)  # fmt: skip


SHOWN = ("test_accuracy", "accuracy_at_1", "lookalike_accuracy_at_1", "over_lookalikes",
         "open_set_accuracy", "real_accuracy_at_1", "retrieval_at_1", "identity_error")  # fmt: skip


def markdown(numbers: dict[str, Any], experiment: Experiment, command: str) -> str:
    """A Markdown page: title, conclusion, table, command and date."""
    lines = [
        f"# {experiment.title}",
        "",
        *(
            line
            for said in numbers["conclusion"]
            for line in (f"**{said['lead']}** {said['rest']}", "")
        ),
        f"| {' | '.join(COLUMNS)} |",
        "|" + "---|" * len(COLUMNS),
        *(_line(row) for row in numbers["summary"]),
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, `{command}`. In parentheses 95 % intervals: of test "
        "accuracy over seeds, of the others (means over evaluators) over seeds and people. "
        "Lookalikes: the same attack without search. Real pictures: what the judges name of "
        "held-out pictures of the same people.",
        "",
    ]
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    cells = (
        row["label"], row["attack"], row["adaptive"], row["prior"], str(row["seeds"]),
        *(_number(row, name) for name in SHOWN), "withheld" if row["withheld"] else "may be given",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _number(row: dict[str, Any], name: str) -> str:
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    if value is None:
        return "-"
    return f"{value:.3f}" if low is None else f"{value:.3f} ({low:.3f} to {high:.3f})"
