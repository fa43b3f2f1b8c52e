"""How much one batch of vectors depends on another, by kernels: HSIC and constrained covariance."""

import jax.numpy as jnp
from jaxtyping import Array, Float

SIGMA = 5.0
"""Width of the Gaussian kernel, in units of the root of the number of dimensions."""
RIDGE = 1e-5
"""Times the size of the batch, it regularises what is inverted."""

SMALL = 1e-20
"""Added to a square, so that a layer that does not vary has a slope."""


def gaussian(x: Float[Array, "b d"]) -> Float[Array, "b b"]:
    """exp(-|x_i - x_j|^2 / (2 sigma^2 d)) - 1; the 1 is lost in centring, its rounding is not."""
    x = x - x.mean(0, keepdims=True)
    squares = (x**2).sum(1)
    distances = squares[:, None] + squares[None, :] - 2 * x @ x.T
    return jnp.expm1(-jnp.maximum(distances, 0) / (2 * SIGMA**2 * x.shape[1]))


def linear(x: Float[Array, "b d"]) -> Float[Array, "b b"]:
    """Inner products."""
    return x @ x.T


def normalised_hsic(k: Float[Array, "b b"], other: Float[Array, "b b"]) -> Float[Array, ""]:
    """tr(R R') with R = K H (K H + 1e-5 b I)^-1 and H the centring matrix.

    Source: Fukumizu et al. 2007 (the normalised cross-covariance operator), as in Ma, Lewis and
    Kleijn, AAAI 2020.
    """
    return (_residual(k) * _residual(other).T).sum()


def coco(k: Float[Array, "b b"], other: Float[Array, "b b"]) -> Float[Array, ""]:
    """Root of the Frobenius norm of H K H L H, over b.

    Gretton et al. 2005 define the constrained covariance by the largest singular value; the
    defense was published with this norm, which is never smaller.
    """
    twice = [_centred(_centred(kernel).T).T for kernel in (k, other)]
    squares = ((twice[0] @ twice[1]) ** 2).sum()
    return (squares + SMALL) ** 0.25 / len(k)


def _centred(k: Float[Array, "b b"]) -> Float[Array, "b b"]:
    """K H."""
    return k - k.mean(1, keepdims=True)


def _residual(k: Float[Array, "b b"]) -> Float[Array, "b b"]:
    centred = _centred(k)
    ridge = RIDGE * len(k) * jnp.eye(len(k))
    return jnp.linalg.solve(centred + ridge, centred)  # the factors commute
