"""Input checks of the metrics: each raises a sentence that names the argument."""

import numpy as np
from jaxtyping import Shaped

from loft_jax.errors import InputError


def finite(name: str, values: Shaped[np.ndarray, "..."]) -> None:
    """Raises InputError if `values` is empty or holds NaN or infinity."""
    if values.size == 0:
        msg = f"`{name}` must not be empty, got shape {values.shape}"
        raise InputError(msg)
    if not np.isfinite(values).all():
        msg = f"`{name}` must be finite, got NaN or infinity"
        raise InputError(msg)


def unit_pixels(name: str, images: Shaped[np.ndarray, "..."]) -> None:
    """Raises InputError unless every pixel of `images` lies in [0, 1]."""
    finite(name, images)
    low, high = images.min(), images.max()
    if low < 0 or high > 1:
        msg = f"`{name}` must have pixels in [0, 1], got {low:.4g} to {high:.4g}"
        raise InputError(msg)


def same_width(
    names: tuple[str, str], first: Shaped[np.ndarray, "n d"], second: Shaped[np.ndarray, "m e"]
) -> None:
    """Raises InputError unless both clouds lie in the same space."""
    if first.shape[1] != second.shape[1]:
        msg = (
            f"`{names[0]}` and `{names[1]}` must have the same number of features, "
            f"got {first.shape[1]} and {second.shape[1]}"
        )
        raise InputError(msg)


def one_cloud_a_class(name: str, clouds: int, classes: int) -> None:
    """Raises InputError unless there are as many private clouds as attacked classes."""
    if clouds != classes:
        msg = f"`{name}` must hold one array for each of the {classes} classes, got {clouds}"
        raise InputError(msg)
