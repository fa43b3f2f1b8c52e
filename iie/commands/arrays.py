"""Arrays from .npy and .npz files: judged by their headers before anything is allocated."""

import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from iie._input import checks

FILES = "FILE.npy, or FILE.npz:KEY (the key may be left out if there is one array)"


def named_file(text: str | Path) -> tuple[Path, str | None]:
    """The file and the key that `text` names.

    Examples:
        >>> named_file("faces.npz:features")[1]
        'features'
    """
    stem, found, key = str(text).partition(".npz:")
    return (Path(stem + ".npz"), key) if found else (Path(text), None)


def is_file_name(text: str | Path) -> bool:
    """Whether `text` ends as the name of a file of arrays does."""
    return named_file(text)[0].suffix in (".npy", ".npz")


def load_array(name: str, text: str | Path) -> np.ndarray:
    """The array that `text` names, FILE.npy or FILE.npz:KEY.

    Raises:
        ValueError: if there is none, it would have to be unpickled, or the file does not hold what
            its header says.
    """
    path, key = named_file(text)
    if not path.is_file():
        what = "a folder or a device" if path.exists() else "No such file"
        msg = f"`{name}` must be {FILES}, got {text} ({what})"
        raise ValueError(msg)
    try:
        if path.suffix == ".npz":
            return _member(path, key)
        with path.open("rb") as file:
            return _read(file, path.stat().st_size)
    except zipfile.BadZipFile as error:
        problem: object = error
    except OSError as error:
        problem = error.strerror or error
    except (EOFError, MemoryError, ValueError) as error:
        problem = " ".join(str(error).split()) or "too large for the memory"
    msg = f"`{name}` must be {FILES}, an array of numbers, got {text} ({problem})"
    raise ValueError(msg)


def load_rows(name: str, text: str | Path) -> Float64[np.ndarray, "n d"]:
    """An array of numbers, one sample (or filter) a row; further axes are flattened.

    Raises:
        ValueError: as for `load_array`, or if it holds no finite numbers.
    """
    array = load_array(name, text)
    if array.ndim < 2 or array.size == 0:
        msg = f"`{name}` must hold at least one row of numbers, got shape {array.shape}"
        raise ValueError(msg)
    return checks.real_array(name, array.reshape(len(array), -1), 2)


def load_labels(name: str, text: str | Path, n: int) -> Int64[np.ndarray, " n"]:
    """Classes, one whole number a sample.

    Raises:
        ValueError: as for `load_array`, or if it does not hold `n` whole numbers.
    """
    labels = load_array(name, text)
    if labels.dtype.kind not in "iu" or labels.shape != (n,):
        msg = f"`{name}` must be {n} whole numbers, got {labels.dtype} of shape {labels.shape}"
        raise ValueError(msg)
    return labels.astype(np.int64)


def _member(path: Path, key: str | None) -> np.ndarray:
    with zipfile.ZipFile(path) as archive:
        found = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        if key is None and len(found) == 1:
            (key,) = found
        if key not in found:
            held = ", ".join(found) or "nothing"
            msg = f"it holds {held}: name one as {path.name}:KEY"
            raise ValueError(msg)
        with archive.open(found[key]) as file:
            return _read(file, found[key].file_size)


def _read(file: Any, size: int) -> np.ndarray:
    """The array of an .npy file of `size` bytes.

    Raises:
        ValueError: if it is no .npy file, of objects, or its header asks for more or less than is
            there.
    """
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        msg = f"version {version} of the .npy format"
        raise ValueError(msg)
    header = np.lib.format.read_array_header_1_0
    if version == (2, 0):
        header = np.lib.format.read_array_header_2_0
    shape, _, dtype = header(file)
    if dtype.hasobject:
        msg = "objects would have to be unpickled"
        raise ValueError(msg)
    promised, there = math.prod(shape) * dtype.itemsize, size - file.tell()
    if promised != there:
        msg = f"its header promises {promised:,} bytes of numbers, and {there:,} are there"
        raise ValueError(msg)
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)
