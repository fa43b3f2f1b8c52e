"""What happens to pictures without an adversary: noise, blur, less contrast, something before."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

Pictures = Float32[np.ndarray, "n h w ch"]
SEVERITIES = (1, 2, 3)


@dataclass(frozen=True)
class Corruption:
    """One kind.

    Attributes:
        change: (pictures, amount, generator) -> pictures; the same draws at every amount.
        amounts: of severity 1, 2 and 3.
        meaning: of the amounts, in words.
    """

    change: Callable[[Pictures, float, np.random.Generator], np.ndarray]
    amounts: tuple[float, float, float]
    meaning: str


def corrupted(kind: str, severity: int, images: Pictures, seed: int = 0) -> Pictures:
    """The pictures, changed and cut to [0, 1]; severity 0 leaves them as they are.

    Args:
        kind: name of one of `CORRUPTIONS`.
        severity: 0 to 3.
        images: pictures in [0, 1].
        seed: of what is random; greater severities change the same places.

    Source: the kinds are among those of Hendrycks and Dietterich, "Benchmarking neural network
    robustness to common corruptions and perturbations" (ICLR 2019), and of DeVries and Taylor
    (2017) for occlusion; the amounts are this project's.
    """
    if severity == 0:
        return images
    row = CORRUPTIONS[kind]
    rng = np.random.default_rng([seed, list(CORRUPTIONS).index(kind)])
    changed = row.change(images, row.amounts[severity - 1], rng)
    return np.clip(changed, 0, 1).astype(np.float32)


def noisy(images: Pictures, deviation: float, rng: np.random.Generator) -> np.ndarray:
    """With Gaussian noise on every number."""
    return images + deviation * rng.standard_normal(images.shape, np.float32)


def blurred(images: Pictures, share: float, _: np.random.Generator) -> np.ndarray:
    """Convolved with a Gaussian, the picture mirrored at its edges: the mean stays."""
    across = blur_matrix(images.shape[1], share * images.shape[1])
    return np.einsum("ij,njkc,lk->nilc", across, images, across, optimize=True)


def flattened(images: Pictures, factor: float, _: np.random.Generator) -> np.ndarray:
    """With so much of its contrast about its mean."""
    mean = images.mean((1, 2, 3), keepdims=True)
    return mean + factor * (images - mean)


def occluded(images: Pictures, share: float, rng: np.random.Generator) -> np.ndarray:
    """With a gray square of this share of its area in front, around a random place within it."""
    n, size = images.shape[:2]
    side = round(np.sqrt(share) * size)
    # Larger squares around the same point, moved inwards where they would stick out.
    corner = np.floor(rng.random((n, 2)) * size - side / 2 + 0.5).astype(int)
    corner = np.clip(corner, 0, size - side)
    numbers = np.arange(size)
    within = [(numbers >= first[:, None]) & (numbers < first[:, None] + side) for first in corner.T]
    hidden = within[0][:, :, None] & within[1][:, None, :]
    return np.where(hidden[..., None], np.float32(0.5), images)


def blur_matrix(size: int, deviation: float) -> Float64[np.ndarray, "h h"]:
    """Rows: weights of a Gaussian around each pixel, what lies outside mirrored back inside.

    It is symmetric, so columns sum to 1 as rows do: no light is lost.
    """
    reach = np.arange(-6 * size, 6 * size + 1)
    weights = np.exp(-0.5 * (reach / deviation) ** 2)
    period = np.concatenate([np.arange(size), np.arange(size)[::-1]])
    matrix = np.zeros((size, size))
    for pixel in range(size):
        np.add.at(matrix[pixel], period[(pixel + reach) % (2 * size)], weights / weights.sum())
    return matrix


CORRUPTIONS = {
    "noise": Corruption(noisy, (0.04, 0.08, 0.16), "its standard deviation, pixels in [0, 1]"),
    "blur": Corruption(blurred, (0.02, 0.04, 0.08), "its standard deviation, in sides"),
    "contrast": Corruption(flattened, (0.6, 0.35, 0.15), "share of it that is left"),
    "occlusion": Corruption(occluded, (0.05, 0.15, 0.3), "share of the area"),
}
