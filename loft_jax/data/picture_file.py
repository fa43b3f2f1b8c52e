"""One picture file to pixels."""

import struct
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps

from loft_jax.data.names import printable
from loft_jax.data.resize import fit_square

SUFFIXES = (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".pgm", ".ppm", ".pnm", ".pbm")
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "PPM")  # Pillow's PPM plugin reads PGM and PBM
UNREADABLE = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError,
    MemoryError, NotImplementedError, struct.error, Image.DecompressionBombError,
)  # fmt: skip
"""What Pillow raises on files that are damaged, cut short, or claim an absurd number of pixels."""


class Picture(NamedTuple):
    """One picture.

    Attributes:
        pixels: as they are used.
        original: width and height in the file.
    """

    pixels: UInt8[np.ndarray, "h w ch"]
    original: tuple[int, int]


def is_picture(name: str) -> bool:
    """Whether a file of this name is read."""
    return name.lower().endswith(SUFFIXES)


def read_picture(file: Path, size: int | None) -> Picture:
    """The picture in `file`, cut to its centred square and resized if a size is given.

    The camera's orientation (EXIF) is applied, transparency dropped, 16-bit gray reduced to 8 bits,
    and gray stays one channel.

    Raises:
        OSError: if it is a pipe, a device or a link to nothing, which would block or never end.
        Exception: any of `UNREADABLE`, if it is damaged.
    """
    if not file.is_file():
        msg = "not a regular file"
        raise OSError(msg)
    with warnings.catch_warnings():
        # Damaged metadata around good pixels; photographs above 89 megapixels, of which Pillow
        # warns, as it refuses those above 179.
        warnings.simplefilter("ignore")
        with Image.open(file, formats=_FORMATS) as opened:
            original = opened.size
            # Before the depth is reduced: what is made from an array has lost the tag.
            picture = _eight_bits(ImageOps.exif_transpose(opened))
    if size is not None:
        picture = fit_square(picture, size)
    array = np.asarray(picture)
    return Picture(array[..., None] if array.ndim == 2 else array, original)


def reason(file: Path, error: BaseException) -> str:
    """The file and, in one line, why it cannot be read."""
    why = " ".join(str(error).split()) or type(error).__name__
    return f"{printable(str(file))} ({printable(why)})"


def _eight_bits(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # 16-bit gray, which Pillow's convert would clip
        values = np.asarray(picture).astype(np.int64)
        return Image.fromarray(((values * 255 + 32767) // 65535).astype(np.uint8))
    return picture.convert("L" if picture.mode in ("1", "L", "LA", "La") else "RGB")
