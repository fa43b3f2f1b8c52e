"""reconstructions.png: a row for each class, private pictures beside it where they may be shown."""

import io
import textwrap

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

SIDE = 64
"""At least so many pixels a picture on the sheet."""
GAP, LABEL, HEAD = 8, 110, 18
SHOWN = 2
"""Private pictures of each class."""
LETTERS, LINE = 17, 12
"""Letters in a line of a class's name, and pixels from one line to the next."""
ROWS, TALL = 64, 17
"""At most so many classes on the sheet, and one below another."""


def sheet(
    images: UInt8[np.ndarray, "k s h w ch"],
    names: list[str],
    private: list[UInt8[np.ndarray, "_ h w _"]] | None,
) -> bytes:
    """PNG of the reconstructions.

    Args:
        images: of k classes, s of each.
        names: of the classes.
        private: pictures of each class, of which two are shown; None leaves them out.
    """
    count, columns = min(len(images), ROWS), images.shape[1]
    scale = -(-SIDE // images.shape[2])
    step = scale * images.shape[2] + 2
    left = LABEL if private is None else LABEL + SHOWN * step + GAP
    blocks = -(-count // TALL)
    rows, width = -(-count // blocks), left + columns * step + 2 * GAP
    paper = Image.new("RGB", (blocks * width, HEAD + rows * step), "white")
    pen = ImageDraw.Draw(paper)
    for index in range(count):
        across, row = index // rows * width, index % rows
        top = HEAD + row * step
        if row == 0:
            pen.text((across + left, 3), "reconstructed", fill="black")
        _write(pen, names[index], across + 2, top + step // 2, step)
        for column, picture in enumerate(images[index]):
            paper.paste(_enlarged(picture, scale), (across + left + column * step, top))
        if private is None:
            continue
        if row == 0:
            pen.text((across + LABEL, 3), "private", fill="black")
        for column, picture in enumerate(private[index][:SHOWN]):
            paper.paste(_enlarged(picture, scale), (across + LABEL + column * step, top))
    buffer = io.BytesIO()
    paper.save(buffer, format="PNG")
    return buffer.getvalue()


def _write(pen: ImageDraw.ImageDraw, name: str, left: int, middle: int, step: int) -> None:
    """The name in as many lines as it needs; of one with more than the row has its beginning."""
    lines = textwrap.wrap(name, LETTERS, max_lines=max(1, step // LINE), placeholder="...")
    for number, line in enumerate(lines):
        top = middle - LINE * len(lines) // 2 + LINE * number
        pen.text((left, top), line, fill="black")


def _enlarged(picture: UInt8[np.ndarray, "h w ch"], scale: int) -> Image.Image:
    pixels = np.broadcast_to(picture, (*picture.shape[:2], 3))
    return Image.fromarray(pixels.repeat(scale, 0).repeat(scale, 1))
