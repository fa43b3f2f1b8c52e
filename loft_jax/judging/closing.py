"""The closing tables of a judged attack: the numbers of attack.json, and what they mean."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from loft_jax.attacks.closing import Row, cost_rows, rows_table
from loft_jax.judging.independent.closing import own_row


def closing_table(result: dict[str, Any], folder: Path) -> RenderableType:
    """What ends an attack that was judged: one table pooled, one of the evaluators."""
    table = rows_table(chain(_measures(result), cost_rows(result)), str(folder))
    following = Text(
        f"look at   {folder / 'reconstructions.png'}\nnumbers   {folder / 'attack.json'}"
    )
    return Group(table, _evaluators(result["evaluators"]), following)


def _measures(result: dict[str, Any]) -> Iterator[Row]:
    meaning = f"judged to be the class{_interval(result, 'accuracy_at_1')}, over classes"
    yield ("Acc@1", _number(result["accuracy_at_1"]), meaning)
    meaning = f"class among the first five{_interval(result, 'accuracy_at_5')}"
    yield ("Acc@5", _number(result["accuracy_at_5"]), meaning)
    if "ssim" in result:
        meaning = f"to the nearest private picture{_interval(result, 'ssim')}; 1 is a copy"
        yield ("SSIM", _number(result["ssim"]), meaning)
    for name, said in (("verification", "verified"), ("retrieval_at_1", "retrieved")):
        if f"independent_{name}" in result:
            meaning = f"by the independent judge{_interval(result, f'independent_{name}')}; "
            meaning += f"real pictures {result[f'independent_real_{name}']:.3f}"
            yield (said, _number(result[f"independent_{name}"]), meaning)
    yield own_row(result["independent"])
    if "inception" in result:
        found = result["inception"]
        meaning = found["fid_missing"] or "on the weights of --features"
        yield ("FID, Inception", _number(found["fid"]), meaning)
    if "knowledge" in result:
        real, chance = result["knowledge_of_real"], result["knowledge_chance"]
        meaning = f"of real people{_interval(result, 'knowledge')}; "
        meaning += f"taught by real pictures {real:.2f}, chance {chance:.2f}"
        yield ("knowledge extraction", _number(result["knowledge"]), meaning)
    if "identity_error" in result:
        chance, stranger = result["identity_error_chance"], result["identity_error_stranger"]
        meaning = f"in population deviations{_interval(result, 'identity_error')}; "
        meaning += f"mean face {chance:.2f}, a stranger {stranger:.2f}"
        if result["identity_error_floor"]:
            meaning += f", a real picture {result['identity_error_floor']:.2f}"
        yield ("identity error", _number(result["identity_error"]), meaning)


def _evaluators(judges: list[dict[str, Any]]) -> Table:
    table = Table(pad_edge=False)
    table.add_column("evaluator")
    for judge in judges:
        table.add_column(Text(judge["name"]), justify="right")
    for key, name in (
        ("accuracy_at_1", "Acc@1"),
        ("accuracy_at_5", "Acc@5"),
        ("feature_distance", "squared distance to nearest"),
        ("centroid_distance", "squared distance to centroid"),
        ("fid", "FID, on its features"),
        ("precision", "precision, k = 3"),
        ("recall", "recall"),
        ("density", "density"),
        ("coverage", "coverage"),
        ("test_accuracy", "its own test accuracy"),
        ("seconds_train", "seconds it was trained, once"),
    ):
        table.add_row(name, *(_number(judge[key]) for judge in judges))
    missing = {judge["fid_missing"] for judge in judges} - {None}
    if missing:
        table.caption = f"no FID: {'; '.join(sorted(missing))}"
    return table


def _number(value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _interval(numbers: dict[str, Any], key: str) -> str:
    low, high = numbers[f"{key}_low"], numbers[f"{key}_high"]
    return "" if low is None else f", 95 % interval {low:.3f} to {high:.3f}"
