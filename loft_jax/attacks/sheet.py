"""reconstructions.png: a row a class, private pictures (where they may be shown) and lookalikes."""

import io
import textwrap
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

SIDE = 64
"""At least so many pixels a picture on the sheet."""
GAP, LABEL, HEAD = 8, 110, 18
SHOWN = 2
"""Private pictures of each class, and lookalikes."""
LETTERS, LINE = 17, 12
"""Letters in a line of a class's name, and pixels from one line to the next."""
ROWS, TALL = 64, 17
"""At most so many classes on the sheet, and one below another."""


class Layout(NamedTuple):
    """Where things are on a sheet, in pixels.

    Attributes:
        scale: how often each pixel is repeated.
        step: from one picture to the next.
        blocks: columns of classes.
        rows: classes in each.
        private, found, controls: from the left of a block to its pictures of each kind.
        width: of a block.
    """

    scale: int
    step: int
    blocks: int
    rows: int
    private: int
    found: int
    controls: int
    width: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the sheet."""
        return self.blocks * self.width, HEAD + self.rows * self.step

    def corner(self, index: int, left: int, column: int = 0) -> tuple[int, int]:
        """(x, y) of a picture of class `index`, of the kind that begins at `left`."""
        block, row = divmod(index, self.rows)
        return block * self.width + left + column * self.step, HEAD + row * self.step


def layout(
    classes: int, columns: int, side: int, *, private: bool = False, controls: bool = False
) -> Layout:
    """The layout for `columns` reconstructions of each class, and what stands beside them."""
    count, scale = min(classes, ROWS), -(-SIDE // side)
    step = scale * side + 2
    blocks = -(-count // TALL)
    found = LABEL + private * (SHOWN * step + GAP)
    beside = found + columns * step + GAP
    width = beside + controls * (min(columns, SHOWN) * step + GAP) + GAP
    return Layout(scale, step, blocks, -(-count // blocks), LABEL, found, beside, width)


def sheet(
    images: UInt8[np.ndarray, "k s h w ch"],
    names: list[str],
    lookalikes: UInt8[np.ndarray, "k s h w ch"] | None = None,
    private: list[UInt8[np.ndarray, "_ h w _"]] | None = None,
) -> bytes:
    """PNG of the reconstructions.

    Args:
        images: of k classes, s of each.
        names: of the classes.
        lookalikes: what no search gives, of which two of each class are shown; None leaves out.
        private: pictures of each class, of which two are shown; None leaves them out.
    """
    places = layout(
        len(images), images.shape[1], images.shape[2],
        private=private is not None, controls=lookalikes is not None,
    )  # fmt: skip
    paper = Image.new("RGB", places.size, "white")
    pen = ImageDraw.Draw(paper)
    kinds = (
        ("private", places.private, private, SHOWN),
        ("reconstructed", places.found, images, images.shape[1]),
        ("lookalikes", places.controls, lookalikes, SHOWN),
    )
    for index in range(min(len(images), ROWS)):
        x, top = places.corner(index, 2)
        _write(pen, names[index], x, top + places.step // 2, places.step)
        for title, left, pictures, most in kinds:
            if pictures is None:
                continue
            if top == HEAD:
                pen.text((x - 2 + left, 3), title, fill="black")
            for column, picture in enumerate(pictures[index][:most]):
                paper.paste(_enlarged(picture, places.scale), places.corner(index, left, column))
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
