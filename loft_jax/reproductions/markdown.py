"""The table of an experiment in Markdown, with what made it."""

from datetime import UTC, datetime
from typing import Any

from loft_jax.findings.wording import attack_name
from loft_jax.reproductions.experiments import Experiment

COLUMNS = (
    "defense", "attack", "adaptive", "prior", "seeds", "test accuracy", "Acc@1", "lookalikes",
    "above them", "open set", "real pictures", "retrieval", "identity error", "verdict",
)  # fmt: skip
SHOWN = ("test_accuracy", "accuracy_at_1", "lookalike_accuracy_at_1", "over_lookalikes",
         "open_set_accuracy", "real_accuracy_at_1", "retrieval_at_1", "identity_error")  # fmt: skip
STRONGEST = {
    "test_accuracy": "test accuracy",
    "accuracy_at_1": "Acc@1",
    "open_set_accuracy": "open set",
    "retrieval_at_1": "retrieval",
    "independent_verification": "verified",
}
"""What is told of the strongest attack on each defense."""


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
        *(line for said in experiment.tell(numbers["summary"]) for line in (said, "")),
        f"| {' | '.join(COLUMNS)} |",
        "|" + "---|" * len(COLUMNS),
        *(_line(row) for row in numbers["summary"]),
        "",
        "The strongest attack on each, chosen on other people than those it is reported on:",
        "",
        f"| defense | attacks | strongest | {' | '.join(STRONGEST.values())} | seconds to train |",
        "|" + "---|" * (len(STRONGEST) + 4),
        *(_strongest_line(row) for row in numbers["strongest"]),
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, `{command}`. In parentheses 95 % intervals: of test "
        "accuracy over seeds, of the others (means over evaluators) over seeds and people. "
        "Lookalikes: the same attack without search. Real pictures: what the judges name of "
        "held-out pictures of the same people. Verified: by a judge that never saw these people.",
        "",
    ]
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    cells = (
        row["label"], row["attack"], row["adaptive"], row["prior"], str(row["seeds"]),
        *(_number(row, name) for name in SHOWN), "withheld" if row["withheld"] else "may be given",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _strongest_line(row: dict[str, Any]) -> str:
    seconds = row["seconds_train"]
    cells = (
        row["label"], str(row["attacks"]), attack_name(row, prior=False),
        *(_number(row, name) for name in STRONGEST), "-" if seconds is None else f"{seconds:.0f}",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _number(row: dict[str, Any], name: str) -> str:
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    if value is None:
        return "-"
    return f"{value:.3f}" if low is None else f"{value:.3f} ({low:.3f} to {high:.3f})"
