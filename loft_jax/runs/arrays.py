"""Arrays in one .npz file with a hash of them all, so that damage is noticed; never pickled."""

import hashlib
import io
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from loft_jax.errors import InputError, one_line
from loft_jax.runs.files import write_bytes

_HASH = "sha256"


def packed(**arrays: np.ndarray) -> bytes:
    """The bytes of an .npz file with these arrays and their hash."""
    buffer = io.BytesIO()
    whole: Any = {**arrays, _HASH: np.array(_digest(arrays))}
    np.savez_compressed(buffer, allow_pickle=False, **whole)
    return buffer.getvalue()


def write_arrays(path: Path, **arrays: np.ndarray) -> None:
    """Write an .npz file atomically."""
    write_bytes(path, packed(**arrays))


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays that `write_arrays` wrote.

    Raises:
        InputError: if the file is missing, damaged or was changed.
    """
    try:
        # Opened here: NumPy leaves a damaged file open that it opened itself.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        found = str(arrays.pop(_HASH))
        whole = found == _digest(arrays)
    except FileNotFoundError:
        msg = f"`{path}` must be a file that loft_jax wrote, got none"
        raise InputError(msg) from None
    # NumPy, zipfile, zlib and the tokenizer of headers report damage by a dozen types.
    except Exception as error:
        msg = f"`{path}` must be an intact .npz file of loft_jax, got: {one_line(error)}"
        raise InputError(msg) from error
    if not whole:
        msg = f"`{path}` must be as loft_jax wrote it, got one that was changed or damaged since"
        raise InputError(msg)
    return arrays


def fingerprint(tree: PyTree) -> str:
    """What tells two networks of one kind apart: a hash of all their numbers."""
    digest = hashlib.sha256()
    for leaf in map(_numbers, jax.tree.leaves(tree)):
        digest.update(f"{leaf.dtype}{leaf.shape}".encode() + leaf.tobytes())
    return digest.hexdigest()[:16]


def _numbers(leaf: Any) -> np.ndarray:
    if hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        leaf = jax.random.key_data(leaf)
    return np.asarray(leaf)


def _digest(arrays: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name])
        digest.update(f"{name}{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
