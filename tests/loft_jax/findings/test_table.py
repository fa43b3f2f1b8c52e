"""The table's files: written and read back they are equal; what is damaged is named."""

import io

import numpy as np
import polars as pl
import pytest
from attacked_tables import drawn, loft, rows_with, table_of
from polars.testing import assert_frame_equal

from loft_jax.errors import InputError
from loft_jax.findings.columns import SCHEMA
from loft_jax.findings.table import read_table, to_table, write_table

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
        rows_with(drawn(0.5, rng), **loft(4, "without activation")),
    )


@pytest.mark.parametrize("file", ["", "table.parquet"])
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


@pytest.mark.parametrize("name", ["none", "none/table.parquet"])
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


def test_a_flipped_bit_or_another_number_is_noticed(table, tmp_path):
    write_table(table, tmp_path)
    path = tmp_path / "table.parquet"
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(200):
        wrong = bytearray(content)
        wrong[rng.integers(len(wrong))] ^= 1 << rng.integers(8)
        path.write_bytes(wrong)
        assert "changed or damaged since" in message(path)
    told = pl.read_parquet_metadata(io.BytesIO(content))["seal"]
    table.with_columns(accuracy_at_1=pl.lit(0.0)).write_parquet(path, metadata={"seal": told})
    assert "changed or damaged since" in message(path)


def test_the_export_is_for_anybody(table, tmp_path):
    write_table(table, tmp_path)
    found = pl.read_csv(tmp_path / "table.csv", schema_overrides=SCHEMA)
    assert found["accuracy_at_1"].to_list() == table["accuracy_at_1"].to_list()


def test_other_columns_and_types_are_named(table, tmp_path):
    for i, (wrong, what) in enumerate(
        (
            (table.drop("ssim"), "columns of this version of loft_jax, got: ssim"),
            (table.with_columns(more=1), "columns of this version of loft_jax, got: more"),
            (table.select(reversed(table.columns)), "got: another order"),
            (table.cast({"seed": pl.String}), "must hold Int64 in the column seed, got String"),
            (table.with_columns(run=pl.lit(None, pl.String)), "in the column run, got gaps"),
        )
    ):
        path = tmp_path / str(i) / "table.parquet"
        path.parent.mkdir()
        write_table(wrong, path.parent)
        assert what in message(path)
