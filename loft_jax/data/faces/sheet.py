"""A contact sheet: one row of pictures for each person."""

import numpy as np
from jaxtyping import UInt8

from loft_jax.data.faces.law import FaceLaw


def contact_sheet(
    law: FaceLaw, identities: int, pictures: int
) -> UInt8[np.ndarray, "height width ch"]:
    """Returns `identities` rows of `pictures` pictures each, without gaps.

    Raises:
        InputError: if a count is less than 1.
    """
    images, _ = law.pictures(identities, pictures)
    size, channels = law.size, law.channels
    grid = images.reshape(identities, pictures, size, size, channels)
    return grid.swapaxes(1, 2).reshape(identities * size, pictures * size, channels)
