"""Inception's weights from an archive with PyTorch's names, which may come from anyone.

loft_jax ships no weights and unpickles nobody's file. FID as published needs those of pytorch-fid
(pt_inception-2015-12-05-6726825d.pth); where PyTorch is installed, two lines turn them into NumPy's
format, which executes nothing:

    state = torch.load("pt_inception-2015-12-05-6726825d.pth", weights_only=True)
    np.savez("inception.npz", **{name: tensor.numpy() for name, tensor in state.items()})
"""

import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array

from loft_jax.errors import InputError
from loft_jax.nets.inception import Inception

# Flax's names of a convolution's and a batch normalisation's arrays, and PyTorch's.
_NAMES = {
    ("conv", "kernel"): ("conv", "weight"),
    ("bn", "scale"): ("bn", "weight"),
    ("bn", "bias"): ("bn", "bias"),
    ("bn", "mean"): ("bn", "running_mean"),
    ("bn", "var"): ("bn", "running_var"),
}


def load_inception(path: Path) -> Inception:
    """The network with the weights in the .npz file at `path`.

    Its keys are those of `required`, all float32. Others are not read, such as the classifiers'
    (`fc.*`, `AuxLogits.*`) and `*.num_batches_tracked`. Nothing tells which network weights were
    trained for: torchvision's have the same names and shapes, and give other distances.

    Raises:
        InputError: if there is no such archive; or naming the first key that is missing, of another
            shape or type, or damaged. Pickled arrays are refused.
    """
    if not path.is_file() or not zipfile.is_zipfile(path):
        came = "one that is damaged or of another type" if path.is_file() else "no such file"
        made = "made as loft_jax.nets.inception_weights says"
        msg = f"`{path}` must be an .npz file of Inception's weights, {made}, got {came}"
        raise InputError(msg)
    shapes = required()
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            _check_keys(path, set(archive.files), shapes)
            arrays = {name: _member(path, archive, name, shapes[name]) for name in shapes}
    except InputError:
        raise
    # NumPy, zipfile and zlib report damage by many types.
    except Exception as error:
        msg = f"`{path}` must be an intact .npz file, got: {str(error) or type(error).__name__}"
        raise InputError(msg) from error
    network = Inception()
    leaves = nnx.to_flat_state(nnx.state(network))
    filled = [(place, leaf.replace(_ours(arrays[_name(place)]))) for place, leaf in leaves]
    nnx.update(network, nnx.from_flat_state(filled))
    return network


@cache
def required() -> Mapping[str, tuple[int, ...]]:
    """Names and shapes of the arrays an archive must hold: PyTorch's."""
    leaves = nnx.to_flat_state(nnx.state(Inception()))
    return MappingProxyType({_name(place): _theirs(leaf.shape) for place, leaf in leaves})


def _name(place: tuple) -> str:
    return ".".join(place[:-2] + _NAMES[place[-2:]])


def _theirs(shape: tuple[int, ...]) -> tuple[int, ...]:
    """PyTorch's order: outputs, inputs, height, width."""
    if len(shape) != 4:
        return shape
    height, width, inputs, outputs = shape
    return outputs, inputs, height, width


def _ours(array: np.ndarray) -> Array:
    return jnp.asarray(array.transpose(2, 3, 1, 0) if array.ndim == 4 else array)


def _check_keys(path: Path, keys: set[str], shapes: Mapping[str, tuple[int, ...]]) -> None:
    missing = [name for name in shapes if name not in keys]
    if not missing:
        return
    came = f"an archive that lacks {len(missing)} of {len(shapes)} arrays"
    if any(key.endswith("data.pkl") for key in keys):
        came = "a file of PyTorch's (loft_jax.nets.inception_weights says how to convert it)"
    raise _unfit(path, missing[0], shapes[missing[0]], came)


def _member(
    path: Path, archive: np.lib.npyio.NpzFile, name: str, shape: tuple[int, ...]
) -> np.ndarray:
    try:
        array = archive[name]
    except Exception as error:
        pickled = "allow_pickle" in str(error)
        came = "Python objects, which are never unpickled" if pickled else f"damage: {error}"
        raise _unfit(path, name, shape, came) from error
    came = _fault(name, array, shape)
    if came:
        raise _unfit(path, name, shape, came)
    return array


def _unfit(path: Path, name: str, shape: tuple[int, ...], came: str) -> InputError:
    return InputError(f"`{path}` must hold `{name}`, float32 {list(shape)}, got {came}")


def _fault(name: str, array: object, shape: tuple[int, ...]) -> str | None:
    """What makes `array` unfit to be `name`, or None."""
    if not isinstance(array, np.ndarray):  # NumPy hands members of other formats over as bytes
        return "other bytes"
    if array.shape != shape or array.dtype != np.float32:
        return f"{array.dtype} {list(array.shape)}"
    if not np.isfinite(array).all():
        return "numbers that are not finite"
    if name.endswith("running_var") and array.min() < 0:
        return f"a negative variance, {array.min():g}"
    return None
