"""The tidy table: a row for each attacked class of each attacked model, its settings beside it.

Everything that is said of a set of models is computed from this table alone.
"""

import hashlib
import io
import re
from pathlib import Path
from typing import Any

import polars as pl

from loft_jax.errors import InputError
from loft_jax.findings.columns import NEVER_NONE, SCHEMA, SETTING
from loft_jax.runs.files import write_bytes

FILE, EXPORT = "table.parquet", "table.csv"
_SEAL = re.compile(rb"loft_jax sha256 ([0-9a-f]{64})")
_OPEN = "loft_jax sha256 " + 64 * "0"
"""Metadata of the file before its hash, of the whole file in this state, is put in its place."""


def to_table(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """The rows under the table's columns, in an order that does not depend on theirs."""
    table = pl.DataFrame(rows, schema=SCHEMA)
    return table.sort([*SETTING, "seed", "class"], nulls_last=True)


def write_table(table: pl.DataFrame, folder: Path) -> None:
    """Write table.parquet, with a hash of all its bytes, and table.csv for others; atomically."""
    buffer = io.BytesIO()
    table.write_parquet(buffer, metadata={"seal": _OPEN})
    content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    write_bytes(
        folder / FILE, content.replace(_OPEN.encode(), _OPEN[:-64].encode() + digest.encode())
    )
    write_bytes(folder / EXPORT, table.write_csv().encode())


def read_table(path: Path) -> pl.DataFrame:
    """The table that `write_table` wrote, from its Parquet file or its folder.

    Raises:
        InputError: if there is none, it is damaged or was changed, or its columns are others.
    """
    path = path / FILE if path.is_dir() else path
    try:
        content = path.read_bytes()
        _check_seal(path, content)  # first: Polars panics at some damaged pages
        table = pl.read_parquet(io.BytesIO(content))
    except (OSError, pl.exceptions.PolarsError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        first = " ".join(str(said).split())[:200]
        msg = f"`{path}` must be a table of python -m loft_jax.sweep, got: {first}"
        raise InputError(msg) from error
    _check_columns(path, table)
    return table


def _check_seal(path: Path, content: bytes) -> None:
    found = _SEAL.findall(content)
    unsealed = _SEAL.sub(_OPEN.encode(), content)
    if len(found) != 1 or hashlib.sha256(unsealed).hexdigest().encode() != found[0]:
        msg = f"`{path}` must be as loft_jax wrote it, got one that was changed or damaged since"
        raise InputError(msg)


def _check_columns(path: Path, table: pl.DataFrame) -> None:
    if list(table.columns) != list(SCHEMA):
        odd = ", ".join(sorted(set(table.columns) ^ set(SCHEMA))) or "another order"
        msg = f"`{path}` must have the columns of this version of loft_jax, got: {odd}"
        raise InputError(msg)
    for name, kind in SCHEMA.items():
        if table.schema[name] != kind or (name in NEVER_NONE and table[name].null_count()):
            got = table.schema[name] if table.schema[name] != kind else "gaps"
            msg = f"`{path}` must hold {kind} in the column {name}, got {got}"
            raise InputError(msg)
