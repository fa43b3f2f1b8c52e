"""Pictures inside the page, as data: no file beside it is needed."""

import base64
import io
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from loft_jax.runs.drawing import plain_style

LARGEST = 96
"""Reconstructions are shrunk to so many pixels a side: hundreds of them are on one page."""


class Picture(NamedTuple):
    """A PNG and what is to be seen on it; `narrow` is the same for a telephone, if there is one."""

    png: bytes
    alt: str
    narrow: bytes | None = None

    @property
    def uri(self) -> str:
        """The picture itself, where HTML wants an address."""
        return _uri(self.png)

    @property
    def narrow_uri(self) -> str | None:
        """The picture for a narrow page."""
        return None if self.narrow is None else _uri(self.narrow)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels: room that the page keeps free."""
        with Image.open(io.BytesIO(self.png)) as image:
            return image.size


def drawn(
    make: Callable[[], bytes], alt: str, *, narrow: Callable[[], bytes] | None = None
) -> Picture | None:
    """A figure in a style that no setting of the user's changes; None, told, if that fails."""
    try:
        with plain_style():
            return Picture(make(), alt, None if narrow is None else narrow())
    except Exception as error:  # matplotlib and its fonts fail in many ways
        said = " ".join(str(error).split())[:200] or type(error).__name__
        warnings.warn(f"a figure could not be drawn: {said}", stacklevel=2)
        return None


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


def _uri(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()
