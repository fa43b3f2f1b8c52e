"""Arrays of an .npz file, which may come from anyone: judged by header, read in blocks.

Nothing in it is executed, and nothing is unpacked before it is known to fit.
"""

import math
import os.path
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from loft_jax.data.names import printable
from loft_jax.errors import InputError
from loft_jax.runs.memory import check_fits, readable

BLOCK = 2**24
"""Bytes unpacked at once."""
_CORRUPT = (
    OSError, ValueError, EOFError, SyntaxError, KeyError, TypeError, OverflowError, MemoryError,
    NotImplementedError, RuntimeError, tokenize.TokenError, zlib.error, zipfile.BadZipFile,
)  # fmt: skip
"""What NumPy and zipfile were seen to raise on damaged archives."""


class Header(NamedTuple):
    """What a member says of its array before it is unpacked."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype

    @property
    def bytes(self) -> int:
        """Size of the array."""
        return math.prod(self.shape) * self.dtype.itemsize


class Archive:
    """An open .npz file."""

    def __init__(self, path: Path, file: zipfile.ZipFile):
        self._file = file
        self._names = {name.removesuffix(".npy"): name for name in file.namelist()}
        self.path = printable(str(path))

    def __contains__(self, key: str) -> bool:
        return key in self._names

    def keys(self) -> str:
        """Its keys, as a list to print."""
        return ", ".join(map(printable, sorted(self._names))) or "none"

    def header(self, key: str) -> Header:
        """What `key` says it is.

        Raises:
            InputError: if it is not an intact array of numbers or strings.
        """
        with self._member(key) as stream:
            return self._header(key, stream)

    def array(self, key: str) -> np.ndarray:
        """The whole array.

        Raises:
            InputError: if it is damaged or does not fit into memory.
        """
        header = self.header(key)
        check_fits(f"{self.path}: key `{key}`", header.bytes)
        with self._member(key) as stream:
            array = np.lib.format.read_array(stream, allow_pickle=False)
            self._check_end(stream)
        return array

    def blocks(self, key: str) -> Iterator[np.ndarray]:
        """The array in blocks of its first axis, each of about 16 MiB.

        Raises:
            InputError: if it is damaged.
        """
        header = self.header(key)
        rows, row = header.shape[0], header.bytes // header.shape[0]
        step = max(1, BLOCK // max(1, row))
        if header.fortran:  # then the first axis varies fastest, and no block lies together
            whole = self.array(key)
            yield from (whole[start : start + step] for start in range(0, rows, step))
            return
        with self._member(key) as stream:
            self._header(key, stream)
            for start in range(0, rows, step):
                count = min(step, rows - start)
                content = stream.read(count * row)
                if len(content) < count * row:
                    msg = f"only {start} of {rows} rows"
                    raise EOFError(msg)
                block = np.frombuffer(content, header.dtype)
                yield block.reshape(count, *header.shape[1:])
            self._check_end(stream)

    @contextmanager
    def _member(self, key: str) -> Iterator[zipfile.ZipExtFile]:
        try:
            with self._file.open(self._names[key]) as stream:
                yield stream  # pyright: ignore[reportReturnType]
        except InputError:
            raise
        except _CORRUPT as error:
            self._refuse(key, f"damage: {printable(str(error))}", error)

    def _header(self, key: str, stream: zipfile.ZipExtFile) -> Header:
        if stream.read(6) != np.lib.format.MAGIC_PREFIX:
            msg = f"{self.path}: key `{key}` must be an array in NumPy's format, got other bytes"
            raise InputError(msg)
        readers = {
            b"\1\0": np.lib.format.read_array_header_1_0,
            b"\2\0": np.lib.format.read_array_header_2_0,
        }
        header = Header(*readers[stream.read(2)](stream))
        if header.dtype.hasobject:
            self._refuse(key, "Python objects, which are never unpickled")
        held = self._file.getinfo(self._names[key]).file_size
        if min(header.shape, default=0) < 0 or header.bytes > held:
            claimed = f"a header that claims {readable(max(0, header.bytes))}"
            self._refuse(key, f"{claimed} and {readable(held)} in all")
        return header

    def _check_end(self, stream: zipfile.ZipExtFile) -> None:
        """Reading to the end is also what makes zipfile compare the checksum."""
        if stream.read(1):
            msg = "bytes after the array"
            raise ValueError(msg)

    def _refuse(self, key: str, came: str, cause: Exception | None = None):
        msg = f"{self.path}: key `{key}` must be an intact array of numbers or strings, got {came}"
        raise InputError(msg) from cause


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The .npz file at `path`.

    Raises:
        InputError: if there is none, or it is damaged.
    """
    name = printable(str(path))
    if not os.path.isfile(path):  # nor a pipe, which would block
        came = "a folder" if os.path.isdir(path) else "no such file"
        came = came if os.path.isdir(path) or not os.path.exists(path) else "not a regular file"
        msg = f"{name} must be an .npz file, got {came}"
        raise InputError(msg)
    if not zipfile.is_zipfile(path):
        msg = f"{name} must be an .npz file, got one that is damaged or of another type"
        raise InputError(msg)
    try:
        file = zipfile.ZipFile(path)
    except _CORRUPT as error:
        msg = f"{name} must be an intact .npz file, got: {printable(str(error))}"
        raise InputError(msg) from error
    with file:
        yield Archive(path, file)
