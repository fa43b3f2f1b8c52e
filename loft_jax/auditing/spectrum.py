"""Which directions of a picture a layer passes on: singular values of its Jacobian.

A small change v of the picture x changes what the layer says by J v. Directions whose singular
value is 0 are lost at x, to first order; a rank of r says that r numbers of the picture pass.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.tree_util import Partial
from jaxtyping import Array, Float
from scipy.sparse.linalg import LinearOperator, svds

from loft_jax.errors import InputError
from loft_jax.metrics.rank import spectral_rank
from loft_jax.nets.classifier import Outputs
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.nets.taps import stages
from loft_jax.targets.module import ModuleNetwork

DENSE = 1024
"""Jacobians with at most so many rows or columns are computed whole."""
LEADING = 64
"""Of larger ones so many singular values, without the matrix."""
AT_ONCE = 64
"""Rows or columns that are computed side by side."""


class Spectrum(NamedTuple):
    """Singular values of the Jacobian of what a layer says by the picture.

    Attributes:
        values: mean over the pictures of the k-th largest, in units of the layer a unit of a pixel
            (pixels are in [0, 1]).
        standard_errors: of these means; NaN of one picture.
        numerical_rank: largest over the pictures of the number of values above rounding; at least
            so many where it is not complete.
        effective_rank: mean over the pictures of exp of the entropy of the values' shares.
        complete: whether these are all singular values, and not only the LEADING largest.
    """

    values: Float[np.ndarray, " k"]
    standard_errors: Float[np.ndarray, " k"]
    numerical_rank: int
    effective_rank: float
    complete: bool


Layered = FrozenClassifier | ModuleNetwork
"""Networks that tell what the layers inside them say."""


def spectrum(
    function: Callable[[Float[Array, "b h w ch"]], Float[Array, "b ..."]],
    pictures: Float[np.ndarray, "n h w ch"],
) -> Spectrum:
    """Singular values of the Jacobian of a function of pictures, averaged over some.

    What a function of one picture says must not depend on the others. Its Jacobian is computed
    whole where its smaller side is at most DENSE: by its rows, which needs reverse mode only, or
    by its columns. Otherwise the LEADING values are found by ARPACK from products with J and its
    transpose.

    Args:
        function: differentiable; a `jax.tree_util.Partial` hands arrays over as arguments, so that
            they are no constants of the compiled program.
        pictures: where the Jacobian is taken.

    Raises:
        InputError: if there is no picture.
    """
    if len(pictures) == 0:
        msg = "`pictures` must be at least one, got none"
        raise InputError(msg)
    of_one = Partial(_flat, function if isinstance(function, Partial) else Partial(function))
    shown = jnp.asarray(pictures, jnp.float32)
    shape = (jax.eval_shape(of_one, shown[0]).size, shown[0].size)
    complete = min(shape) <= DENSE
    found = _whole if complete else _leading
    values = np.stack([found(of_one, picture, shape) for picture in shown])
    ranks = [spectral_rank(one, shape) for one in values]
    n = len(values)
    spread = values.std(0, ddof=1) if n > 1 else np.full(values.shape[1], np.nan)
    return Spectrum(
        values.mean(0),
        spread / np.sqrt(n),
        max(rank.numerical for rank in ranks),
        float(np.mean([rank.effective for rank in ranks])),
        complete,
    )


def layer_spectra(
    network: Layered,
    pictures: Float[np.ndarray, "n h w ch"],
    layers: Sequence[str] | None = None,
) -> Mapping[str, Spectrum]:
    """Spectra of layers, from the picture to each, in order, and of the logits.

    Args:
        network: a `FrozenClassifier`, or the network of a Flax module.
        pictures: where the Jacobians are taken.
        layers: paths of modules, such as `trunk.blocks.1`; None takes, of a network of this
            package, where the trunk's picture changes size, the trunk, and the code.

    Raises:
        InputError: if there is no module at a path, or they must be named.
    """
    if layers is None:
        layers = _stages(network, pictures)
    with_code = isinstance(network, FrozenClassifier) and _told(network, pictures).code is not None
    places = (*layers, *(["code"] if with_code else []), "logits")
    return {place: spectrum(Partial(_Said(place), network), pictures) for place in places}


def _stages(network: Layered, pictures: Float[np.ndarray, "n h w ch"]) -> Sequence[str]:
    if not isinstance(network, FrozenClassifier):
        msg = "`layers` must be paths of modules where the network is not of this package, got None"
        raise InputError(msg)
    model = nnx.merge(network.graph, network.params, network.stats)
    return (*stages(model, "trunk", jnp.asarray(pictures[:1])), "trunk")


def _told(network: Layered, pictures: Float[np.ndarray, "n h w ch"]) -> Outputs:
    return jax.eval_shape(network.outputs, jnp.asarray(pictures[:1]))


@dataclass(frozen=True)
class _Said:
    """What a network says at one place: two of the same place share a compiled program."""

    place: str

    def __call__(self, network: Layered, images: Array) -> Array:
        if self.place in ("code", "logits"):
            return getattr(network.outputs(images), self.place)
        hidden = network.outputs(images, (self.place,)).hidden
        assert hidden is not None
        return hidden[self.place]


def _flat(function: Callable[[Array], Array], picture: Float[Array, "h w ch"]) -> Array:
    return function(picture[None])[0].reshape(-1).astype(jnp.float32)


def _whole(
    of_one: Partial, picture: Float[Array, "h w ch"], shape: tuple[int, int]
) -> Float[np.ndarray, " k"]:
    jacobian = np.asarray((_rows if shape[0] <= shape[1] else _columns)(of_one, picture))
    # Squared in float64: what is lost of small values is far below the rounding of the entries.
    wide = np.array_split(jacobian, range(4096, jacobian.shape[1], 4096), axis=1)
    gram = sum(part @ part.T for part in (part.astype(np.float64) for part in wide))
    return np.sqrt(np.maximum(np.linalg.eigvalsh(gram)[::-1], 0))


def _leading(
    of_one: Partial, picture: Float[Array, "h w ch"], shape: tuple[int, int]
) -> Float[np.ndarray, " k"]:
    def product(program: Callable[..., Array], vector: np.ndarray) -> np.ndarray:
        moved = program(of_one, picture, jnp.asarray(vector.reshape(-1), jnp.float32))
        return np.asarray(moved, np.float64)

    along, back = partial(product, _forward), partial(product, _backward)
    operator = LinearOperator(shape, along, back, dtype=np.float64)  # pyright: ignore[reportCallIssue]
    settings: dict[str, Any] = {"tol": 1e-4, "return_singular_vectors": "vh"}
    _, _, directions = svds(operator, LEADING, rng=np.random.default_rng(0), **settings)
    # ARPACK's own values are roots of eigenvalues of J'J, whose small ones are rounding.
    seen = _along(of_one, picture, jnp.asarray(directions, jnp.float32))
    return np.linalg.svd(np.asarray(seen, np.float64), compute_uv=False)


@jax.jit
def _rows(of_one: Partial, picture: Array) -> Float[Array, "m d"]:
    said, pull = jax.vjp(of_one, picture)
    basis = jnp.eye(said.size, dtype=said.dtype)
    return jax.lax.map(lambda row: pull(row)[0].reshape(-1), basis, batch_size=AT_ONCE)


@jax.jit
def _columns(of_one: Partial, picture: Array) -> Float[Array, "d m"]:
    return _along(of_one, picture, jnp.eye(picture.size, dtype=picture.dtype))


@jax.jit
def _along(of_one: Partial, picture: Array, directions: Float[Array, "k d"]) -> Float[Array, "k m"]:
    return jax.lax.map(lambda v: _pushed(of_one, picture, v), directions, batch_size=AT_ONCE)


@jax.jit
def _forward(of_one: Partial, picture: Array, direction: Float[Array, " d"]) -> Float[Array, " m"]:
    return _pushed(of_one, picture, direction)


@jax.jit
def _backward(of_one: Partial, picture: Array, weights: Float[Array, " m"]) -> Float[Array, " d"]:
    return jax.vjp(of_one, picture)[1](weights)[0].reshape(-1)


def _pushed(of_one: Partial, picture: Array, direction: Float[Array, " d"]) -> Float[Array, " m"]:
    return jax.jvp(of_one, (picture,), (direction.reshape(picture.shape),))[1]
