"""PSNR and SSIM between pictures, and of reconstructions with the nearest private picture."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy  # not its parts: they load at first use, and a command begins sooner
from jaxtyping import Float, Float64

from loft_jax.errors import InputError
from loft_jax.metrics import _checks

WINDOW = 11
SIGMA = 1.5
C1, C2 = 0.01**2, 0.03**2
"""(K1 L)^2 and (K2 L)^2 of the paper, with L = 1 for pixels in [0, 1]."""


class Similarity(NamedTuple):
    """Likeness of each reconstruction to the private picture nearest to it.

    Attributes:
        psnr: in dB; infinite for a copy.
        ssim: at most 1, which only a copy has.
    """

    psnr: Float64[np.ndarray, "k s"]
    ssim: Float64[np.ndarray, "k s"]


def nearest_similarity(
    images: Float[np.ndarray, "k s h w ch"], private: Sequence[Float[np.ndarray, "_ h w ch"]]
) -> Similarity:
    """PSNR and SSIM of each reconstruction with the nearest private picture of its target.

    Nearest is that of the smallest mean squared pixel difference, for both numbers.

    Args:
        images: s reconstructions of each of k targets, pixels in [0, 1].
        private: for each target its training pictures, pixels in [0, 1].

    Raises:
        InputError: if pixels lie outside [0, 1], the targets' numbers differ, or pictures are
            smaller than the window of 11 pixels.
    """
    _checks.one_cloud_a_class("private", len(private), len(images))
    nearest = []
    for own, real in zip(images, private, strict=True):
        _checks.unit_pixels("private", real)
        left, right = (part.reshape(len(part), -1).astype(np.float64) for part in (own, real))
        distances = scipy.spatial.distance.cdist(left, right, "sqeuclidean")
        nearest.append(real[distances.argmin(axis=1)])
    reference = np.stack(nearest).reshape(-1, *images.shape[2:])
    flat_images, shape = images.reshape(reference.shape), images.shape[:2]
    return Similarity(
        psnr(flat_images, reference).reshape(shape), ssim(flat_images, reference).reshape(shape)
    )


def psnr(
    images: Float[np.ndarray, "n h w ch"], reference: Float[np.ndarray, "n h w ch"]
) -> Float64[np.ndarray, " n"]:
    """-10 log10(mean squared error) in dB, for pixels in [0, 1]; infinite for equal pictures.

    Raises:
        InputError: if pixels lie outside [0, 1].
    """
    _check_pair(images, reference)
    error = np.mean((images.astype(np.float64) - reference) ** 2, axis=(1, 2, 3))
    with np.errstate(divide="ignore"):
        return -10 * np.log10(error)


def ssim(
    images: Float[np.ndarray, "n h w ch"], reference: Float[np.ndarray, "n h w ch"]
) -> Float64[np.ndarray, " n"]:
    """Mean structural similarity, for pixels in [0, 1].

    SSIM = (2 m_x m_y + C1)(2 s_xy + C2) / ((m_x^2 + m_y^2 + C1)(s_x^2 + s_y^2 + C2)) with moments
    under an 11 x 11 Gaussian window of 1.5 pixels, averaged over all places where the window fits,
    and over the colour channels.

    Raises:
        InputError: if pixels lie outside [0, 1] or pictures are smaller than 11 pixels.

    Source: Wang, Bovik, Sheikh and Simoncelli, IEEE Trans. Image Processing 13 (2004), eq. 13-16.
    """
    _check_pair(images, reference)
    if min(images.shape[1:3]) < WINDOW:
        msg = f"`images` must be at least {WINDOW} pixels wide and high, got {images.shape[1:3]}"
        raise InputError(msg)
    x, y = images.astype(np.float64), reference.astype(np.float64)
    mean_x, mean_y = _blur(x), _blur(y)
    var_x, var_y = _blur(x**2) - mean_x**2, _blur(y**2) - mean_y**2
    cov = _blur(x * y) - mean_x * mean_y
    likeness = (2 * mean_x * mean_y + C1) * (2 * cov + C2)
    bound = (mean_x**2 + mean_y**2 + C1) * (var_x + var_y + C2)
    return np.mean(likeness / bound, axis=(1, 2, 3))


def _blur(images: Float64[np.ndarray, "n h w ch"]) -> Float64[np.ndarray, "n p q ch"]:
    """Gaussian averages over the windows that lie wholly within the picture."""
    _, height, width, _ = images.shape
    return np.einsum("ph,nhwc,qw->npqc", _averages(height), images, _averages(width), optimize=True)


def _averages(length: int) -> Float64[np.ndarray, "p length"]:
    """Row p averages pixels p..p+10."""
    weights = np.exp(-0.5 * ((np.arange(WINDOW) - WINDOW // 2) / SIGMA) ** 2)
    matrix = np.zeros((length - WINDOW + 1, length))
    for row in range(len(matrix)):
        matrix[row, row : row + WINDOW] = weights / weights.sum()
    return matrix


def _check_pair(images: np.ndarray, reference: np.ndarray) -> None:
    for name, pictures in (("images", images), ("reference", reference)):
        _checks.unit_pixels(name, pictures)
    if images.shape != reference.shape:
        msg = (
            "`images` and `reference` must have the same shape, "
            f"got {images.shape} and {reference.shape}"
        )
        raise InputError(msg)
