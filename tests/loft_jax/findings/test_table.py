"""The table's files: written and read back they are equal; what is damaged is named."""

import numpy as np
import polars as pl
import pytest
from attacked_tables import drawn, loft, rows_with, table_of
from polars.testing import assert_frame_equal

from loft_jax.errors import InputError
from loft_jax.findings.table import SCHEMA, read_table, to_table, write_table

ODD = {
    "data": 'a, "b"',
    "prior": "é",
    "ssim": 1 / 3,
    "seconds_attack": 1e-300,
    "fingerprint": "007",
}


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    return table_of(
        rows_with(drawn(0.5, rng), **ODD),
        rows_with(drawn(0.5, rng), **loft(4, activation="none", input_norm=True)),
    )


@pytest.mark.parametrize("file", ["", "table.parquet", "table.csv"])
def test_what_is_written_is_read_back(table, file, tmp_path):
    for one in (table, table_of()):
        write_table(one, tmp_path)
        found = read_table(tmp_path / file)
        assert_frame_equal(found, one, check_exact=True)
        assert found.schema == pl.Schema(SCHEMA)


def test_the_order_of_rows_does_not_matter(table):
    shuffled = table.sample(fraction=1, shuffle=True, seed=1).to_dicts()
    assert_frame_equal(to_table(shuffled), table)


def message(path):
    with pytest.raises(InputError) as error:
        read_table(path)
    text = str(error.value)
    assert text.startswith(f"`{path}` must ")
    assert "\n" not in text
    return text


@pytest.mark.parametrize("name", ["none", "none.csv", "none/table.parquet"])
def test_a_missing_file_is_one_sentence(name, tmp_path):
    assert "must be a table of python -m loft_jax.sweep, got: No such file" in message(
        tmp_path / name
    )


@pytest.mark.parametrize("keep", [0, 3, 100, 0.5, 0.99])
def test_a_damaged_parquet_file_is_one_sentence(keep, table, tmp_path):
    write_table(table, tmp_path)
    path = tmp_path / "table.parquet"
    content = path.read_bytes()
    path.write_bytes(content[: keep if isinstance(keep, int) else int(keep * len(content))])
    message(path)


def test_a_parquet_file_with_wrong_bytes_is_read_or_named(table, tmp_path):
    # Some make Polars panic, which is no Exception.
    write_table(table, tmp_path)
    path = tmp_path / "table.parquet"
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    named = 0
    for _ in range(300):
        wrong = bytearray(content)
        wrong[rng.integers(len(wrong))] ^= 1 << rng.integers(8)
        path.write_bytes(wrong)
        try:
            read_table(path)
        except InputError:
            named += 1
    assert named > 50


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.9])
def test_a_csv_file_that_is_cut_off_is_one_sentence(keep, table, tmp_path):
    write_table(table, tmp_path)
    path = tmp_path / "table.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    cut = (
        b"".join(lines[:5])
        + lines[5][: keep if isinstance(keep, int) else int(keep * len(lines[5]))]
    )
    path.write_bytes(cut if keep else b"")
    message(path)


def test_other_columns_and_types_are_named(table, tmp_path):
    path = tmp_path / "other.parquet"
    for wrong, what in (
        (table.drop("ssim"), "columns of this version of loft_jax, got: ssim"),
        (table.with_columns(more=1), "columns of this version of loft_jax, got: more"),
        (table.select(reversed(table.columns)), "got: another order"),
        (table.cast({"seed": pl.String}), "must hold Int64 in the column seed, got String"),
        (table.with_columns(run=pl.lit(None, pl.String)), "in the column run, got gaps"),
    ):
        wrong.write_parquet(path)
        assert what in message(path)
    path = tmp_path / "other.csv"
    path.write_text(table.write_csv().replace("true", "perhaps"))
    message(path)
