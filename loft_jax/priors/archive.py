"""A trained prior as one .npz file: architecture, weights, and hashes of what it learned from."""

import json
import shlex
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import UInt64

from loft_jax.errors import InputError
from loft_jax.priors.architecture import Architecture
from loft_jax.priors.gan import GanPrior, prior_of
from loft_jax.priors.networks import graphs
from loft_jax.runs import arrays

FILE = "prior.npz"
_HASHES, _ARCHITECTURE = "public_hashes", "architecture"


def packed(prior: GanPrior, public_hashes: UInt64[np.ndarray, " n"]) -> bytes:
    """The bytes of prior.npz."""
    kept = {**flat("generator", prior.generator), **flat("discriminator", prior.discriminator)}
    kept[_HASHES] = public_hashes
    kept[_ARCHITECTURE] = np.array(json.dumps(prior.architecture._asdict()))
    return arrays.packed(**kept)


def load_gan(folder: Path) -> GanPrior:
    """The prior in a folder that `python -m loft_jax.fit_prior` wrote.

    Raises:
        InputError: if its training was not finished, or the file is damaged.
    """
    stored = _read(folder)
    try:
        settings = json.loads(str(stored[_ARCHITECTURE]))
        architecture = Architecture(**settings).check()
        like = graphs(architecture)
        return prior_of(
            architecture,
            filled("generator", like.generator_like, stored),
            filled("discriminator", like.discriminator_like, stored),
        )
    # What an archive of other content leads to: missing keys, other shapes, other settings.
    except (KeyError, TypeError, ValueError) as error:
        msg = f"`{folder / FILE}` must be a prior that this version of loft_jax wrote, got: {error}"
        raise InputError(msg) from error


def public_hashes(folder: Path) -> UInt64[np.ndarray, " n"]:
    """`loft_jax.data.public.picture_hashes` of the pictures that the prior in `folder` has seen.

    Raises:
        InputError: if its training was not finished, or the file is damaged.
    """
    hashes = _read(folder).get(_HASHES)
    if hashes is None or hashes.dtype != np.uint64:
        msg = f"`{folder / FILE}` must hold `{_HASHES}` of type uint64, got none"
        raise InputError(msg)
    return hashes


def _read(folder: Path) -> dict[str, np.ndarray]:
    path = folder / FILE
    if not path.is_file():
        if (folder / "config.json").is_file():
            msg = (
                f"`{folder}` must hold a finished prior, got one without {FILE}; "
                f"finish it with python -m loft_jax.fit_prior --resume {shlex.quote(str(folder))}"
            )
        else:
            msg = f"`{folder}` must be a folder that python -m loft_jax.fit_prior wrote"
        raise InputError(msg)
    return arrays.read_arrays(path)


def flat(name: str, state: nnx.State) -> dict[str, np.ndarray]:
    """Arrays of a network by path, each under `name`/."""
    leaves = nnx.to_flat_state(state)
    return {
        "/".join([name, *map(str, path)]): np.asarray(variable[...]) for path, variable in leaves
    }


def filled(name: str, like: nnx.State, stored: dict[str, np.ndarray]) -> nnx.State:
    """The state that `flat` took apart.

    Raises:
        KeyError, ValueError: if an array is missing, of another shape or type, or not finite.
    """
    leaves = []
    for path, variable in nnx.to_flat_state(like):
        key = "/".join([name, *map(str, path)])
        array = stored[key]
        if array.shape != variable.shape or array.dtype != variable.dtype:
            msg = f"{key} {array.dtype} {list(array.shape)}, not {list(variable.shape)}"
            raise ValueError(msg)
        if not np.isfinite(array).all():
            msg = f"{key} with numbers that are not finite"
            raise ValueError(msg)
        leaves.append((path, variable.replace(jnp.asarray(array))))
    return nnx.from_flat_state(leaves)
