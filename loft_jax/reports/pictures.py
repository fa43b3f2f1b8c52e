"""Pictures inside the page, as data: no file beside it is needed."""

import base64
import io
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from PIL import Image

LARGEST = 96
"""Reconstructions are shrunk to so many pixels a side: hundreds of them are on one page."""


class Picture(NamedTuple):
    """A PNG and what is to be seen on it."""

    png: bytes
    alt: str

    @property
    def uri(self) -> str:
        """The picture itself, where HTML wants an address."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode()

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels: room that the page keeps free."""
        with Image.open(io.BytesIO(self.png)) as image:
            return image.size


def small(pixels: UInt8[np.ndarray, "h w ch"], alt: str) -> Picture:
    """A reconstruction or a private picture, at most `LARGEST` pixels a side."""
    image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    if max(image.size) > LARGEST:
        image.thumbnail((LARGEST, LARGEST))
    return Picture(png(image), alt)


def png(image: Image.Image) -> bytes:
    """The picture as a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()
