"""Sentences on pictures that are as allowed and yet look as if nobody meant them."""

import numpy as np
from jaxtyping import UInt8

DARK = 64
"""A picture without a pixel as bright was hardly stored as bytes of 0 to 255."""
RATIO = 2
"""Originals whose sides differ by more were hardly cut out alike."""


def of_brightness(images: UInt8[np.ndarray, "n h w ch"]) -> tuple[str, ...]:
    """A sentence if pictures are nearly black: masks of 0 and 1, 12 bits in 16."""
    highest = images.max(axis=(1, 2, 3), initial=0)
    dark = highest < DARK
    if not dark.any():
        return ()
    return (
        f"nearly black: {dark.sum()} of {len(images)} pictures have no value above "
        f"{highest[dark].max()} of 255; masks of 0 and 1, or 12 bits in 16, must be scaled to the "
        "full range first",
    )


def of_sizes(originals: list[tuple[int, int]], size: int | None) -> tuple[str, ...]:
    """Sentences if originals of very different sizes, or smaller ones than asked for, are used.

    Args:
        originals: width and height of each.
        size: side to which the centred square of each is resized; None if none is.
    """
    if size is None or not originals:
        return ()
    sides = np.array([min(shape) for shape in originals])
    middle, many = float(np.median(sides)), len(sides)
    notes = []
    if sides.max() > RATIO * sides.min():
        small, large = originals[int(sides.argmin())], originals[int(sides.argmax())]
        odd = int(((sides > RATIO * middle) | (RATIO * sides < middle)).sum())
        notes.append(
            f"originals are {small[0]}x{small[1]} to {large[0]}x{large[1]}, {odd} of {many} more "
            f"than {RATIO} times off the median side {middle:g}: are whole scenes among crops? "
            f"All are cut to their centred square and resized to {size}"
        )
    if (enlarged := int((sides < size).sum())) > 0:
        notes.append(f"enlarged, as their side is below {size}: {enlarged} of {many} pictures")
    return tuple(notes)
