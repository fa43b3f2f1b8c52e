"""reconstructions.png: a row for each class, private pictures beside it where they may be shown."""

import io

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

SIDE = 64
"""At least so many pixels a picture on the sheet."""
GAP, LABEL, HEAD = 8, 110, 18
SHOWN = 2
"""Private pictures of each class."""
ROWS = 64
"""At most so many classes on the sheet."""


def sheet(
    images: UInt8[np.ndarray, "k s h w ch"],
    names: list[str],
    private: list[UInt8[np.ndarray, "n h w ch"]] | None,
) -> bytes:
    """PNG of the reconstructions.

    Args:
        images: of k classes, s of each.
        names: of the classes.
        private: pictures of each class, of which two are shown; None leaves them out.
    """
    rows, columns = min(len(images), ROWS), images.shape[1]
    scale = -(-SIDE // images.shape[2])
    step = scale * images.shape[2] + 2
    left = LABEL if private is None else LABEL + SHOWN * step + GAP
    paper = Image.new("RGB", (left + columns * step, HEAD + rows * step), "white")
    pen = ImageDraw.Draw(paper)
    if private is not None:
        pen.text((LABEL, 3), "private", fill="black")
    pen.text((left, 3), "reconstructed", fill="black")
    for row in range(rows):
        top = HEAD + row * step
        pen.text((2, top + step // 2 - 6), names[row][:17], fill="black")
        if private is not None:
            for column, picture in enumerate(private[row][:SHOWN]):
                paper.paste(_enlarged(picture, scale), (LABEL + column * step, top))
        for column, picture in enumerate(images[row]):
            paper.paste(_enlarged(picture, scale), (left + column * step, top))
    buffer = io.BytesIO()
    paper.save(buffer, format="PNG")
    return buffer.getvalue()


def _enlarged(picture: UInt8[np.ndarray, "h w ch"], scale: int) -> Image.Image:
    pixels = np.broadcast_to(picture, (*picture.shape[:2], 3))
    return Image.fromarray(pixels.repeat(scale, 0).repeat(scale, 1))
