"""A file of weights read into arrays; nobody's file is unpickled."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from loft_jax.errors import InputError

TORCH = (".pth", ".pt")
PARALLEL = "module."
"""What PyTorch's wrapper for several devices puts before every name."""


class WeightFile(NamedTuple):
    """What a file holds.

    Attributes:
        arrays: by their names there, of whatever numbers.
        sha256: of the file.
    """

    arrays: Mapping[str, np.ndarray]
    sha256: str


def read(path: str) -> WeightFile:
    """The arrays in a .safetensors file, or in PyTorch's .pth where PyTorch is installed.

    Raises:
        InputError: if it is not there, damaged, of another kind, or holds anything but arrays.
    """
    place = Path(path)
    if not place.is_file():
        came = "a folder" if place.is_dir() else "no such file"
        raise _refused(path, came)
    if place.suffix not in (".safetensors", *TORCH):
        raise _refused(path, f"one that ends in {place.suffix or 'nothing'}")
    load = _torch if place.suffix in TORCH else _safetensors
    with place.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    arrays = load(path)
    if all(name.startswith(PARALLEL) for name in arrays):
        arrays = {name.removeprefix(PARALLEL): array for name, array in arrays.items()}
    return WeightFile(arrays, digest)


def _safetensors(path: str) -> dict[str, np.ndarray]:
    import safetensors
    import safetensors.numpy

    try:
        return safetensors.numpy.load_file(path)
    except (safetensors.SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise _refused(path, f"a damaged one or other types of numbers: {_line(error)}") from error


def _torch(path: str) -> dict[str, np.ndarray]:
    try:
        import torch
    except ImportError as error:
        msg = f"`--weights` must be a .safetensors file where PyTorch is not installed, got {path}"
        raise InputError(msg) from error
    try:
        found: Any = torch.load(path, map_location="cpu", weights_only=True)
    # Whatever the file says goes wrong in its own way.
    except Exception as error:
        raise _refused(path, f"one that is damaged or holds more: {_line(error)}") from error
    for key in ("state_dict", "model"):
        if isinstance(found, dict) and isinstance(found.get(key), dict):
            found = found[key]
    if not isinstance(found, dict) or not all(isinstance(v, torch.Tensor) for v in found.values()):
        raise _refused(path, f"a {type(found).__name__} of other things")
    return {name: tensor.float().numpy() for name, tensor in found.items()}


def _refused(path: str, came: str) -> InputError:
    kinds = "a .safetensors file of weights, or PyTorch's .pth of a state_dict"
    return InputError(f"`--weights` must be {kinds}, got {path}, {came}")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__
