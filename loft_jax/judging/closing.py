"""The closing tables of a judged attack: the numbers of attack.json, and what they mean."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from loft_jax.attacks.closing import cost_rows
from loft_jax.judging.independent.closing import own_row
from loft_jax.runs.closing import Row, rows_table

NO_CONTROL = "this attack kept none: it has no such control, or is of an older version"


def closing_table(result: dict[str, Any], folder: Path) -> RenderableType:
    """What ends an attack that was judged: one table pooled, one of the evaluators."""
    rows = chain(_success(result), _people(result), _likeness(result), cost_rows(result))
    parts: list[RenderableType] = [rows_table(rows, str(folder)), _evaluators(result["evaluators"])]
    if result["withheld"]:
        parts.append(Text(result["withheld"], style="bold"))
    parts.append(
        Text(f"look at   {folder / 'reconstructions.png'}\nnumbers   {folder / 'attack.json'}")
    )
    return Group(*parts)


def _success(result: dict[str, Any]) -> Iterator[Row]:
    """Acc@1 among the known people, and above what strangers reach."""
    pooled, open_set = result["pooled"], result["open_set"]
    yield from _beside_controls(pooled, "Acc@1", "accuracy_at_1", "judged to be the class")
    if pooled["lookalike_accuracy_at_1"] is None:
        yield "  lookalikes", "none", NO_CONTROL
    else:
        gain = "what the search adds, class by class"
        yield _row(pooled, "  above lookalikes", "accuracy_over_lookalikes", gain)
    if open_set["missing"]:
        yield "open set", "none", open_set["missing"]
    else:
        reach = f"above what {100 * open_set['false_rate']:g} % of strangers reach, of "
        reach += f"{open_set['strangers']}"
        yield from _beside_controls(pooled, "open set", "open_set_accuracy", reach)
    yield _row(pooled, "Acc@5", "accuracy_at_5", "class among the first five")


def _people(result: dict[str, Any]) -> Iterator[Row]:
    """Who was found, by a judge of strangers and where it is known who there is."""
    pooled = result["pooled"]
    for title, name in (("verified", "verification"), ("retrieved by it", "retrieval_at_1")):
        if pooled[f"independent_{name}"] is not None:
            meaning = "by the judge that never saw these people"
            yield from _beside_controls(pooled, title, name, meaning, judge="independent_")
    yield own_row(result["independent"])
    if pooled["retrieval_at_1"] is None:
        return
    people = pooled["retrieval_people"]
    meaning = f"nearest of {people} people by the angle of identities, chance {1 / people:.3f}"
    yield from _beside_controls(pooled, "retrieval@1", "retrieval_at_1", meaning)
    parts = [
        f"{name} {pooled[f'{name}_correlation']:.2f}"
        for name in ("traits", "fields")
        if f"{name}_correlation" in pooled
    ]
    meaning = ", ".join(["of identities, found and true", *parts])
    yield _row(pooled, "correlation rho", "identity_correlation", meaning)
    length, floor = pooled["identity_amplitude"], pooled["identity_error_floor"]
    meaning = f"its square is 1 + a^2 - 2 a rho, a = {length:.2f} here; the mean face has "
    meaning += f"{pooled['identity_error_chance']:.2f}, a stranger "
    meaning += f"{pooled['identity_error_stranger']:.2f}"
    meaning += f", a real picture {floor:.2f}" if floor else ""
    yield "identity error", _number(pooled["identity_error"]), meaning


def _likeness(result: dict[str, Any]) -> Iterator[Row]:
    pooled = result["pooled"]
    if "ssim" in pooled:
        yield _row(pooled, "SSIM", "ssim", "to the nearest private picture, 1 is a copy")
    if "inception" in result:
        found = result["inception"]
        meaning = found["fid_missing"] or "on the weights of --features"
        yield ("FID, Inception", _number(found["fid"]), meaning)
    if "knowledge" in pooled:
        real, chance = pooled["knowledge_of_real"], pooled["knowledge_chance"]
        meaning = f"of real people; taught by real pictures {real:.2f}, chance {chance:.2f}"
        yield _row(pooled, "knowledge extraction", "knowledge", meaning)


def _evaluators(judges: list[dict[str, Any]]) -> Table:
    table = Table(pad_edge=False)
    table.add_column("evaluator")
    for judge in judges:
        table.add_column(Text(judge["name"]), justify="right")
    for key, name in (
        ("accuracy_at_1", "Acc@1"),
        ("lookalike_accuracy_at_1", "  lookalikes"),
        ("real_accuracy_at_1", "  real pictures"),
        ("open_set_accuracy", "open set"),
        ("lookalike_open_set_accuracy", "  lookalikes"),
        ("real_open_set_accuracy", "  real pictures"),
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
        if any(judge.get(key) is not None for judge in judges):
            table.add_row(name, *(_number(judge.get(key)) for judge in judges))
    missing = {judge["fid_missing"] for judge in judges} - {None}
    if missing:
        table.caption = f"no FID: {'; '.join(sorted(missing))}"
    return table


def _beside_controls(
    pooled: dict[str, Any], title: str, name: str, meaning: str, *, judge: str = ""
) -> Iterator[Row]:
    """A number, and the same of lookalikes and of real pictures where they were judged."""
    yield _row(pooled, title, f"{judge}{name}", meaning)
    for kind, row, said in (
        ("lookalike_", "  lookalikes", "control: without the search"),
        ("real_", "  real pictures", "of the same people, by the same judges"),
    ):
        if pooled.get(f"{judge}{kind}{name}") is not None:
            yield _row(pooled, row, f"{judge}{kind}{name}", said)


def _row(pooled: dict[str, Any], title: str, name: str, meaning: str) -> Row:
    """A number with its interval over classes."""
    low, high = pooled[f"{name}_low"], pooled[f"{name}_high"]
    interval = "" if low is None else f"95 % interval {low:.3f} to {high:.3f}"
    return title, _number(pooled[name]), ", ".join(filter(None, (meaning, interval)))


def _number(value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
