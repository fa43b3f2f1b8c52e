"""The tables of numbers: controls beside every attack, and verdicts that may not be given."""

import numpy as np
import polars as pl
from attacked_tables import PLAIN, drawn, loft, rows_with, table_of

from loft_jax.findings.rows import rows_of
from loft_jax.reports.numbers import attacks_grid, differences_grid, strongest_grid
from loft_jax.runs.files import read_json, write_json

WHY = "no verdict may rest on these judges: A names 0.32 of real pictures"


def attacked():
    rng = np.random.default_rng(0)
    return table_of(rows_with(drawn(0.9, rng), **PLAIN), rows_with(drawn(0.1, rng), **loft(4)))


def column(grid, name):
    i = [one.name for one in grid.columns].index(name)
    return [row[i] for row in grid.rows]


def test_lookalikes_stand_beside_every_attack_with_the_difference():
    table = attacked()
    assert "Lookalikes" not in {one.name for one in attacks_grid(table).columns}
    known = table.with_columns(lookalike_accuracy_at_1=pl.col("accuracy_at_1") / 4)
    grid = attacks_grid(known)
    for found, control, gain in zip(
        *(column(grid, name) for name in ("Acc@1", "Lookalikes", "Above them")), strict=True
    ):
        assert abs(found.value - control.value - gain.value) < 1e-12
        assert gain.interval is not None


def test_withheld_verdicts_are_marked_and_explained():
    table = attacked()
    assert [cell.text for cell in column(strongest_grid(table), "Says")] == ["fewer people found"]
    held = table.with_columns(withheld=pl.lit(WHY))
    assert [cell.text for cell in column(attacks_grid(held), "Verdict")] == ["withheld"] * 2
    assert "No verdict may rest on these judges: A names 0.32" in attacks_grid(held).note
    for grid in (strongest_grid(held), differences_grid(held)):
        assert [cell.text for cell in column(grid, "Says")] == ["withheld: the judges"]


def test_verdicts_that_are_corrected_say_so():
    assert "is by that interval" in strongest_grid(attacked()).note
    rng = np.random.default_rng(1)
    more = table_of(*(rows_with(drawn(0.5, rng), **loft(rank)) for rank in (8, 16, 32)))
    note = strongest_grid(pl.concat([attacked(), more])).note
    assert "corrected for the number of defenses that are judged together (Holm)" in note


def test_an_attack_with_a_budget_is_named_with_what_it_may_ask_of_each_class(folders, tmp_path):
    run = folders.write_run(tmp_path / "run", rank=4)
    attack = folders.write_attack(run / "attacks" / "ppa", run, rank=4)
    assert {row["attack"] for row in rows_of(attack, tmp_path)} == {"ppa"}
    numbers = read_json(attack / "attack.json")
    write_json(attack / "attack.json", {**numbers, "queries_allowed": 1000})
    assert {row["attack"] for row in rows_of(attack, tmp_path)} == {"ppa, 1000 queries"}
